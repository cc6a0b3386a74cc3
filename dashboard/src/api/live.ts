/** What keeps the pages fresh: a stream of changes that says which queries are to be read anew; polling without it. */
import { hashKey, keepPreviousData, type Query, type QueryKey, useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { queries, tenant } from "./session";

type Change = { id: string; run: string; workflow: string; type: string; status: string; attempt: number };
type Changes = { topics: string[]; runs: Change[]; more: number; logged: string[] };
type Row = { metadata: { id: string }; status?: string; children?: Row[] };
type List = { rows?: Row[]; pages?: { rows: Row[] }[] };

/** Milliseconds between two readings of one query while things change; of one that costs the server more, more. */
const GAP = 1000;
const COST_FACTOR = 20;
/** The same while more changes than the stream names: nobody follows them one by one, and the server has enough to do. */
const FLOOD_GAP = 5000;
const FLOOD_COST_FACTOR = 40;
/** What people wait for to appear is read again after so long at the latest, but in a flood; it is of bounded cost. */
const LOOKED_AT = new Set(["runs", "run", "task", "children"]);
const LOOKED_AT_GAP = 2000;
/** A flood is over when it has not been heard of for so long. */
const FLOOD_OVER = 2000;
/** A page that nobody sees lets go of its stream after so long. */
const HIDDEN = 30_000;
const RETRIES = [1000, 2000, 5000, 10_000, 30_000];
/** Polling as a safety net while the stream is open, for what time alone changes. */
const NET = 15_000;

/** Topics that make a query stale, by the first part of its key; those that are not named hear of all. */
const TOPICS_OF: Record<string, string[]> = {
  runs: ["runs"],
  run: ["runs", "steps"],
  task: ["runs", "steps", "queues"],
  children: ["runs"],
  counts: ["runs"],
  points: ["runs"],
  waiting: ["runs"],
  reason: ["queues", "limits"],
  depth: ["queues"],
  failures: ["runs"],
  history: ["steps"],
  logs: ["logs"],
  workers: ["workers", "queues"],
  workflows: ["workflows"],
  workflow: ["workflows"],
  events: ["events", "runs"],
  crons: ["crons"],
  schedules: ["schedules"],
  limits: ["limits"],
  approvals: ["approvals", "steps"],
  audit: [],
  members: [],
  invitations: [],
  tokens: [],
  me: [],
  meta: [],
  openapi: [],
  invitation: [],
  version: [],
};

const took = new Map<string, number>();
const due = new Map<string, ReturnType<typeof setTimeout>>();
let floodedAt = Number.NEGATIVE_INFINITY;

function gapOf(query: Query): number {
  const cost = took.get(query.queryHash) ?? 0;
  if (performance.now() - floodedAt < FLOOD_OVER) return Math.max(FLOOD_GAP, FLOOD_COST_FACTOR * cost);
  const most = LOOKED_AT.has(String(query.queryKey[0])) ? LOOKED_AT_GAP : Number.POSITIVE_INFINITY;
  return Math.max(GAP, Math.min(most, COST_FACTOR * cost));
}

function readSoon(query: Query) {
  const hash = query.queryHash;
  if (due.has(hash)) return;
  const wait = Math.max(0, query.state.dataUpdatedAt + gapOf(query) - Date.now());
  due.set(
    hash,
    setTimeout(() => {
      due.delete(hash);
      if (!document.hidden) queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    }, wait),
  );
}

/** Whether changes may concern a query; one that is about a single run or task is spared those of others. */
function concerns(key: QueryKey, changes: Changes): boolean {
  const [name, id] = key as [string, string];
  const topics = TOPICS_OF[name];
  if (topics && !topics.some((topic) => changes.topics.includes(topic))) return false;
  if (changes.more > 0) return true;
  const settled = changes.topics.every((topic) => topic === "runs" || topic === "queues");
  if (name === "run" && settled) return changes.runs.some((change) => change.run === id);
  if (name === "task" && settled) return changes.runs.some((change) => change.id === id || change.status === "QUEUED");
  if (name === "logs" && key.length === 3 && /^[0-9a-f-]{36}$/.test(id)) return changes.logged.includes(id);
  return true;
}

function patched(rows: Row[], states: Map<string, string>): Row[] {
  let touched = false;
  const next = rows.map((row) => {
    const status = states.get(row.metadata.id) ?? row.status;
    const children = row.children?.length ? patched(row.children, states) : row.children;
    if (status === row.status && children === row.children) return row;
    touched = true;
    return { ...row, status, children };
  });
  return touched ? next : rows;
}

/** A list with the newest states in it; the same one if they are no news. */
function withStates(list: List, states: Map<string, string>): List {
  const rows = list.rows && patched(list.rows, states);
  const pages = list.pages?.map((page) => {
    const now = patched(page.rows, states);
    return now === page.rows ? page : { ...page, rows: now };
  });
  if (rows === list.rows && (pages === undefined || pages.every((page, place) => page === list.pages?.[place]))) return list;
  return { ...list, ...(rows && { rows }), ...(pages && { pages }) };
}

function apply(changes: Changes) {
  if (changes.more > 0) floodedAt = performance.now();
  const active = queries.getQueryCache().findAll({ type: "active" });
  if (changes.runs.length > 0) {
    const states = new Map(changes.runs.map((change) => [change.id, change.status]));
    for (const query of active) {
      const list = query.state.data as List | undefined;
      if (query.queryKey[0] !== "runs" && query.queryKey[0] !== "children") continue;
      if (!list) continue;
      const next = withStates(list, states);
      // What is shown is right at once; it still counts as read when it was.
      if (next !== list) queries.setQueryData(query.queryKey, next, { updatedAt: query.state.dataUpdatedAt });
    }
  }
  for (const query of active) if (concerns(query.queryKey, changes)) readSoon(query);
}

function readAll() {
  for (const query of queries.getQueryCache().findAll({ type: "active" })) {
    const topics = TOPICS_OF[String(query.queryKey[0])];
    if (!topics || topics.length > 0) readSoon(query);
  }
}

/** An event stream that is opened again whenever it breaks, from where it was. */
class Stream {
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private last = "";
  private over = false;

  constructor(
    private readonly path: string,
    private readonly handlers: Record<string, (data: unknown) => void>,
    private readonly onState: (up: boolean) => void = () => {},
  ) {
    this.open();
  }

  open() {
    if (this.source || this.over) return;
    clearTimeout(this.timer);
    const query = this.last ? `?last_event_id=${encodeURIComponent(this.last)}` : "";
    const source = new EventSource(this.path + query);
    this.source = source;
    source.onerror = () => this.retry();
    const on = (name: string, handle: (data: unknown) => void) =>
      source.addEventListener(name, (event) => {
        this.last = (event as MessageEvent).lastEventId || this.last;
        handle(JSON.parse((event as MessageEvent).data as string));
      });
    on("ready", (data) => {
      this.tries = 0;
      this.onState(true);
      this.handlers.ready?.(data);
    });
    on("closed", () => {
      this.retry();
      queries.invalidateQueries({ queryKey: ["me"] });
    });
    on("ended", (data) => {
      this.close();
      this.over = true;
      this.handlers.ended?.(data);
    });
    for (const [name, handle] of Object.entries(this.handlers)) if (name !== "ready" && name !== "ended") on(name, handle);
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
    this.onState(false);
  }

  private retry() {
    this.close();
    this.timer = setTimeout(() => this.open(), RETRIES[Math.min(this.tries++, RETRIES.length - 1)]);
  }
}

let isUp = false;
const listeners = new Set<() => void>();

function setUp(up: boolean) {
  if (up === isUp) return;
  isUp = up;
  for (const tell of listeners) tell();
}

/** Whether the stream of the tenant's changes is open. */
export function useStreaming(): boolean {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => isUp,
  );
}

