/** Failures of a time, by error. */
import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useLive } from "../api/client";
import { useWorkflows } from "../api/lists";
import type { OverviewFilters } from "../filters";
import { count } from "../format";
import { Ago, Empty, Loaded, Panel, Table } from "../ui";
import { failuresOf } from "./questions";

export function Failures({ filters }: { filters: OverviewFilters }) {
  const names = new Map(useWorkflows().map((workflow) => [workflow.metadata.id, workflow.name]));
  const failures = useLive(...failuresOf(filters));
  return (
    <Panel title="Failures, by error" flush>
      <Loaded of={failures}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty icon={CircleCheck}>Nothing has failed in this time.</Empty>
          ) : (
            <Table
              label="Failures by error"
              rows={rows}
              id={(row) => row.error}
              columns={[
                { head: "Times", number: true, sort: (row) => row.count, cell: (row) => <b className="font-semibold text-bad">{count(row.count)}</b> },
                { head: "Error", wide: true, cell: (row) => <span className="font-mono text-xs">{row.error || "no message"}</span> },
                { head: "Workflows", wide: true, cell: (row) => row.workflowIds.map((id) => names.get(id) ?? id.slice(-6)).join(", ") },
                { head: "First", sort: (row) => row.firstAt, cell: (row) => <Ago at={row.firstAt} /> },
                {
                  head: "Last",
                  sort: (row) => row.lastAt,
                  cell: (row) => (
                    <Link to="/runs/$run" params={{ run: row.workflowRunExternalId }} search={{ task: row.taskExternalId }} className="text-accent hover:underline">
                      <Ago at={row.lastAt} />
                    </Link>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
