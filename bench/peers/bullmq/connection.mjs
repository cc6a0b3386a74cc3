// Where Redis is, and the names that client and worker share.

export const connection = { host: "127.0.0.1", port: Number(process.env.BENCH_REDIS_PORT), maxRetriesPerRequest: null };
export const MAIN = "main";
export const PARKED = "parked";

// Milliseconds since 1970, to the microsecond.
export const now = () => performance.timeOrigin + performance.now();
