/** Workers: slots, labels, health; pausing them. */
import { Link } from "@tanstack/react-router";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { Drain } from "../flow/drain";
import { ago } from "../format";
import { Button, Loaded, Page, Panel, Status, Table } from "../ui";
import { Slots } from "./overview";

export function Workers() {
  const workers = useLive(["workers"], () => read(api.GET("/api/v1/tenants/{tenant}/worker", { params: { path: { tenant: tenant() }, query: { limit: 200 } } })));
  const pause = useChange(({ worker, isPaused }: { worker: string; isPaused: boolean }) => read(api.PATCH("/api/v1/workers/{worker}", { params: { path: { worker } }, body: { isPaused } })));
  return (
    <Page title="Workers">
      <Panel>
        <Loaded of={workers}>
          {(found) =>
            (found.rows ?? []).length === 0 ? (
              <p className="py-6 text-center text-soft">
                No worker was here within a day. Start one: <code>mattock worker tasks.py</code>
              </p>
            ) : (
              <Table
                label="Workers"
                rows={found.rows ?? []}
                id={(row) => row.metadata.id}
                columns={[
                  { head: "Name", cell: (row) => row.name },
                  { head: "Status", cell: (row) => <Status value={row.drain ?? row.status ?? "INACTIVE"} /> },
                  {
                    head: "Slots",
                    cell: (row) => Object.entries(row.slotConfig ?? {}).map(([kind, slots]) => <Slots key={kind} kind={kind} limit={slots.limit} free={slots.available ?? slots.limit} />),
                  },
                  { head: "Seen", cell: (row) => ago(row.lastHeartbeatAt) },
                  { head: "Labels", wide: true, cell: (row) => (row.labels ?? []).map((label) => `${label.key}=${label.value}`).join(" ") },
                  { head: "Tasks", wide: true, cell: (row) => (row.actions ?? []).join(", ") },
                  {
                    head: "Actions",
                    cell: (row) =>
                      row.status !== "INACTIVE" && (
                        <span className="flex gap-2">
                          <Button onClick={() => pause.mutate({ worker: row.metadata.id, isPaused: row.status !== "PAUSED" })}>{row.status === "PAUSED" ? "Resume" : "Pause"}</Button>
                          <Drain worker={row} />
                        </span>
                      ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
      <p className="text-soft">
        A paused or draining worker finishes what it holds; a drained one holds nothing, and can be stopped. <Link to="/runs" search={{ status: "RUNNING" }} className="text-accent underline">What runs now</Link>
      </p>
    </Page>
  );
}
