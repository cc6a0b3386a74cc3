/** Logs of all tasks. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useLive } from "../api/client";
import { clock } from "../format";
import { input, Loaded, Page, Panel, Table } from "../ui";

export function Logs() {
  const [search, setSearch] = useState("");
  const [level, setLevel] = useState("");
  const query = { limit: 200, search: search || undefined, levels: level ? [level as "INFO"] : undefined };
  const logs = useLive(["logs", search, level], () => read(api.GET("/api/v1/stable/tenants/{tenant}/logs", { params: { path: { tenant: tenant() }, query } })));
  return (
    <Page
      title="Logs"
      actions={
        <>
          <input aria-label="Search" placeholder="search" className={input} value={search} onChange={(event) => setSearch(event.target.value)} />
          <select aria-label="Level" className={input} value={level} onChange={(event) => setLevel(event.target.value)}>
            <option value="">any level</option>
            {["DEBUG", "INFO", "WARN", "ERROR"].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </>
      }
    >
      <Panel>
        <Loaded of={logs}>
          {(found) =>
            (found.rows ?? []).length === 0 ? (
              <p className="py-6 text-center text-soft">
                No line. A task writes one with <code>ctx.log("…")</code>
              </p>
            ) : (
              <Table
                label="Log lines"
                rows={(found.rows ?? []).map((row, index) => ({ ...row, index }))}
                id={(row) => `${row.createdAt}${row.index}`}
                columns={[
                  { head: "When", cell: (row) => clock(row.createdAt) },
                  { head: "Level", cell: (row) => <span className={row.level === "ERROR" ? "text-bad" : ""}>{row.level}</span> },
                  {
                    head: "Task",
                    cell: (row) =>
                      row.taskExternalId ? (
                        <Link to="/runs/$run" params={{ run: row.taskExternalId }} className="text-accent underline">
                          {row.taskDisplayName || row.taskExternalId.slice(-6)}
                        </Link>
                      ) : (
                        ""
                      ),
                  },
                  { head: "Line", wide: true, cell: (row) => row.message },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
