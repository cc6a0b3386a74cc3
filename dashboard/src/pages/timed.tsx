/** Crons and one-time schedules. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { ago, clock } from "../format";
import { Button, Dialog, Field, input, JsonArea, Loaded, Page, Panel, Status, Table } from "../ui";

const path = () => ({ tenant: tenant() });

export function Timed() {
  const crons = useLive(["crons"], () => read(api.GET("/api/v1/tenants/{tenant}/workflows/crons", { params: { path: path(), query: { limit: 200 } } })));
  const schedules = useLive(["schedules"], () => read(api.GET("/api/v1/tenants/{tenant}/workflows/scheduled", { params: { path: path(), query: { limit: 200 } } })));
  const enable = useChange(({ cron, enabled }: { cron: string; enabled: boolean }) => read(api.PATCH("/api/v1/tenants/{tenant}/workflows/crons/{cron}", { params: { path: { ...path(), cron } }, body: { enabled } })));
  const drop = useChange((cron: string) => read(api.DELETE("/api/v1/tenants/{tenant}/workflows/crons/{cron}", { params: { path: { ...path(), cron } } })));
  const fire = useChange((cron: string) => read(api.POST("/api/v1/tenants/{tenant}/workflows/crons/{cron}", { params: { path: { ...path(), cron } } })));
  const forget = useChange((schedule: string) => read(api.DELETE("/api/v1/tenants/{tenant}/workflows/scheduled/{schedule}", { params: { path: { ...path(), schedule } } })));
  const [making, setMaking] = useState<"cron" | "schedule" | null>(null);
  return (
    <Page
      title="Crons & schedules"
      actions={
        <>
          <Button onClick={() => setMaking("cron")}>New cron</Button>
          <Button onClick={() => setMaking("schedule")}>New schedule</Button>
        </>
      }
    >
      <Panel title="Crons">
        <Loaded of={crons}>
          {(found) => (
            <Table
              label="Crons"
              rows={found.rows ?? []}
              id={(row) => row.metadata.id}
              columns={[
                { head: "Workflow", cell: (row) => row.workflowName },
                { head: "Expression", cell: (row) => <code>{row.cron}</code> },
                { head: "Zone", cell: (row) => row.timezone || "UTC" },
                { head: "Name", cell: (row) => row.name ?? "" },
                { head: "Next", cell: (row) => (row.enabled ? <span title={row.nextAt ?? ""}>{ago(row.nextAt)}</span> : <Status value="PAUSED" />) },
                { head: "Problem", wide: true, cell: (row) => <span className="text-bad">{row.problem ?? ""}</span> },
                {
                  head: "Actions",
                  cell: (row) => (
                    <span className="flex gap-1">
                      <Button onClick={() => fire.mutate(row.metadata.id)}>Run now</Button>
                      <Button onClick={() => enable.mutate({ cron: row.metadata.id, enabled: !row.enabled })}>{row.enabled ? "Pause" : "Resume"}</Button>
                      {row.method !== "DEFAULT" && (
                        <Button tone="danger" onClick={() => drop.mutate(row.metadata.id)}>
                          Delete
                        </Button>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
        {crons.data && (crons.data.rows ?? []).length === 0 && <p className="py-4 text-center text-soft">No cron. Declare one with on_crons, or make one here.</p>}
      </Panel>
      <Panel title="Schedules">
        <Loaded of={schedules}>
          {(found) => (
            <Table
              label="Schedules"
              rows={found.rows ?? []}
              id={(row) => row.metadata.id}
              columns={[
                { head: "Workflow", cell: (row) => row.workflowName },
                { head: "At", cell: (row) => clock(row.triggerAt) },
                { head: "From now", cell: (row) => ago(row.triggerAt) },
                { head: "Status", cell: (row) => <Status value={row.workflowRunStatus ?? "SCHEDULED"} /> },
                {
                  head: "Run",
                  cell: (row) =>
                    row.workflowRunId ? (
                      <Link to="/runs/$run" params={{ run: row.workflowRunId }} className="text-accent underline">
                        its run
                      </Link>
                    ) : (
                      <Button tone="danger" onClick={() => forget.mutate(row.metadata.id)}>
                        Delete
                      </Button>
                    ),
                },
              ]}
            />
          )}
        </Loaded>
        {schedules.data && (schedules.data.rows ?? []).length === 0 && <p className="py-4 text-center text-soft">Nothing is scheduled.</p>}
      </Panel>
      <Dialog title={making === "cron" ? "New cron" : "New schedule"} open={making !== null} onClose={() => setMaking(null)}>
        {making && <Make kind={making} onDone={() => setMaking(null)} />}
      </Dialog>
    </Page>
  );
}

function Make({ kind, onDone }: { kind: "cron" | "schedule"; onDone: () => void }) {
  const workflows = useLive(["workflows"], () => read(api.GET("/api/v1/tenants/{tenant}/workflows", { params: { path: path(), query: { limit: 1000 } } })), 30_000);
  const [workflow, setWorkflow] = useState("");
  const [when, setWhen] = useState("");
  const [name, setName] = useState("");
  const [text, setText] = useState("{}");
  const [parsed, setParsed] = useState<Record<string, unknown> | null>({});
  const make = useChange(async () => {
    const at = { ...path(), workflow };
    const data = { input: parsed ?? {}, additionalMetadata: {} };
    if (kind === "cron") {
      await read(api.POST("/api/v1/tenants/{tenant}/workflows/{workflow}/crons", { params: { path: at }, body: { ...data, cronName: name, cronExpression: when } as never }));
    } else {
      await read(api.POST("/api/v1/tenants/{tenant}/workflows/{workflow}/scheduled", { params: { path: at }, body: { ...data, triggerAt: new Date(when).toISOString() } as never }));
    }
    onDone();
  });
  return (
    <div className="grid gap-3">
      <Field label="Workflow">
        <select className={`${input} w-full`} value={workflow} onChange={(event) => setWorkflow(event.target.value)}>
          <option value="">choose</option>
          {(workflows.data?.rows ?? []).map((row) => (
            <option key={row.metadata.id}>{row.name}</option>
          ))}
        </select>
      </Field>
      {kind === "cron" && (
        <Field label="Name">
          <input className={`${input} w-full`} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      )}
      <Field label={kind === "cron" ? "Expression" : "At"}>
        <input
          className={`${input} w-full`}
          type={kind === "cron" ? "text" : "datetime-local"}
          placeholder={kind === "cron" ? "0 9 * * 1-5" : ""}
          value={when}
          onChange={(event) => setWhen(event.target.value)}
        />
      </Field>
      <JsonArea
        label="Input"
        value={text}
        onChange={(next, value) => {
          setText(next);
          setParsed(value);
        }}
      />
      {make.error && (
        <p role="alert" className="text-bad">
          {make.error.message}
        </p>
      )}
      <Button tone="strong" disabled={!workflow || !when || parsed === null || make.isPending} onClick={() => make.mutate(undefined)}>
        Make it
      </Button>
    </div>
  );
}
