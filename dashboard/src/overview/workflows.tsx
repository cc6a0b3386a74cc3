/** Figures by workflow. */
import { Link } from "@tanstack/react-router";
import type { Schema } from "../api/client";
import type { TimeFilter } from "../filters";
import { count, span } from "../format";
import { Empty, Panel, Table } from "../ui";
import { percent } from "./tiles";

type Row = Schema["EndedOfWorkflow"];
const time = (values: number[] | undefined, place: number) => (values?.[place] === undefined ? "–" : span(values[place]));
const errors = (row: Row) => (row.succeeded + row.failed ? row.failed / (row.succeeded + row.failed) : 0);

export function ByWorkflow({ rows, search }: { rows: Row[]; search: TimeFilter }) {
  const percentile = (head: string, which: "waited" | "ran", place: number) => ({
    head,
    number: true,
    sort: (row: Row) => row[which]?.[place] ?? -1,
    cell: (row: Row) => time(row[which], place),
  });
  return (
    <Panel title="By workflow" flush>
      {rows.length === 0 ? (
        <Empty title="Nothing ended in this time" command="mattock run WORKFLOW" />
      ) : (
        <Table
          label="Figures by workflow"
          rows={[...rows].sort((a, b) => b.succeeded + b.failed - a.succeeded - a.failed)}
          id={(row) => row.workflowId}
          columns={[
            {
              head: "Workflow",
              sort: (row) => row.workflowName,
              cell: (row) => (
                <Link to="/runs" search={{ ...search, workflow: row.workflowId }} className="font-medium hover:text-accent hover:underline">
                  {row.workflowName}
                </Link>
              ),
            },
            { head: "Completed", number: true, sort: (row) => row.succeeded, cell: (row) => count(row.succeeded) },
            { head: "Failed", number: true, sort: (row) => row.failed, cell: (row) => <span className={row.failed ? "text-bad" : ""}>{count(row.failed)}</span> },
            { head: "Error rate", number: true, sort: errors, cell: (row) => percent(errors(row)) },
            percentile("Queue 50 %", "waited", 0),
            percentile("Queue 95 %", "waited", 1),
            percentile("Queue 99 %", "waited", 2),
            percentile("Run 50 %", "ran", 0),
            percentile("Run 95 %", "ran", 1),
            percentile("Run 99 %", "ran", 2),
          ]}
        />
      )}
    </Panel>
  );
}
