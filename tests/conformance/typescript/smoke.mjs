// Hatchet's published TypeScript SDK: a worker and its client in one process. Prints one line of JSON with what came back.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { HatchetClient, NonRetryableError } = require("@hatchet-dev/typescript-sdk");

const hatchet = HatchetClient.init();

const double = hatchet.task({
  name: "Double",
  fn: async (input) => ({ n: input.n * 2 }),
});

const flaky = hatchet.task({
  name: "flaky",
  retries: 2,
  backoff: { factor: 1, maxSeconds: 1 },
  fn: async (_, ctx) => {
    if (ctx.retryCount() < 1) throw new Error("not yet");
    return { retries: ctx.retryCount() };
  },
});

const hopeless = hatchet.task({
  name: "hopeless",
  retries: 3,
  fn: async () => {
    throw new NonRetryableError("never");
  },
});

const chain = hatchet.workflow({ name: "chain" });
const first = chain.task({ name: "first", fn: async (input) => ({ n: input.n + 1 }) });
chain.task({
  name: "second",
  parents: [first],
  fn: async (_, ctx) => ({ n: (await ctx.parentOutput(first)).n * 10 }),
});

const family = hatchet.task({
  name: "family",
  fn: async (_, ctx) => {
    const children = await Promise.all([1, 2, 3].map((n) => ctx.runChild(double, { n })));
    return { sum: children.reduce((sum, child) => sum + child.n, 0) };
  },
});

const durable = hatchet.durableTask({
  name: "durable",
  executionTimeout: "2m",
  fn: async (_, ctx) => {
    await ctx.sleepFor("1s");
    const child = await ctx.runChild(double, { n: 21 });
    const event = await ctx.waitFor({ eventKey: "ts:go" });
    return { n: child.n, event: JSON.stringify(event) };
  },
});

let begun;
const started = new Promise((resolve) => (begun = resolve));
const endless = hatchet.task({
  name: "endless",
  executionTimeout: "5m",
  fn: async (_, ctx) => {
    begun();
    await new Promise((_, reject) => ctx.abortController.signal.addEventListener("abort", () => reject(new Error("aborted"))));
  },
});

async function error(promise) {
  try {
    await promise;
    return null;
  } catch (caught) {
    return String(Array.isArray(caught) ? caught.join("; ") : caught.message ?? caught);
  }
}

const worker = await hatchet.worker("typescript", {
  slots: 20,
  workflows: [double, flaky, hopeless, chain, family, endless, durable],
});
const running = worker.start();
await worker.waitUntilReady();

const found = {};
found.double = await double.run({ n: 4 }, { additionalMetadata: { from: "typescript" } });
found.flaky = await flaky.run({});
found.hopeless = await error(hopeless.run({}));
found.chain = await chain.run({ n: 1 });
found.family = await family.run({});
found.many = (await double.run(Array.from({ length: 100 }, (_, n) => ({ n })))).map((one) => one.n);

const waiting = await durable.runNoWait({});
let done = false;
waiting.output.then((output) => (found.durable = output)).finally(() => (done = true));
while (!done) {
  // It may not have come to its wait yet.
  await hatchet.events.push("ts:go", { from: "typescript" });
  await new Promise((resolve) => setTimeout(resolve, 200));
}

const ref = await endless.runNoWait({});
await started;
const runId = await ref.getWorkflowRunId();
await hatchet.runs.cancel({ ids: [runId] });
found.cancelled = await error(ref.output);
found.status = await hatchet.runs.get_status(runId);
const listed = await hatchet.runs.list({ onlyTasks: false, additionalMetadata: { from: "typescript" } });
found.listed = listed.rows.map((row) => row.displayName.split("-")[0]);

console.log(JSON.stringify(found));
await worker.stop();
await running.catch(() => {});
process.exit(0);
