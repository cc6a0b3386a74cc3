// The workflows of `features.mjs`, and what they have seen.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { ConcurrencyLimitStrategy, Or, RateLimitDuration } = require("@hatchet-dev/typescript-sdk");

/** Where tasks wait until they are let go. */
class Gate {
  #count = 0;
  #waiting = [];
  #opened = new Promise((resolve) => (this.open = resolve));

  async pass() {
    this.#count += 1;
    for (const look of this.#waiting) look();
    await this.#opened;
  }

  came(count) {
    return new Promise((resolve) => {
      const look = () => this.#count >= count && resolve();
      this.#waiting.push(look);
      look();
    });
  }
}

/** Declares all of them. */
export function define(hatchet) {
  const gates = new Map();
  const gate = (name) => gates.get(name) ?? gates.set(name, new Gate()).get(name);
  const all = [];
  const keep = (workflow) => (all.push(workflow), workflow);
  const task = (name, fn, options = {}) => keep(hatchet.task({ name: `ts-${name}`, fn, scheduleTimeout: "10m", ...options }));
  const flows = { all, gate, rateKey: "ts-rate" };
  limits(hatchet, flows, task);
  triggered(hatchet, flows, task);
  durable(hatchet, flows, keep);
  dags(hatchet, flows, keep);
  children(hatchet, flows, task);
  others(hatchet, flows, task, keep);
  return flows;
}

function limits(hatchet, flows, task) {
  const running = {};
  flows.keyed = task(
    "keyed",
    async ({ key }) => {
      running[key] = (running[key] ?? 0) + 1;
      const most = running[key];
      await new Promise((resolve) => setTimeout(resolve, 20));
      running[key] -= 1;
      return { most };
    },
    { concurrency: { expression: "input.key", maxRuns: 1, limitStrategy: ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN } },
  );
  flows.newest = task("newest", async () => (await flows.gate("newest").pass(), { done: true }), {
    concurrency: { expression: "'newest'", maxRuns: 1, limitStrategy: ConcurrencyLimitStrategy.CANCEL_NEWEST },
  });
  flows.rated = task("rated", async () => ({}), { rateLimits: [{ staticKey: flows.rateKey, units: 1 }] });
  flows.dynamic = task("dynamic", async () => ({}), {
    rateLimits: [{ dynamicKey: "'ts-' + input.key", units: 1, limit: 1, duration: RateLimitDuration.DAY }],
  });
  flows.order = [];
  flows.serial = task(
    "serial",
    async ({ n }) => {
      flows.order.push(n);
      await flows.gate("serial").pass();
      return {};
    },
    { concurrency: { expression: "'serial'", maxRuns: 1, limitStrategy: ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN } },
  );
}

function triggered(hatchet, flows, task) {
  flows.paid = [];
  task(
    "paid",
    async ({ word, n }, ctx) => {
      const { from } = ctx.additionalMetadata();
      flows.paid.push({ word, n, filter: ctx.filterPayload(), key: ctx.triggeringEventKey(), from });
    },
    {
      onEvents: ["ts:paid"],
      defaultFilters: [{ expression: "input.n > 5", scope: "shop", payload: { rate: 2 } }],
    },
  );
  flows.users = [];
  task("users", async ({ word }) => void flows.users.push(word), { onEvents: ["tsuser:*"] });
  flows.plainSeen = [];
  flows.plain = task("plain", async ({ word }, ctx) => void flows.plainSeen.push({ word, filter: ctx.filterPayload() }), {
    onEvents: ["ts:plain"],
  });
  flows.ticks = [];
  task("ticking", async () => void flows.ticks.push(1), { onCrons: ["* * * * * *"] });
  flows.echoed = [];
  flows.echo = task("echo", async ({ word }) => (flows.echoed.push(word), { word }));
  flows.once = task("once", async ({ word }) => ({ word }), {
    idempotency: { expression: "'ts/' + input.word", strategy: "ttl", ttlMs: 600_000 },
  });
}

function durable(hatchet, flows, keep) {
  const options = { executionTimeout: "10m", scheduleTimeout: "10m" };
  flows.patient = keep(
    hatchet.durableTask({
      name: "ts-patient",
      ...options,
      fn: async ({ word }, ctx) => {
        await ctx.sleepFor("1s");
        const event = await ctx.waitForEvent("ts:go", `input.word == '${word}' && input.n > 5`);
        const raced = await ctx.waitFor(
          Or({ sleepFor: "1s", readableDataKey: "sleep" }, { eventKey: "ts:never", readableDataKey: "event" }),
        );
        return { slept: true, n: event.n, raced: JSON.stringify(raced).includes("sleep") ? "sleep" : "event" };
      },
    }),
  );
  flows.lookBack = keep(
    hatchet.durableTask({
      name: "ts-look-back",
      ...options,
      fn: async ({ word }, ctx) => {
        const event = await ctx.waitForEvent("ts:early", undefined, undefined, word, "5m");
        return { word: event.word };
      },
    }),
  );
}

function dags(hatchet, flows, keep) {
  const branches = (flows.branches = keep(hatchet.workflow({ name: "ts-branches" })));
  const start = branches.task({ name: "start", fn: async ({ n }) => ({ n }) });
  const parent = (expression) => ({ parent: start, expression });
  branches.task({ name: "small", parents: [start], skipIf: parent("output.n > 50"), fn: async () => ({ took: "small" }) });
  branches.task({ name: "large", parents: [start], skipIf: parent("output.n <= 50"), fn: async () => ({ took: "large" }) });
  branches.task({ name: "rested", parents: [start], waitFor: { sleepFor: "1s" }, fn: async () => ({ rested: true }) });
  const late = (flows.late = keep(hatchet.workflow({ name: "ts-late" })));
  const considerEventsSince = new Date(Date.now() - 60_000).toISOString();
  late.task({
    name: "deliver",
    waitFor: { eventKey: "ts:before", scope: "before", considerEventsSince },
    fn: async (_, ctx) => ({ n: ctx.triggers()["ts:before"].n }),
  });
  flows.failures = [];
  const failing = (flows.failing = keep(hatchet.workflow({ name: "ts-failing" })));
  failing.task({
    name: "fails",
    fn: async () => {
      throw new Error("on purpose");
    },
  });
  failing.onFailure({
    name: "failing-clean-up",
    fn: async (_, ctx) => (flows.failures.push(JSON.stringify(ctx.errors())), {}),
  });
}

function children(hatchet, flows, task) {
  const one = task("one", async ({ n }, ctx) => ({ n, metadata: ctx.additionalMetadata() }));
  const mine = ({ traceparent, who }) => ({ traceparent, who });
  flows.fan = task("fan", async ({ children }, ctx) => {
    const items = Array.from({ length: children }, (_, n) => ({ workflow: one, input: { n: n + 1 } }));
    const found = await ctx.bulkRunChildren(items);
    return { sum: found.reduce((sum, each) => sum + each.n, 0) };
  });
  flows.parent = task("parent", async (_, ctx) => {
    const child = await ctx.runChild(one, { n: 1 });
    return { own: mine(ctx.additionalMetadata()), child: mine(child.metadata) };
  });
  const where = task("where", async (_, ctx) => ({ worker: ctx.worker.id() }), { sticky: "soft" });
  flows.sticky = task(
    "sticky",
    async (_, ctx) => {
      const child = await ctx.runChild(where, {}, { sticky: true });
      return { own: ctx.worker.id(), child: child.worker };
    },
    { sticky: "soft" },
  );
  flows.labelled = task("labelled", async (_, ctx) => ({ label: ctx.worker.labels().place }), {
    desiredWorkerLabels: { place: { value: "ts", required: true } },
  });
  flows.unserved = task("unserved", async () => ({}), {
    desiredWorkerLabels: { place: { value: "nowhere", required: true } },
  });
}

function others(hatchet, flows, task, keep) {
  flows.held = task("held", async () => (await flows.gate("held").pass(), {}), { executionTimeout: "10m" });
  flows.stubborn = task(
    "stubborn",
    async (_, ctx) => {
      if (ctx.retryCount() < 2) throw new Error("not yet");
      return { retries: ctx.retryCount() };
    },
    { retries: 3, backoff: { factor: 1, maxSeconds: 1 } },
  );
  const nap = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  flows.slow = task("slow", async () => (await nap(30_000), {}), { executionTimeout: "1s" });
  flows.refreshed = task(
    "refreshed",
    async (_, ctx) => {
      await ctx.refreshTimeout("1m");
      await nap(3_000);
      return { done: true };
    },
    { executionTimeout: "2s" },
  );
  flows.talker = task("talker", async (_, ctx) => {
    await ctx.logger.info("hello");
    await ctx.logger.warn("careful");
    return {};
  });
  flows.streamer = task("streamer", async (_, ctx) => {
    await ctx.putStream("one");
    await flows.gate("streamer").pass();
    await ctx.putStream("two");
    await ctx.putStream("three");
    // The SDK does not wait until they are there: its report of the end may overtake them.
    await flows.gate("heard").pass();
    return {};
  });
  flows.batch = keep(
    hatchet.batchTask({
      name: "ts-batch",
      batch: { maxSize: 3, maxInterval: "1m" },
      scheduleTimeout: "10m",
      fn: async (inputs) =>
        Object.fromEntries(
          Object.entries(inputs).map(([id, { n }]) => [id, { n, size: Object.keys(inputs).length }]),
        ),
    }),
  );
}
