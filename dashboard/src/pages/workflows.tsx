/** All workflows. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useLive } from "../api/client";
import { ago } from "../format";
import { input, Loaded, Page, Panel, Status, Table } from "../ui";

export function Workflows() {
  const [name, setName] = useState("");
  const found = useLive(["workflows", name], () =>
    read(api.GET("/api/v1/tenants/{tenant}/workflows", { params: { path: { tenant: tenant() }, query: { limit: 500, name: name || undefined } } })),
  );
  return (
    <Page title="Workflows" actions={<input aria-label="Search" placeholder="search" className={input} value={name} onChange={(event) => setName(event.target.value)} />}>
      <Panel>
        <Loaded of={found}>
          {({ rows }) =>
            rows.length === 0 ? (
              <p className="py-6 text-center text-soft">
                No workflow. A worker makes its own known: <code>mattock worker tasks.py</code>
              </p>
            ) : (
              <Table
                label="Workflows"
                rows={rows}
                id={(row) => row.metadata.id}
                columns={[
                  {
                    head: "Name",
                    cell: (row) => (
                      <Link to="/workflows/$workflow" params={{ workflow: row.metadata.id }} className="text-accent underline">
                        {row.name}
                      </Link>
                    ),
                  },
                  { head: "State", cell: (row) => <Status value={row.isPaused ? "PAUSED" : "ACTIVE"} /> },
                  { head: "Version of", cell: (row) => ago(row.metadata.updatedAt) },
                  { head: "Description", wide: true, cell: (row) => row.description ?? "" },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
