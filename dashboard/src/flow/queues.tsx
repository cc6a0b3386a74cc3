/** The queues of a workflow, one a task: how much waits, and pausing them one by one. */
import { api, read, useChange, useLive } from "../api/client";
import { count } from "../format";
import { Button, Loaded, Panel, Status, Table } from "../ui";

export function Queues({ workflow }: { workflow: string }) {
  const queues = useLive(["queues", workflow], () => read(api.GET("/api/v1/workflows/{workflow}/queues", { params: { path: { workflow } } })));
  const pause = useChange(({ task, isPaused }: { task: string; isPaused: boolean }) =>
    read(api.PATCH("/api/v1/workflows/{workflow}/queues/{task}", { params: { path: { workflow, task } }, body: { isPaused } })),
  );
  return (
    <Panel title="Queues">
      {pause.error && (
        <p role="alert" className="text-bad">
          {pause.error.message}
        </p>
      )}
      <Loaded of={queues}>
        {(found) => (
          <Table
            label="Queues"
            rows={found.rows}
            id={(row) => row.taskName}
            columns={[
              { head: "Task", wide: true, cell: (row) => row.taskName },
              { head: "Waiting", cell: (row) => <span className="tabular-nums">{count(row.queued)}</span> },
              { head: "Status", cell: (row) => <Status value={row.isPaused ? "PAUSED" : "ACTIVE"} /> },
              {
                head: "Actions",
                cell: (row) => (
                  <Button aria-label={`${row.isPaused ? "Resume" : "Pause"} ${row.taskName}`} disabled={pause.isPending} onClick={() => pause.mutate({ task: row.taskName, isPaused: !row.isPaused })}>
                    {row.isPaused ? "Resume" : "Pause"}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
