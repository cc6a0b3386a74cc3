/** What waits, and for what. */
import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { api, read, type Schema, useLive } from "../api/client";
import { count } from "../format";
import { Ago, Empty, Panel } from "../ui";
import { OLDEST_QUEUED, QUEUE_DEPTHS } from "./questions";

export function Waiting() {
  const waiting = useLive(...OLDEST_QUEUED);
  const depth = useLive(...QUEUE_DEPTHS);
  const queues = Object.entries((depth.data?.queues ?? {}) as Record<string, number>).sort((a, b) => b[1] - a[1]);
  const most = queues[0]?.[1] ?? 1;
  const rows = waiting.data?.rows ?? [];
  return (
    <Panel title="What waits">
      {queues.length === 0 && rows.length === 0 && <Empty icon={CircleCheck}>Nothing waits.</Empty>}
      {queues.slice(0, 8).map(([action, number]) => (
        <p key={action} className="relative flex justify-between gap-2 px-2 py-0.5">
          <span aria-hidden="true" className="absolute inset-y-0.5 left-0 rounded bg-wait-soft" style={{ width: `${(number / most) * 100}%` }} />
          <span className="relative break-all">{action}</span>
          <span className="relative tabular-nums">{count(number)}</span>
        </p>
      ))}
      {rows.length > 0 && (
        <ul className="mt-3 grid gap-1 border-t border-line pt-3">
          {rows.map((row) => (
            <Reason key={row.taskExternalId} row={row} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Reason({ row }: { row: Schema["TaskSummary"] }) {
  const task = useLive(["reason", row.taskExternalId], () => read(api.GET("/api/v1/stable/tasks/{task}", { params: { path: { task: row.taskExternalId } } })), 5000);
  return (
    <li className="text-soft">
      <Link to="/runs/$run" params={{ run: row.workflowRunExternalId }} search={{ task: row.taskExternalId }} className="text-text hover:text-accent hover:underline">
        {row.displayName}
      </Link>{" "}
      waits for {task.data?.waitReason || "its turn"}, since <Ago at={row.createdAt} />
    </li>
  );
}
