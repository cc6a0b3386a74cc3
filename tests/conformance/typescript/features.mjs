// Hatchet's published TypeScript SDK: one worker, and a check of each feature through its client. Prints a line of JSON
// for each check: its name, and what was wrong.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { define } from "./workflows.mjs";

const require = createRequire(import.meta.url);
const { HatchetClient, RateLimitDuration } = require("@hatchet-dev/typescript-sdk");

const hatchet = HatchetClient.init();
const flows = define(hatchet);
const own = () => crypto.randomUUID();

async function until(look) {
  // The server tells nobody of what is asked for here.
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return String(Array.isArray(error) ? error.join("; ") : (error.message ?? error));
  }
  throw new Error("expected an error");
}

const status = async (ref) => hatchet.runs.get_status(await ref.getWorkflowRunId());
const ended = async (runId) =>
  until(async () => {
    const found = await hatchet.runs.get_status(runId);
    return !["QUEUED", "RUNNING"].includes(found) && found;
  });

const checks = {
  async "concurrency by key"() {
    const inputs = Array.from({ length: 8 }, (_, n) => ({ key: `k${n % 2}` }));
    const most = (await flows.keyed.run(inputs)).map((each) => each.most);
    assert.deepEqual([...new Set(most)], [1]);
  },

  async "cancel newest"() {
    const gate = flows.gate("newest");
    const first = await flows.newest.runNoWait({});
    await gate.came(1);
    const second = await flows.newest.runNoWait({});
    assert.equal(await ended(await second.getWorkflowRunId()), "CANCELLED");
    gate.open();
    assert.deepEqual(await first.output, { done: true });
  },

  async "rate limits"() {
    const refs = await flows.rated.runNoWait([{}, {}, {}]);
    await until(async () => (await Promise.all(refs.map(status))).filter((each) => each === "COMPLETED").length === 2);
    assert.deepEqual((await Promise.all(refs.map(status))).sort(), ["COMPLETED", "COMPLETED", "QUEUED"]);
    await hatchet.ratelimits.upsert({ key: flows.rateKey, limit: 10, duration: RateLimitDuration.SECOND });
    await Promise.all(refs.map((ref) => ref.output));
  },

  async "dynamic rate limits"() {
    const key = own();
    const refs = await flows.dynamic.runNoWait([{ key }, { key }]);
    await Promise.race(refs.map((ref) => ref.output));
    assert.deepEqual((await Promise.all(refs.map(status))).sort(), ["COMPLETED", "QUEUED"]);
    await flows.dynamic.run({ key: own() });
    await hatchet.runs.cancel({ ids: await Promise.all(refs.map((ref) => ref.getWorkflowRunId())) });
  },

  async "events with filters"() {
    const word = own();
    await hatchet.events.push("ts:paid", { word, n: 1 }, { scope: "shop" });
    await hatchet.events.push("ts:paid", { word, n: 7 });
    await hatchet.events.push("ts:paid", { word, n: 9 }, { scope: "shop", additionalMetadata: { from: "till" } });
    const seen = await until(() => flows.paid.find((each) => each.word === word));
    assert.deepEqual(seen, { word, n: 9, filter: { rate: 2 }, key: "ts:paid", from: "till" });
    assert.equal(flows.paid.filter((each) => each.word === word).length, 1);
  },

  async "wildcards and bulk push"() {
    const word = own();
    await hatchet.events.bulkPush("tsuser:made", Array.from({ length: 20 }, (_, n) => ({ payload: { word, n } })));
    await until(() => flows.users.filter((each) => each === word).length === 20);
  },

  async "filters by the API"() {
    const word = own();
    const { metadata } = await flows.plain.get();
    const filter = await hatchet.filters.create({
      workflowId: metadata.id,
      expression: `input.word == '${word}'`,
      scope: word,
      payload: { mine: true },
    });
    await hatchet.events.push("ts:plain", { word }, { scope: word });
    assert.deepEqual(await until(() => flows.plainSeen.find((each) => each.word === word)), { word, filter: { mine: true } });
    assert.equal((await hatchet.filters.list({ scopes: [word] })).rows.length, 1);
    await hatchet.filters.delete(filter.metadata.id);
    assert.equal((await hatchet.filters.list({ scopes: [word] })).rows.length, 0);
  },

  async crons() {
    const name = own();
    const made = await hatchet.crons.create(flows.echo, { name, expression: "0 3 * * *", input: { n: 1 } });
    assert.equal((await hatchet.crons.get(made.metadata.id)).cron, "0 3 * * *");
    const listed = await hatchet.crons.list({ cronName: name });
    assert.deepEqual(listed.rows.map((row) => row.name), [name]);
    await hatchet.crons.delete(made.metadata.id);
    assert.equal((await hatchet.crons.list({ cronName: name })).rows.length, 0);
  },

  async "declared crons fire"() {
    await until(() => flows.ticks.length >= 2);
  },

  async schedules() {
    const word = own();
    const at = new Date(Date.now() + 500);
    await hatchet.schedules.create(flows.echo.name, { triggerAt: at, input: { word }, additionalMetadata: { word } });
    const later = await flows.echo.schedule(new Date(Date.now() + 3_600_000), { word });
    await hatchet.schedules.delete(later.metadata.id);
    await until(() => flows.echoed.includes(word));
    const found = await hatchet.runs.list({ onlyTasks: true, additionalMetadata: { word } });
    assert.equal(found.rows.length, 1);
  },

  async "durable sleep and event"() {
    const word = own();
    const ref = await flows.patient.runNoWait({ word });
    let output;
    ref.output.then((found) => (output = found));
    await until(async () => {
      // It may not have come to its wait yet.
      await hatchet.events.push("ts:go", { word, n: 1 });
      await hatchet.events.push("ts:go", { word, n: 7 });
      return output;
    });
    assert.deepEqual(output, { slept: true, n: 7, raced: "sleep" });
  },

  async "durable look-back"() {
    const word = own();
    await hatchet.events.push("ts:early", { word }, { scope: word });
    assert.deepEqual(await flows.lookBack.run({ word }), { word });
  },

  async "conditions of a DAG"() {
    const small = await flows.branches.run({ n: 1 });
    assert.deepEqual([small.small, small.large], [{ took: "small" }, { skipped: true }]);
    const large = await flows.branches.run({ n: 100 });
    assert.deepEqual([large.small, large.large], [{ skipped: true }, { took: "large" }]);
    assert.deepEqual(large.rested, { rested: true });
  },

  async "a DAG looks back"() {
    await hatchet.events.push("ts:before", { n: 3 }, { scope: "before" });
    assert.deepEqual((await flows.late.run({})).deliver, { n: 3 });
  },

  async "child fan-out"() {
    assert.deepEqual(await flows.fan.run({ children: 60 }), { sum: 1830 });
  },

  async "children inherit metadata"() {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const found = await flows.parent.run({}, { additionalMetadata: { traceparent, who: "me" } });
    assert.deepEqual(found, { own: { traceparent, who: "me" }, child: { traceparent, who: "me" } });
  },

  async "cancelling and replaying by filter"() {
    const set = own();
    const refs = await flows.held.runManyNoWait([1, 2].map((n) => ({ input: { n }, opts: { additionalMetadata: { set } } })));
    const filters = { since: new Date(Date.now() - 60_000), additionalMetadata: { set } };
    await hatchet.runs.cancel({ filters });
    for (const ref of refs) assert.equal(await ended(await ref.getWorkflowRunId()), "CANCELLED");
    flows.gate("held").open();
    await hatchet.runs.replay({ filters });
    for (const ref of refs) assert.equal(await ended(await ref.getWorkflowRunId()), "COMPLETED");
  },

  async "retries with backoff"() {
    assert.deepEqual(await flows.stubborn.run({}), { retries: 2 });
  },

  async timeouts() {
    assert.match(await refused(flows.slow.run({})), /time|cancel/i);
    assert.deepEqual(await flows.refreshed.run({}), { done: true });
  },

  async "sticky children"() {
    const found = await flows.sticky.run({});
    assert.equal(found.child, found.own);
  },

  async "desired labels"() {
    assert.deepEqual(await flows.labelled.run({}), { label: "ts" });
    const ref = await flows.unserved.runNoWait({});
    assert.equal(await status(ref), "QUEUED");
    await hatchet.runs.cancel({ ids: [await ref.getWorkflowRunId()] });
  },

  async priorities() {
    const gate = flows.gate("serial");
    const first = await flows.serial.runNoWait({ n: 0 });
    await gate.came(1);
    const refs = [first];
    for (const priority of [1, 3, 2]) refs.push(await flows.serial.runNoWait({ n: priority }, { priority }));
    gate.open();
    await Promise.all(refs.map((ref) => ref.output));
    assert.deepEqual(flows.order, [0, 3, 2, 1]);
  },

  async logs() {
    const ref = await flows.talker.runNoWait({});
    await ref.output;
    const taskId = await hatchet.runs.getTaskExternalId(await ref.getWorkflowRunId());
    const rows = await until(async () => {
      const found = (await hatchet.logs.list(taskId)).rows;
      return found.length === 2 && found;
    });
    assert.deepEqual(rows.map((row) => [row.level, row.message]).sort(), [
      ["INFO", "hello"],
      ["WARN", "careful"],
    ]);
  },

  async streams() {
    const gate = flows.gate("streamer");
    const ref = await flows.streamer.runNoWait({});
    const heard = [];
    const listening = (async () => {
      for await (const chunk of hatchet.runs.subscribeToStream(await ref.getWorkflowRunId())) heard.push(chunk);
    })();
    await until(() => heard.length === 1);
    gate.open();
    await until(() => heard.length === 3);
    flows.gate("heard").open();
    await ref.output;
    await listening;
    assert.deepEqual(heard, ["one", "two", "three"]);
  },

  async "on failure"() {
    await refused(flows.failing.run({}));
    await until(() => flows.failures.length === 1);
    assert.match(flows.failures[0], /on purpose/);
  },

  async idempotency() {
    const word = own();
    const first = await flows.once.run({ word });
    assert.deepEqual(first, { word });
    assert.match(await refused(flows.once.run({ word })), /idempotency|already/i);
    assert.deepEqual(await flows.once.run({ word: `${word}-other` }), { word: `${word}-other` });
  },

  async "batch tasks"() {
    const found = await flows.batch.run([{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.deepEqual(found.map((each) => [each.n, each.size]), [[1, 3], [2, 3], [3, 3]]);
  },

  async "runs of before are looked at"() {
    const ref = await flows.echo.runNoWait({ word: "looked" });
    await ref.output;
    const found = await hatchet.runs.getDetails(await ref.getWorkflowRunId());
    assert.equal(found.status, "COMPLETED");
    assert.deepEqual(found.input, { word: "looked" });
    const workers = await hatchet.workers.list();
    assert.ok(workers.rows.some((row) => row.name.includes("features")));
  },
};

await hatchet.ratelimits.upsert({ key: flows.rateKey, limit: 2, duration: RateLimitDuration.DAY });
const worker = await hatchet.worker("features", { slots: 100, labels: { place: "ts" }, workflows: flows.all });
const running = worker.start();
await worker.waitUntilReady();

const chosen = process.argv.slice(2);
await Promise.all(
  Object.entries(checks)
    .filter(([name]) => !chosen.length || chosen.includes(name))
    .map(async ([name, check]) => {
      let wrong = null;
      let timer;
      const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("no end within 80 s")), 80_000)));
      try {
        await Promise.race([check(), late]);
      } catch (error) {
        wrong = String(error?.stack ?? error);
      }
      clearTimeout(timer);
      console.log(JSON.stringify({ check: name, wrong }));
    }),
);
await worker.stop();
await running.catch(() => {});
process.exit(0);
