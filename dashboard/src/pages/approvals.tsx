/** What waits for a person's decision. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { ago } from "../format";
import { Button, Field, input, Loaded, Page, Panel, Table } from "../ui";

export function Approvals() {
  const [by, setBy] = useState(() => localStorage.getItem("name") ?? "");
  const [comment, setComment] = useState("");
  const found = useLive(["approvals"], () => read(api.GET("/api/v1/stable/tenants/{tenant}/approvals", { params: { path: { tenant: tenant() } } })));
  const decide = useChange(({ task, key, approved }: { task: string; key: string; approved: boolean }) => {
    localStorage.setItem("name", by);
    return read(api.POST("/api/v1/stable/tasks/{task}/approvals/{key}", { params: { path: { task, key } }, body: { approved, by, comment } }));
  });
  return (
    <Page title="Approvals">
      <div className="mb-3 flex flex-wrap gap-3">
        <Field label="Your name">
          <input className={input} value={by} onChange={(event) => setBy(event.target.value)} />
        </Field>
        <Field label="Comment">
          <input className={input} value={comment} onChange={(event) => setComment(event.target.value)} />
        </Field>
      </div>
      {decide.error && (
        <p role="alert" className="text-bad">
          {decide.error.message}
        </p>
      )}
      <Panel>
        <Loaded of={found}>
          {({ rows }) =>
            rows.length === 0 ? (
              <p className="py-6 text-center text-soft">
                Nothing waits for a decision. A durable task asks with <code>ctx.aio_wait_for_approval("…")</code>
              </p>
            ) : (
              <Table
                label="Approvals"
                rows={rows}
                id={(row) => `${row.taskExternalId}/${row.key}`}
                columns={[
                  { head: "What is asked", wide: true, cell: (row) => row.title },
                  {
                    head: "Workflow",
                    cell: (row) => (
                      <Link to="/runs/$run" params={{ run: row.taskExternalId }} className="text-accent underline">
                        {row.workflowName}
                      </Link>
                    ),
                  },
                  { head: "Asked", cell: (row) => ago(row.askedAt) },
                  {
                    head: "Decision",
                    cell: (row) => (
                      <span className="flex gap-1">
                        <Button tone="strong" disabled={!by || decide.isPending} onClick={() => decide.mutate({ task: row.taskExternalId, key: row.key, approved: true })}>
                          Approve
                        </Button>
                        <Button tone="danger" disabled={!by || decide.isPending} onClick={() => decide.mutate({ task: row.taskExternalId, key: row.key, approved: false })}>
                          Reject
                        </Button>
                      </span>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
