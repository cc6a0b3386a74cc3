/** One workflow: trigger it, hold it, look at its versions and runs. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { Bars } from "../chart";
import { Queues } from "../flow/queues";
import { CustomMetrics } from "../customMetrics";
import { clock } from "../format";
import { Button, Code, JsonArea, Loaded, Page, Panel, Status, Table } from "../ui";

export function Workflow() {
  const { workflow } = useParams({ from: "/workflows/$workflow" });
  const path = { workflow };
  const found = useLive(["workflow", workflow], () => read(api.GET("/api/v1/workflows/{workflow}", { params: { path } })), 5000);
  const version = useLive(["version", workflow], () => read(api.GET("/api/v1/workflows/{workflow}/versions", { params: { path } })), 30_000);
  const points = useLive(["points", workflow], () =>
    read(
      api.GET("/api/v1/stable/tenants/{tenant}/task-point-metrics", {
        params: { path: { tenant: tenant() }, query: { createdAfter: new Date(Date.now() - 24 * 3600_000).toISOString(), workflow_ids: [workflow] } },
      }),
    ),
  );
  const pause = useChange((action: "pause" | "unpause") => read(api.PATCH("/api/v1/workflows/{workflow}", { params: { path }, body: { pause: { action, pausedWorkflowCronRunQueueBehavior: "QUEUE", pausedWorkflowScheduledRunQueueBehavior: "QUEUE" } } })));
  const paused = found.data?.isPaused ?? false;
  return (
    <Page
      title={found.data?.name ?? workflow}
      actions={
        <>
          <Link to="/runs" search={{ workflow }} className="rounded border border-line bg-panel px-3 py-1">
            Its runs
          </Link>
          <Button disabled={!found.data || pause.isPending} onClick={() => pause.mutate(paused ? "unpause" : "pause")}>
            {paused ? "Resume" : "Pause"}
          </Button>
        </>
      }
    >
      <Loaded of={found}>
        {(it) => (
          <>
            <p className="mb-4 flex gap-6 text-soft">
              <Status value={it.isPaused ? "PAUSED" : "ACTIVE"} />
              {it.description}
            </p>
            <Panel title="Last day">
              <Loaded of={points}>{(got) => <Bars points={got.results} seconds={got.seconds} hours={24} />}</Loaded>
            </Panel>
            <Queues workflow={workflow} />
            <CustomMetrics workflow={workflow} />
            <Trigger name={it.name} schema={version.data?.inputJsonSchema} />
            <Panel title="Versions">
              <Table
                label="Versions"
                rows={it.versions ?? []}
                id={(row) => row.metadata.id}
                columns={[
                  { head: "Number", cell: (row) => row.order },
                  { head: "Since", cell: (row) => clock(row.metadata.createdAt) },
                  { head: "Name", cell: (row) => row.version },
                ]}
              />
            </Panel>
            <Panel title="Definition">
              <Loaded of={version}>{(got) => <Code label="Definition">{JSON.stringify(got.workflowConfig ?? got, null, 2)}</Code>}</Loaded>
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function example(schema: unknown): Record<string, unknown> {
  const properties = (schema as { properties?: Record<string, { type?: string; default?: unknown }> } | null)?.properties ?? {};
  const empty: Record<string, unknown> = { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} };
  return Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, part.default ?? empty[part.type ?? ""] ?? null]));
}

function Trigger({ name, schema }: { name: string; schema: unknown }) {
  const [text, setText] = useState<string | null>(null);
  const [parsed, setParsed] = useState<Record<string, unknown> | null>({});
  const navigate = useNavigate();
  const first = example(schema);
  const start = useChange(async () => {
    const body = { workflowName: name, input: text === null ? first : (parsed ?? {}) };
    const made = await read(api.POST("/api/v1/stable/tenants/{tenant}/workflow-runs/trigger", { params: { path: { tenant: tenant() } }, body }));
    await navigate({ to: "/runs/$run", params: { run: made.run.metadata.id } });
  });
  return (
    <Panel title="Start a run">
      <JsonArea
        label="Input"
        value={text ?? JSON.stringify(first, null, 2)}
        onChange={(next, value) => {
          setText(next);
          setParsed(value);
        }}
      />
      {start.error && (
        <p role="alert" className="text-bad">
          {start.error.message}
        </p>
      )}
      <Button tone="strong" className="mt-2" disabled={parsed === null || start.isPending} onClick={() => start.mutate(undefined)}>
        Run
      </Button>
    </Panel>
  );
}
