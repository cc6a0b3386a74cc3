/** What happened to tasks, line by line. */
import type { Schema } from "../api/client";
import { clock } from "../format";
import { Table } from "../ui";
import { WorkerName } from "./compare";

export function Happened({ events }: { events: Schema["TaskEvent"][] }) {
  return (
    <Table
      label="What happened"
      rows={events}
      id={(event) => String(event.id)}
      columns={[
        {
          head: "When",
          cell: (event) => (
            <time dateTime={event.timestamp} title={event.timestamp} className="tabular-nums">
              {clock(event.timestamp)}
            </time>
          ),
        },
        { head: "What", cell: (event) => event.eventType.toLowerCase().replaceAll("_", " ") },
        { head: "Attempt", number: true, cell: (event) => event.attempt ?? 1 },
        { head: "Worker", cell: (event) => <WorkerName id={event.workerId ?? undefined} /> },
        {
          head: "Message",
          wide: true,
          cell: (event) => (
            <>
              {event.message} <span className="font-mono text-xs text-bad">{(event.errorMessage ?? "").split("\n")[0]}</span>
            </>
          ),
        },
      ]}
    />
  );
}
