/** A run's tasks as a graph, with their states. */
import type { Schema } from "./api/client";
import { between, count } from "./format";
import { StatusMark } from "./kit/status";
import { useTick } from "./kit/time";
import { type GraphEdge, type GraphNode, TaskGraph } from "./pieces/taskGraph";

type Task = Schema["TaskSummary"];
const BORDERS: Record<string, string> = { COMPLETED: "var(--good)", FAILED: "var(--bad)", RUNNING: "var(--busy)", QUEUED: "var(--wait)" };
const NOTHING = "00000000-0000-0000-0000-000000000000";

const isSkipped = (task: Task | undefined) => (task?.output as { skipped?: unknown } | undefined)?.skipped === true;

function noteOf(task: Task | undefined): string {
  if (!task) return "not begun";
  if (isSkipped(task)) return "skipped";
  const children = task.numSpawnedChildren ? ` · ${count(task.numSpawnedChildren)} children` : "";
  const again = (task.attempt ?? 1) > 1 ? ` · attempt ${task.attempt}` : "";
  return `${task.status.toLowerCase()}${task.startedAt ? ` · ${between(task.startedAt, task.finishedAt)}` : ""}${again}${children}`;
}

type GraphProps = { shape: Schema["ShapeItem"][]; tasks: Task[]; chosen: string; onChoose: (id: string) => void };
export default function Graph({ shape, tasks, chosen, onChoose }: GraphProps) {
  useTick(tasks.some((task) => task.status === "RUNNING") ? 1000 : 0);
  const byId = new Map(tasks.map((task) => [task.taskExternalId, task]));
  const nodes = shape.map((item): GraphNode => {
    const task = byId.get(item.taskExternalId);
    const status = isSkipped(task) ? "SKIPPED" : (task?.status ?? "");
    return {
      id: item.stepId,
      name: item.taskName,
      note: noteOf(task),
      mark: <StatusMark value={status || "QUEUED"} size={14} />,
      border: BORDERS[status],
      isChosen: task !== undefined && item.taskExternalId === chosen,
    };
  });
  const edges = shape.flatMap((item): GraphEdge[] => {
    const color = byId.get(item.taskExternalId)?.status === "COMPLETED" ? "var(--soft)" : "var(--line)";
    return item.childrenStepIds.map((child) => ({ from: item.stepId, to: child, color }));
  });
  const onStep = (step: string) => {
    const task = shape.find((item) => item.stepId === step)?.taskExternalId;
    if (task && task !== NOTHING) onChoose(task);
  };
  return <TaskGraph nodes={nodes} edges={edges} onChoose={onStep} />;
}
