// BullMQ's client: requests as lines of JSON in, answers out. The operations are those of bench/client.py.

import { createInterface } from "node:readline";
import { FlowProducer, Queue, QueueEvents } from "bullmq";
import { connection, MAIN, now, PARKED } from "./connection.mjs";

const BATCH = 1000;
const MILLISECONDS_LIMIT = 3_600_000;

const main = new Queue(MAIN, { connection });
const parked = new Queue(PARKED, { connection });
const flows = new FlowProducer({ connection });
const events = new QueueEvents(MAIN, { connection });
events.setMaxListeners(0);
await events.waitUntilReady();

// One listener for all jobs: `job.waitUntilFinished` adds two a job, which slows a burst down.
const waiting = new Map();
const early = new Map();
const settle = (id, value, failed) => {
  const found = waiting.get(id);
  if (!found) return void early.set(id, { value, failed });
  waiting.delete(id);
  failed ? found.reject(new Error(failed)) : found.resolve(value);
};
events.on("completed", ({ jobId, returnvalue }) => settle(jobId, returnvalue));
events.on("failed", ({ jobId, failedReason }) => settle(jobId, undefined, failedReason || "failed"));

const result = (id) =>
  new Promise((resolve, reject) => {
    const found = early.get(id);
    waiting.set(id, { resolve, reject });
    if (found) {
      early.delete(id);
      settle(id, found.value, found.failed);
    }
  });

const batches = (count) => Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => Math.min(BATCH, count - i * BATCH));

const operations = {
  async burst({ count, payload_bytes }) {
    const job = payload_bytes ? { name: "echo", data: { payload: "x".repeat(payload_bytes) } } : { name: "noop", data: {} };
    const results = [];
    for (const size of batches(count)) {
      const jobs = await main.addBulk(Array.from({ length: size }, () => job));
      results.push(...jobs.map((each) => result(each.id)));
    }
    await Promise.all(results);
    early.clear();
  },

  async enqueue({ count }) {
    for (const size of batches(count)) await parked.addBulk(Array.from({ length: size }, () => ({ name: "parked", data: {} })));
  },

  async paced({ rate, seconds }) {
    const starts = [];
    const trips = [];
    const one = async () => {
      const called = now();
      const job = await main.add("stamp", {});
      const { at } = await result(job.id);
      trips.push(Math.round((now() - called) * 1000));
      starts.push(Math.round((at - called) * 1000));
    };
    const began = performance.now();
    const all = [];
    for (let number = 0; number < rate * seconds; number += 1) {
      const pause = began + (number * 1000) / rate - performance.now();
      // Timers are good to a millisecond: the rate is kept in the mean, and each call is timed by itself.
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      all.push(one());
    }
    await Promise.all(all);
    return { starts, trips };
  },

  async fan({ children }) {
    const tree = { name: "fan", queueName: MAIN, data: {}, children: [] };
    for (let i = 0; i < children; i += 1) tree.children.push({ name: "noop", queueName: MAIN, data: {} });
    const { job } = await flows.add(tree);
    await result(job.id);
    early.clear();
  },
};

console.log("READY");
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, ...given } = JSON.parse(line);
  let answer;
  try {
    const began = performance.now();
    const limit = new Promise((_, reject) => setTimeout(() => reject(new Error("took too long")), MILLISECONDS_LIMIT).unref());
    const found = await Promise.race([operations[operation](given), limit]);
    answer = found ?? { seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
process.exit(0);
