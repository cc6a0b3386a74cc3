/** What is queued and why it waits, by workflow and reason. */
import { Link } from "@tanstack/react-router";
import { type Schema, useLive } from "../api/client";
import { WAIT_REASONS } from "../api/lists";
import { count } from "../format";
import { Loaded, Panel, Table } from "../ui";

type Reason = Schema["Waiting"]["reason"];
const WORDS: Record<Reason, string> = {
  NO_WORKER: "no worker that can run it",
  NO_SLOT: "no free slot",
  CONCURRENCY: "a concurrency limit",
  RATE_LIMIT: "a rate limit",
  TENANT_LIMIT: "the tenant's limits",
  PAUSED: "paused",
  BACKOFF: "the next attempt",
  DEBOUNCE: "others that may replace it",
  CONDITIONS: "its conditions",
  BATCH: "its batch to be full",
  TURN: "its turn",
};

export function Waiting() {
  const waiting = useLive(...WAIT_REASONS);
  return (
    <Panel title="Why it waits">
      <Loaded of={waiting}>
        {(found) =>
          found.rows.length === 0 ? (
            <p className="text-soft">Nothing waits.</p>
          ) : (
            <>
              <Table
                label="What waits, by reason"
                rows={found.rows.slice(0, 12)}
                id={(row) => `${row.workflowId}/${row.taskName}/${row.reason}`}
                columns={[
                  { head: "Tasks", cell: (row) => <span className="tabular-nums">{count(row.count)}</span> },
                  {
                    head: "Of",
                    wide: true,
                    cell: (row) => (
                      <Link to="/workflows/$workflow" params={{ workflow: row.workflowId }} className="text-accent underline">
                        {row.taskName && row.taskName !== row.workflowName ? `${row.workflowName}: ${row.taskName}` : row.workflowName}
                      </Link>
                    ),
                  },
                  {
                    head: "Wait for",
                    cell: (row) =>
                      row.reason === "CONCURRENCY" ? (
                        <Link to="/concurrency" search={{ workflow: row.workflowId }} className="text-accent underline">
                          {WORDS[row.reason]}
                        </Link>
                      ) : (
                        WORDS[row.reason]
                      ),
                  },
                ]}
              />
              <p className="mt-2 text-soft">{count(found.total)} in all</p>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}
