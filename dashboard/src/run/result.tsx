/** What a task gave, or why it did not. */
import type { Schema } from "../api/client";
import { Code, Json } from "../ui";
import { isEnded } from "./tree";

export function Result({ task }: { task: Schema["TaskSummary"] }) {
  const [error, ...trace] = (task.errorMessage ?? "").split("\n");
  const isSkipped = (task.output as { skipped?: unknown }).skipped === true;
  return (
    <div className="mb-4">
      {error && (
        <div className="rounded-md border border-bad/40 bg-bad-soft p-3">
          <p className="font-mono text-[13px] font-medium break-words text-bad">{error}</p>
        </div>
      )}
      {error && trace.join("").trim() && (
        <div className="mt-2">
          <Code label="Traceback">{trace.join("\n").trim()}</Code>
        </div>
      )}
      {task.status === "COMPLETED" && (isSkipped ? <p className="text-soft">It was skipped: a condition said so.</p> : <Json label="Output" value={plain(task.output)} />)}
      {!isEnded(task.status) && !error && <p className="text-soft">{task.waitReason ? "" : task.status === "RUNNING" ? "It runs; its output stands here once it has ended." : "It has not begun."}</p>}
    </div>
  );
}

/** A value that is no object is stored under `value`. */
export function plain(value: Record<string, unknown>): unknown {
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "value" ? value.value : value;
}