/** Keeps the stream of the tenant's changes open while the page is seen. Once, around all pages. */
export function useChanges(enabled: boolean) {
  useEffect(() => {
    if (!enabled) return;
    let opened = false;
    let leaving: ReturnType<typeof setTimeout> | undefined;
    const stream = new Stream(
      `/api/v1/stable/tenants/${tenant()}/live`,
      {
        // Between the first reading of a page and this, things may have changed.
        ready: () => {
          if (!opened) readAll();
          opened = true;
        },
        changes: (data) => apply(data as Changes),
        refresh: readAll,
      },
      setUp,
    );
    const onSight = () => {
      clearTimeout(leaving);
      if (document.hidden) leaving = setTimeout(() => stream.close(), HIDDEN);
      else {
        stream.open();
        readAll();
      }
    };
    document.addEventListener("visibilitychange", onSight);
    return () => {
      document.removeEventListener("visibilitychange", onSight);
      clearTimeout(leaving);
      stream.close();
    };
  }, [enabled]);
}

/** Loads, and notes how long that took. */
export async function timed<T>(key: QueryKey, load: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const found = await load();
  took.set(hashKey(key), performance.now() - began);
  return found;
}

/** Milliseconds between two readings that no change asks for. */
export function useInterval(key: QueryKey, every: number): number {
  const up = useStreaming();
  return up && TOPICS_OF[String(key[0])]?.length !== 0 ? Math.max(every, NET) : every;
}

