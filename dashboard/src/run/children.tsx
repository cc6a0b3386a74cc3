/** The runs that a task started: how many stand how, and which. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useLive } from "../api/client";
import { between, count } from "../format";
import { Ago, Button, Loaded, Status, StatusBar, Table } from "../ui";

const PAGE = 50;

export function Children({ task, isOver }: { task: string; isOver: boolean }) {
  const [status, setStatus] = useState("");
  const [page, setPage] = useState(0);
  const every = isOver ? 15_000 : 2000;
  const counts = useLive(
    ["children", task, "counts"],
    () => read(api.GET("/api/v1/stable/tenants/{tenant}/child-run-counts", { params: { path: { tenant: tenant() }, query: { parent_task_external_id: task } } })),
    every,
  );
  const children = useLive(
    ["children", task, "list", status, page],
    () => {
      const query = { since: new Date(0).toISOString(), only_tasks: false, parent_task_external_id: task, include_payloads: false, limit: PAGE, offset: page * PAGE, statuses: status ? [status as "FAILED"] : undefined };
      return read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: { tenant: tenant() }, query } }));
    },
    every,
  );
  const known = (counts.data ?? []).filter((row) => row.count > 0);
  return (
    <>
      <StatusBar label="Children" counts={Object.fromEntries(known.map((row) => [row.status, row.count]))} />
      <div className="my-3 flex flex-wrap items-center gap-2">
        {known.map((row) => (
          <Button
            key={row.status}
            aria-pressed={status === row.status}
            className={status === row.status ? "border-accent" : ""}
            onClick={() => {
              setStatus(status === row.status ? "" : row.status);
              setPage(0);
            }}
          >
            <Status value={row.status} /> <span className="tabular-nums">{count(row.count)}</span>
          </Button>
        ))}
        <Link to="/runs" search={{ parent: task, hours: 720 }} className="ml-auto text-accent hover:underline">
          Open as a list of runs
        </Link>
      </div>
      <Loaded of={children}>
        {(found) => (
          <>
            <Table
              label="Children"
              rows={found.rows}
              id={(row) => row.metadata.id}
              columns={[
                {
                  head: "Run",
                  cell: (row) => (
                    <Link to="/runs/$run" params={{ run: row.metadata.id }} className="font-medium hover:text-accent hover:underline">
                      {row.displayName}
                    </Link>
                  ),
                },
                { head: "Status", cell: (row) => <Status value={row.status} /> },
                { head: "Started", cell: (row) => <Ago at={row.createdAt} /> },
                { head: "Took", number: true, cell: (row) => (row.startedAt ? between(row.startedAt, row.finishedAt) : "–") },
                { head: "Error", wide: true, cell: (row) => <span className="font-mono text-xs text-bad">{(row.errorMessage ?? "").split("\n")[0]}</span> },
              ]}
            />
            {(page > 0 || found.pagination.next_page) && (
              <div className="mt-2 flex items-center gap-2">
                <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
                  Newer
                </Button>
                <Button disabled={!found.pagination.next_page} onClick={() => setPage(page + 1)}>
                  Older
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
