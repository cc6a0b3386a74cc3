/** All runs: live, filtered, changed many at a time. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { ago, between } from "../format";
import type { RunFilters } from "../filters";
import { HoldChosen } from "../flow/hold";
import { SmallProgress } from "../progress";
import { Button, Field, input, Page, Status } from "../ui";

const STATUSES = ["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"] as const;
const route = getRouteApi("/runs");
const PAGE = 200;
const path = () => ({ tenant: tenant() });

export function Runs() {
  const filters = route.useSearch();
  const navigate = useNavigate();
  const set = (change: Partial<RunFilters>) => navigate({ to: "/runs", search: { ...filters, page: undefined, ...change } });
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const workflows = useLive(["workflows"], () => read(api.GET("/api/v1/tenants/{tenant}/workflows", { params: { path: path(), query: { limit: 1000 } } })), 30_000);
  const page = filters.page ?? 1;
  const query = {
    since: new Date(Math.floor(Date.now() / 60_000) * 60_000 - (filters.hours ?? 24) * 3600_000).toISOString(),
    only_tasks: false,
    limit: PAGE,
    offset: (page - 1) * PAGE,
    statuses: filters.status ? [filters.status as "FAILED"] : undefined,
    workflow_ids: filters.workflow ? [filters.workflow] : undefined,
    additional_metadata: filters.metadata ? [filters.metadata] : undefined,
  };
  const runs = useLive(["runs", filters, page], () => read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: path(), query } })));
  const rows = runs.data?.rows ?? [];
  const change = useChange(async (what: "cancel" | "replay") => {
    const ids = [...chosen];
    const target = what === "cancel" ? "/api/v1/stable/tenants/{tenant}/tasks/cancel" : "/api/v1/stable/tenants/{tenant}/tasks/replay";
    await read(api.POST(target, { params: { path: path() }, body: { externalIds: ids } }));
    setChosen(new Set());
  });
  return (
    <Page
      title="Runs"
      actions={
        <>
          <Button disabled={!chosen.size || change.isPending} onClick={() => change.mutate("replay")}>
            Replay {chosen.size || ""}
          </Button>
          <HoldChosen ids={[...chosen]} then={() => setChosen(new Set())} />
          <Button tone="danger" disabled={!chosen.size || change.isPending} onClick={() => change.mutate("cancel")}>
            Cancel {chosen.size || ""}
          </Button>
          <Button onClick={() => download(rows, "json")}>JSON</Button>
          <Button onClick={() => download(rows, "csv")}>CSV</Button>
        </>
      }
    >
      <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={(event) => event.preventDefault()}>
        <Field label="Status">
          <select className={input} value={filters.status ?? ""} onChange={(event) => set({ status: event.target.value || undefined })}>
            <option value="">any</option>
            {STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </Field>
        <Field label="Workflow">
          <select className={input} value={filters.workflow ?? ""} onChange={(event) => set({ workflow: event.target.value || undefined })}>
            <option value="">any</option>
            {(workflows.data?.rows ?? []).map((workflow) => (
              <option key={workflow.metadata.id} value={workflow.metadata.id}>
                {workflow.name}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Time">
          <select className={input} value={filters.hours ?? 24} onChange={(event) => set({ hours: Number(event.target.value) })}>
            <option value={1}>last hour</option>
            <option value={24}>last day</option>
            <option value={168}>last week</option>
            <option value={720}>last 30 days</option>
          </select>
        </Field>
        <Field label="Metadata">
          <input
            className={input}
            placeholder="key:value"
            defaultValue={filters.metadata}
            onKeyDown={(event) => event.key === "Enter" && set({ metadata: event.currentTarget.value || undefined })}
          />
        </Field>
      </form>
      {runs.error && (
        <p role="alert" className="text-bad">
          {runs.error.message}
        </p>
      )}
      {change.error && (
        <p role="alert" className="text-bad">
          {change.error.message}
        </p>
      )}
      {runs.data && rows.length === 0 ? (
        <div className="rounded border border-line bg-panel p-8 text-center text-soft">
          No run fits. Start one: <code>mattock run WORKFLOW --input '{"{}"}'</code>
        </div>
      ) : (
        <Rows rows={rows} chosen={chosen} setChosen={setChosen} />
      )}
      <div className="mt-3 flex items-center gap-2">
        <Button disabled={page === 1} onClick={() => set({ page: page - 1 })}>
          Newer
        </Button>
        <span className="text-soft">page {page}</span>
        <Button disabled={!runs.data?.pagination.next_page} onClick={() => set({ page: page + 1 })}>
          Older
        </Button>
      </div>
    </Page>
  );
}

const GRID = "grid grid-cols-[2rem_minmax(10rem,2fr)_7rem_7rem_6rem_minmax(8rem,3fr)] gap-2 px-2 items-center";

type RowsProps = { rows: Schema["TaskSummary"][]; chosen: Set<string>; setChosen: (ids: Set<string>) => void };
function Rows({ rows, chosen, setChosen }: RowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => 36, overscan: 10 });
  const all = rows.length > 0 && rows.every((row) => chosen.has(row.metadata.id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <div ref={box} role="table" aria-label="Runs" aria-rowcount={rows.length} tabIndex={0} className="max-h-[70vh] overflow-auto rounded border border-line bg-panel">
      <div className="min-w-[44rem]">
        <div role="row" className={`${GRID} sticky top-0 z-10 border-b border-line bg-panel py-1 text-soft`}>
          <span role="columnheader">
            <input type="checkbox" aria-label="Choose all" checked={all} onChange={() => setChosen(all ? new Set() : new Set(rows.map((row) => row.metadata.id)))} />
          </span>
          {["Run", "Status", "Started", "Took", "Metadata"].map((name) => (
            <span key={name} role="columnheader">
              {name}
            </span>
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              <div key={row.metadata.id} role="row" className={`${GRID} absolute inset-x-0 border-b border-line/60 hover:bg-ground`} style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
                <span role="cell">
                  <input type="checkbox" aria-label={`Choose ${row.displayName}`} checked={chosen.has(row.metadata.id)} onChange={() => toggle(row.metadata.id)} />
                </span>
                <span role="cell" className="truncate">
                  <Link to="/runs/$run" params={{ run: row.metadata.id }} className="text-accent underline">
                    {row.displayName}
                  </Link>
                </span>
                <span role="cell">
                  <Status value={row.isEvicted ? "QUEUED" : row.status} />
                </span>
                <span role="cell" title={row.createdAt}>
                  {ago(row.createdAt)}
                </span>
                <span role="cell" className="tabular-nums">
                  {row.startedAt ? between(row.startedAt, row.finishedAt) : "–"}
                </span>
                <span role="cell" className="truncate text-soft">
                  <SmallProgress of={row} />
                  {row.status === "FAILED" ? (row.errorMessage ?? "").split("\n")[0] : metadata(row)}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const metadata = (row: Schema["TaskSummary"]) =>
  Object.entries(row.additionalMetadata ?? {})
    .filter(([key]) => !key.startsWith("hatchet__"))
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");

function download(rows: Schema["TaskSummary"][], kind: "json" | "csv") {
  const quote = (value: unknown) => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const names = ["metadata.id", "displayName", "workflowName", "status", "createdAt", "startedAt", "finishedAt", "errorMessage"] as const;
  const line = (row: Schema["TaskSummary"]) => names.map((name) => quote(name === "metadata.id" ? row.metadata.id : row[name])).join(",");
  const text = kind === "json" ? JSON.stringify(rows, null, 2) : [names.join(","), ...rows.map(line)].join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind === "json" ? "application/json" : "text/csv" }));
  link.download = `runs.${kind}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