/** Something that is kept fresh by the stream of changes; without it, it is read again every so many milliseconds. */
export function useLive<T>(key: readonly unknown[], load: () => Promise<T>, every = 2000, enabled = true) {
  return useQuery({
    queryKey: key,
    queryFn: () => timed(key, load),
    refetchInterval: useInterval(key, every),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** Asks for what a view will show, before it is there to ask. */
export function askAhead([key, load]: readonly [QueryKey, () => Promise<unknown>, number?]) {
  void queries.prefetchQuery({ queryKey: key, queryFn: () => timed(key, load) });
}

type Line = { task: string; at: number; level: string; message: string; metadata: unknown; attempt: number };
type Chunk = { task: string; at: number; index: number; data: string };
const MAX_STREAMED = 200_000;
const streamed = new Map<string, string>();
const readers = new Set<() => void>();

function addChunk(chunk: Chunk) {
  streamed.set(chunk.task, ((streamed.get(chunk.task) ?? "") + chunk.data).slice(-MAX_STREAMED));
  for (const tell of readers) tell();
}

function addLine(line: Line) {
  const key = ["logs", line.task, ""];
  const found = queries.getQueryData<{ rows?: unknown[] }>(key);
  if (!found) return;
  const row = { ...line, createdAt: new Date(line.at * 1000).toISOString(), taskExternalId: line.task };
  queries.setQueryData(key, { ...found, rows: [...(found.rows ?? []), row] }, { updatedAt: queries.getQueryState(key)?.dataUpdatedAt });
}

/** Follows one run: its log lines and what its tasks stream, as they come. */
export function useRunStream(run: string, enabled: boolean) {
  useEffect(() => {
    if (!enabled) return;
    streamed.clear();
    const anew = () => queries.invalidateQueries({ queryKey: ["run", run] });
    const stream = new Stream(`/api/v1/stable/tenants/${tenant()}/workflow-runs/${run}/live`, {
      // Kept chunks come again on each opening.
      ready: () => streamed.clear(),
      log: (data) => addLine(data as Line),
      chunk: (data) => addChunk(data as Chunk),
      ended: anew,
    });
    return () => stream.close();
  }, [run, enabled]);
}

/** What a task has streamed since its run was opened here. */
export function useStreamed(task: string): string {
  return useSyncExternalStore(
    (tell) => {
      readers.add(tell);
      return () => readers.delete(tell);
    },
    () => streamed.get(task) ?? "",
  );
}
