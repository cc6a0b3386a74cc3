/** What happens now: throughput, latencies, what waits and why, workers, recent failures. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { Bars, Lines } from "../chart";
import { Waiting as WaitingReasons } from "../flow/waiting";
import { ago, count, span } from "../format";
import { input, Loaded, Page, Panel, Table } from "../ui";

const path = () => ({ tenant: tenant() });
const TIMES: [number, string][] = [
  [1, "last hour"],
  [6, "last 6 hours"],
  [24, "last day"],
  [168, "last week"],
];

export function Overview() {
  const [hours, setHours] = useState(1);
  const since = () => new Date(Date.now() - hours * 3600_000).toISOString();
  const points = useLive(["points", hours], () =>
    read(api.GET("/api/v1/stable/tenants/{tenant}/task-point-metrics", { params: { path: path(), query: { createdAfter: since() } } })),
  );
  const counts = useLive(["counts", hours], () =>
    read(api.GET("/api/v1/stable/tenants/{tenant}/task-metrics", { params: { path: path(), query: { since: since() } } })),
  );
  return (
    <Page
      title="Overview"
      actions={
        <select aria-label="Time" className={input} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          {TIMES.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      }
    >
      <Loaded of={counts}>
        {(found) => (
          <ul aria-label="Tasks by status" className="mb-4 grid grid-cols-2 gap-2 sm:grid-cols-5">
            {found.map((row) => (
              <li key={row.status}>
                <Link to="/runs" search={{ status: row.status, hours }} className="block rounded border border-line bg-panel p-3 hover:border-soft">
                  <span className="block text-soft">{row.status.toLowerCase()}</span>
                  <span className="block text-2xl font-semibold tabular-nums">{count(row.count)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <div className="grid gap-4 md:grid-cols-2">
        <Panel title="Tasks that ended">
          <Loaded of={points}>{(found) => <Bars points={found.results} seconds={found.seconds} hours={hours} />}</Loaded>
        </Panel>
        <Panel title="How long tasks waited and ran (median, 95 %)">
          <Loaded of={points}>{(found) => <Lines points={found.results} hours={hours} />}</Loaded>
        </Panel>
        <Waiting />
        <WaitingReasons />
        <Workers />
      </div>
      <Failures since={since} hours={hours} />
    </Page>
  );
}

function Waiting() {
  const waiting = useLive(["waiting"], () =>
    read(
      api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", {
        params: { path: path(), query: { since: new Date(0).toISOString(), only_tasks: true, statuses: ["QUEUED"], limit: 6 } },
      }),
    ),
  );
  const depth = useLive(["depth"], () => read(api.GET("/api/v1/tenants/{tenant}/step-run-queue-metrics", { params: { path: path() } })));
  const queues = Object.entries((depth.data?.queues ?? {}) as Record<string, number>).sort((a, b) => b[1] - a[1]);
  return (
    <Panel title="What waits">
      {queues.length === 0 && <p className="text-soft">Nothing waits.</p>}
      {queues.slice(0, 8).map(([action, number]) => (
        <p key={action} className="flex justify-between gap-2">
          <span className="break-all">{action}</span>
          <span className="tabular-nums">{count(number)}</span>
        </p>
      ))}
      {waiting.data && waiting.data.rows.length > 0 && (
        <ul className="mt-2 border-t border-line pt-2">
          {waiting.data.rows.map((row) => (
            <Reason key={row.taskExternalId} row={row} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Reason({ row }: { row: Schema["TaskSummary"] }) {
  const task = useLive(["reason", row.taskExternalId], () => read(api.GET("/api/v1/stable/tasks/{task}", { params: { path: { task: row.taskExternalId } } })), 5000);
  return (
    <li>
      <Link to="/runs/$run" params={{ run: row.workflowRunExternalId }} className="text-accent underline">
        {row.displayName}
      </Link>{" "}
      waits for {task.data?.waitReason || "its turn"}, since {ago(row.createdAt)}
    </li>
  );
}

function Workers() {
  const workers = useLive(["workers", "ACTIVE"], () =>
    read(api.GET("/api/v1/tenants/{tenant}/worker", { params: { path: path(), query: { statuses: ["ACTIVE", "PAUSED"] as never } } })),
  );
  return (
    <Panel title="Workers">
      <Loaded of={workers}>
        {(found) => {
          const rows = found.rows ?? [];
          if (rows.length === 0) return <p className="text-soft">No worker is connected. Start one: <code>mattock worker tasks.py</code></p>;
          return (
            <>
              {rows.slice(0, 8).map((worker) => (
                <div key={worker.metadata.id} className="mb-1">
                  <Link to="/workers" className="text-accent underline">
                    {worker.name}
                  </Link>
                  {Object.entries(worker.slotConfig ?? {}).map(([kind, slots]) => (
                    <Slots key={kind} kind={kind} limit={slots.limit} free={slots.available ?? slots.limit} />
                  ))}
                </div>
              ))}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

export function Slots({ kind, limit, free }: { kind: string; limit: number; free: number }) {
  return (
    <label className="flex items-center gap-2 text-soft">
      <span className="w-16">{kind}</span>
      <meter className="flex-1" min={0} max={limit} value={limit - free} />
      <span className="tabular-nums">
        {limit - free}/{limit}
      </span>
    </label>
  );
}

function Failures({ since, hours }: { since: () => string; hours: number }) {
  const failures = useLive(["failures", hours], () =>
    read(
      api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", {
        params: { path: path(), query: { since: since(), only_tasks: true, statuses: ["FAILED"], limit: 200 } },
      }),
    ),
  );
  return (
    <Panel title="Recent failures, by error">
      <Loaded of={failures}>
        {(found) => {
          const groups = new Map<string, Schema["TaskSummary"][]>();
          for (const row of found.rows) {
            const key = (row.errorMessage ?? "").split("\n")[0] || "no message";
            groups.set(key, [...(groups.get(key) ?? []), row]);
          }
          if (groups.size === 0) return <p className="text-soft">Nothing has failed.</p>;
          return (
            <Table
              label="Recent failures by error"
              rows={[...groups.entries()].sort((a, b) => b[1].length - a[1].length)}
              id={([error]) => error}
              columns={[
                { head: "Times", cell: ([, rows]) => count(rows.length) },
                { head: "Error", wide: true, cell: ([error]) => error },
                {
                  head: "Last",
                  cell: ([, rows]) => (
                    <Link to="/runs/$run" params={{ run: rows[0].workflowRunExternalId }} className="text-accent underline">
                      {rows[0].displayName}, {ago(rows[0].finishedAt)}
                    </Link>
                  ),
                },
                { head: "Ran for", cell: ([, rows]) => span((rows[0].duration ?? 0) / 1000) },
              ]}
            />
          );
        }}
      </Loaded>
    </Panel>
  );
}
