/** The rows of a run's waterfall: tasks, their attempts, and the runs that they started, as far down as is open. */
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { api, read, type Schema, tenant } from "../api/client";
import { type Attempt, attemptsOf } from "./attempts";

type Task = Schema["TaskSummary"];
export type Row = {
  key: string;
  depth: number;
  kind: "task" | "attempt" | "run" | "more";
  name: string;
  status: string;
  created: string;
  started?: string | null;
  finished?: string | null;
  attempts: Attempt[];
  /** What is opened to see below it; of a task that has children, its id. */
  opens?: string;
  children: number;
  runId: string;
  taskId: string;
};
/** Pages of children that are read, by the task that started them; none while it is closed. */
export type Open = Record<string, number>;

export const PAGE = 200;
const ENDED = ["COMPLETED", "FAILED", "CANCELLED"];

/** The oldest children first: pages are counted from the end of the list, which begins with the newest. */
async function readChildren(task: string, page: number, total: number): Promise<Task[]> {
  const limit = Math.min(PAGE, total - page * PAGE);
  const offset = Math.max(0, total - page * PAGE - limit);
  const query = { since: new Date(0).toISOString(), only_tasks: false, parent_task_external_id: task, include_payloads: false, limit, offset };
  const found = await read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: { tenant: tenant() }, query } }));
  return found.rows.reverse();
}

type Wanted = { task: string; page: number; total: number };

/** What stands below open tasks, by task. */
export function useChildren(open: Open, totals: Map<string, number>, isOver: boolean): Map<string, Task[]> {
  const wanted: Wanted[] = Object.entries(open).flatMap(([task, pages]) => {
    const total = totals.get(task) ?? 0;
    return Array.from({ length: Math.min(pages, Math.ceil(total / PAGE)) }, (_, page) => ({ task, page, total }));
  });
  const answers = useQueries({
    queries: wanted.map(({ task, page, total }) => ({
      queryKey: ["children", task, page, total],
      queryFn: () => readChildren(task, page, total),
      refetchInterval: isOver ? (false as const) : Math.max(2000, 500 * wanted.length),
      placeholderData: keepPreviousData,
    })),
  });
  const found = new Map<string, Task[]>();
  wanted.forEach(({ task }, place) => {
    const rows = answers[place]?.data;
    if (rows) found.set(task, [...(found.get(task) ?? []), ...rows]);
  });
  return found;
}

const nameOf = (task: Task) => task.displayName.replace(/-\d{10,}$/, "");

function rowOf(task: Task, depth: number, kind: "task" | "run", attempts: Attempt[]): Row {
  return {
    key: task.taskExternalId,
    depth,
    kind,
    name: nameOf(task),
    status: task.isEvicted ? "QUEUED" : task.status,
    created: task.createdAt,
    started: task.startedAt,
    finished: task.finishedAt,
    attempts,
    children: task.numSpawnedChildren,
    runId: task.workflowRunExternalId,
    taskId: task.taskExternalId,
  };
}

/** All rows that are open, in order; with the numbers of children of what is listed. */
export function rowsOf(tasks: Task[], events: Schema["TaskEvent"][], open: Open, children: Map<string, Task[]>): { rows: Row[]; totals: Map<string, number> } {
  const rows: Row[] = [];
  const totals = new Map<string, number>();
  const put = (task: Task, depth: number, kind: "task" | "run") => {
    const attempts = kind === "task" && depth === 0 ? attemptsOf(task, events) : [];
    const isDag = task.type === "DAG";
    const row = rowOf(task, depth, kind, attempts);
    rows.push(row);
    const members = isDag ? (task.children ?? []) : [];
    if (!isDag && task.numSpawnedChildren) totals.set(task.taskExternalId, task.numSpawnedChildren);
    if (members.length || attempts.length > 1 || (!isDag && task.numSpawnedChildren)) row.opens = task.taskExternalId;
    if (!row.opens || !open[row.opens]) return;
    if (attempts.length > 1) for (const attempt of attempts) rows.push(ofAttempt(task, attempt, depth + 1));
    for (const member of members) put(member, depth + 1, "task");
    if (isDag) return;
    const below = children.get(task.taskExternalId) ?? [];
    for (const child of below) put(child, depth + 1, "run");
    if (below.length < task.numSpawnedChildren) rows.push({ ...row, key: `${row.key}/more`, depth: depth + 1, kind: "more", name: "", attempts: [], children: task.numSpawnedChildren - below.length });
  };
  for (const task of tasks) put(task, 0, "task");
  return { rows, totals };
}

function ofAttempt(task: Task, attempt: Attempt, depth: number): Row {
  const begun = attempt.begun ?? attempt.ended ?? task.createdAt;
  return { ...rowOf(task, depth, "task", []), kind: "attempt", key: `${task.taskExternalId}/${attempt.number}`, name: `attempt ${attempt.number}`, status: attempt.status, created: begun, started: begun, finished: attempt.ended, children: 0 };
}

export const isEnded = (status: string) => ENDED.includes(status);
