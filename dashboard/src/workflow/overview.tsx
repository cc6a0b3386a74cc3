/** How a workflow fares: throughput, errors, latency over time; what it waits for; its last runs. */
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { ago, between, count, span } from "../format";
import { useAddress } from "../pieces/address";
import { TimeBars, TimeLines } from "../pieces/plot";
import { ChoiceField, linked, Nothing } from "../pieces/view";
import { Loaded, Panel, Status, Table } from "../ui";
import type { Definition } from "./data";

const ENDS = [
  { key: "SUCCEEDED", name: "completed", color: "var(--good)" },
  { key: "FAILED", name: "failed", color: "var(--bad)" },
  { key: "CANCELLED", name: "cancelled", color: "var(--soft)" },
];
const TIMES = [
  { key: "waited", name: "waited, median", color: "var(--wait)" },
  { key: "waited95", name: "95 %", color: "var(--wait)", dash: "4 3" },
  { key: "ran", name: "ran, median", color: "var(--busy)" },
  { key: "ran95", name: "95 %", color: "var(--busy)", dash: "4 3" },
];
const ERRORS = [{ key: "rate", name: "of those that ended failed", color: "var(--bad)" }];

export function WorkflowOverview({ workflow, definition }: { workflow: Schema["Workflow"]; definition: Definition | undefined }) {
  const { get } = useAddress();
  const hours = Number(get("hours")) || 24;
  const id = workflow.metadata.id;
  const points = useLive(
    ["points", id, hours],
    async () => {
      const until = Date.now();
      const since = until - hours * 3600_000;
      const query = { createdAfter: new Date(since).toISOString(), finishedBefore: new Date(until).toISOString(), workflow_ids: [id] };
      return { since, until, ...(await read(api.GET("/api/v1/stable/tenants/{tenant}/task-point-metrics", { params: { path: { tenant: tenant() }, query } }))) };
    },
    5000,
  );
  const stats = useLive(["workflow-stats", hours], () => read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-stats", { params: { path: { tenant: tenant() }, query: { since: new Date(Date.now() - hours * 3600_000).toISOString() } } })), 5000);
  const own = stats.data?.rows.find((row) => row.workflowId === id);
  const ended = (own?.completed ?? 0) + (own?.failed ?? 0);
  return (
    <>
      <div className="mb-3 flex justify-end">
        <ChoiceField name="hours" label="Time" options={[["1", "last hour"], ["6", "last 6 hours"], ["", "last day"], ["168", "last week"]]} />
      </div>
      <dl className="mb-4 grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-6">
        <Figure name="Waiting" value={count(own?.queued ?? 0)} />
        <Figure name="Running" value={count(own?.running ?? 0)} />
        <Figure name="Completed" value={count(own?.completed ?? 0)} />
        <Figure name="Failed" value={count(own?.failed ?? 0)} tone={own?.failed ? "text-bad" : ""} />
        <Figure name="Success rate" value={ended ? `${(((own?.completed ?? 0) / ended) * 100).toFixed(1)} %` : "–"} />
        <Figure name="Last run" value={own ? ago(own.lastRunAt) : "–"} />
      </dl>
      <Loaded of={points}>{(found) => <Charts {...found} />}</Loaded>
      <div className="grid grid-cols-1 gap-x-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <LastRuns workflow={id} name={workflow.name} />
        <Panel title="Starts by">{definition && <Starts definition={definition} />}</Panel>
      </div>
    </>
  );
}

function Figure({ name, value, tone = "" }: { name: string; value: string; tone?: string }) {
  return (
    <div className="rounded border border-line bg-panel px-3 py-2">
      <dt className="text-xs text-soft">{name}</dt>
      <dd className={`text-lg font-semibold tabular-nums ${tone}`}>{value}</dd>
    </div>
  );
}

function Charts({ since, until, seconds, results }: { since: number; until: number; seconds: number; results: Schema["Point"][] }) {
  const common = { since, until, seconds };
  const rates = results.filter((point) => point.SUCCEEDED + point.FAILED > 0);
  return (
    <div className="grid grid-cols-1 gap-x-4 lg:grid-cols-3">
      <Panel title="Tasks that ended">
        <TimeBars {...common} label="Tasks that ended" series={ENDS} slices={results.map(({ time, SUCCEEDED, FAILED, CANCELLED }) => ({ time, values: { SUCCEEDED, FAILED, CANCELLED } }))} />
      </Panel>
      <Panel title="Error rate">
        <TimeLines {...common} label="Error rate" series={ERRORS} show={(value) => `${(value * 100).toFixed(1)} %`} slices={rates.map((point) => ({ time: point.time, values: { rate: point.FAILED / (point.SUCCEEDED + point.FAILED) } }))} />
      </Panel>
      <Panel title="Latency">
        <TimeLines {...common} label="Latency" series={TIMES} show={span} slices={results.map((point) => ({ time: point.time, values: { waited: point.waited[0], waited95: point.waited[1], ran: point.ran[0], ran95: point.ran[1] } }))} />
      </Panel>
    </div>
  );
}

function LastRuns({ workflow, name }: { workflow: string; name: string }) {
  const query = { since: new Date(0).toISOString(), only_tasks: false, workflow_ids: [workflow], limit: 10, include_payloads: false };
  const runs = useLive(["runs", "of", workflow], () => read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: { tenant: tenant() }, query } })));
  return (
    <Panel title="Last runs" actions={<Link to="/runs" search={{ workflow } as never} className={linked}>All</Link>}>
      <Loaded of={runs}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Nothing title="It has not run yet" command={`mattock run ${name} --input '{}'`} />
          ) : (
            <Table
              label="Last runs"
              rows={rows}
              id={(row) => row.metadata.id}
              columns={[
                { head: "Run", cell: (row) => <Link to="/runs/$run" params={{ run: row.metadata.id }} className={linked}>{row.metadata.id.slice(-8)}</Link> },
                { head: "Status", cell: (row) => <Status value={row.status} /> },
                { head: "Started", cell: (row) => ago(row.createdAt) },
                { head: "Took", cell: (row) => (row.startedAt ? between(row.startedAt, row.finishedAt) : "–") },
                { head: "Error", wide: true, cell: (row) => <span className="text-bad">{(row.errorMessage ?? "").split("\n")[0]}</span> },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Starts({ definition }: { definition: Definition }) {
  const ways = [...definition.events.map((key) => ["event", key]), ...definition.crons.map((text) => ["cron", text])];
  return (
    <ul className="grid gap-1">
      {ways.map(([kind, text]) => (
        <li key={`${kind}${text}`}>
          <span className="text-soft">{kind} </span>
          <code className="break-all">{text}</code>
        </li>
      ))}
      <li className="text-soft">{ways.length ? "and whoever runs it" : "whoever runs it: a call, an event of its own, a cron, a person here"}</li>
    </ul>
  );
}
