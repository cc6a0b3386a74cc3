/** A task's attempts, as what happened to it tells of them. */
import type { Schema } from "../api/client";

type Event = Schema["TaskEvent"];
export type Attempt = { number: number; status: string; begun?: string; ended?: string; worker?: string; error?: string; note?: string };
const ENDS: Record<string, string> = {
  FINISHED: "COMPLETED",
  FAILED: "FAILED",
  TIMED_OUT: "FAILED",
  SCHEDULING_TIMED_OUT: "FAILED",
  CANCELLED: "CANCELLED",
  REASSIGNED: "CANCELLED",
};
const RAN = /^Ran for ([\d.]+) s$/;

/** Attempts by number, the first one first. */
export function attemptsOf(task: Schema["TaskSummary"], events: readonly Event[]): Attempt[] {
  const found = new Map<number, Attempt>();
  for (const event of events) {
    if (event.taskId !== task.taskExternalId) continue;
    const number = event.attempt ?? 1;
    const attempt = found.get(number) ?? { number, status: "QUEUED" };
    found.set(number, attempt);
    attempt.worker ??= event.workerId ?? undefined;
    if (event.eventType === "ASSIGNED" || event.eventType === "STARTED") {
      attempt.begun ??= event.timestamp;
      if (attempt.status === "QUEUED") attempt.status = "RUNNING";
    }
    const end = ENDS[event.eventType];
    if (end) {
      attempt.status = end;
      attempt.ended = event.timestamp;
      attempt.error = event.errorMessage || attempt.error;
      const ran = RAN.exec(event.message)?.[1];
      if (ran !== undefined) attempt.begun ??= new Date(Date.parse(event.timestamp) - Number(ran) * 1000).toISOString();
      else if (event.message) attempt.note = event.message;
    }
  }
  const list = [...found.values()].filter((attempt) => attempt.begun || attempt.ended || attempt.status !== "QUEUED").sort((a, b) => a.number - b.number);
  const last = list.at(-1);
  if (last && !last.ended && task.finishedAt) Object.assign(last, { status: task.status, ended: task.finishedAt });
  return list;
}
