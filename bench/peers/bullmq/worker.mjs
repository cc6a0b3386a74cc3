// BullMQ's worker: one process, one event loop.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "bullmq";
import { connection, MAIN, now, PARKED } from "./connection.mjs";

const CONCURRENCY = 100;
const TALLY_MILLISECONDS = 20;

const tasks = {
  noop: async () => ({}),
  echo: async (job) => job.data,
  // Milliseconds since 1970.
  stamp: async () => ({ at: now() }),
  fan: async () => ({}),
};

const serve = process.env.BENCH_SERVE.split(",");
const workers = [];
// Finished jobs are kept, as with the other systems; none is retried.
const options = { connection, concurrency: CONCURRENCY };
if (serve.includes("main")) workers.push(new Worker(MAIN, (job) => tasks[job.name](job), options));
if (serve.includes("parked")) {
  let count = 0;
  const tally = Buffer.alloc(8);
  const file = join(process.env.BENCH_TALLY, String(process.pid));
  setInterval(() => {
    tally.writeBigInt64LE(BigInt(count));
    writeFileSync(file, tally);
  }, TALLY_MILLISECONDS).unref();
  workers.push(new Worker(PARKED, async () => void (count += 1), options));
}
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.on("SIGTERM", async () => {
  await Promise.all(workers.map((worker) => worker.close(true)));
  process.exit(0);
});
console.log("READY");
