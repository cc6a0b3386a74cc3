/** Concurrency keys: who holds the places, and how many wait for one. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { useWorkflows } from "../api/lists";
import { count } from "../format";
import { Button, Field, input, Loaded, Page, Panel, Table } from "../ui";

const route = getRouteApi("/concurrency");
const path = () => ({ tenant: tenant() });
const PAGE = 100;
type Row = Schema["ConcurrencyKey"];

export function Concurrency() {
  const filters = route.useSearch();
  const navigate = useNavigate();
  // Cursors of the pages before this one, the first of which has none.
  const [cursors, setCursors] = useState<string[]>([]);
  const set = (change: Partial<typeof filters>) => {
    setCursors([]);
    navigate({ to: "/concurrency", search: { ...filters, ...change } });
  };
  const workflows = useWorkflows();
  const query = { cursor: cursors.at(-1), limit: PAGE, search: filters.search, workflow: filters.workflow };
  const keys = useLive(["concurrency", query], () => read(api.GET("/api/v1/stable/tenants/{tenant}/concurrency", { params: { path: path(), query } })));
  const next = keys.data?.nextCursor;
  return (
    <Page title="Concurrency">
      <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={(event) => event.preventDefault()}>
        <Field label="Key">
          <input
            className={input}
            placeholder="a part of it"
            defaultValue={filters.search}
            onKeyDown={(event) => event.key === "Enter" && set({ search: event.currentTarget.value || undefined })}
            onBlur={(event) => event.currentTarget.value !== (filters.search ?? "") && set({ search: event.currentTarget.value || undefined })}
          />
        </Field>
        <Field label="Workflow">
          <select className={input} value={filters.workflow ?? ""} onChange={(event) => set({ workflow: event.target.value || undefined })}>
            <option value="">any</option>
            {workflows.map((each) => (
              <option key={each.metadata.id} value={each.metadata.id}>
                {each.name}
              </option>
            ))}
          </select>
        </Field>
      </form>
      <Panel>
        <Loaded of={keys}>{(found) => (found.rows.length === 0 ? <Nobody /> : <Keys rows={found.rows} />)}</Loaded>
      </Panel>
      <div className="mt-3 flex gap-2">
        <Button disabled={!cursors.length} onClick={() => setCursors(cursors.slice(0, -1))}>
          Back
        </Button>
        <Button disabled={!next} onClick={() => next && setCursors([...cursors, next])}>
          More
        </Button>
      </div>
    </Page>
  );
}

function Nobody() {
  return (
    <p className="py-6 text-center text-soft">
      Nobody holds a place, or waits for one. A task brings a limit: <code>concurrency=Concurrency("input.customer", max_runs=5)</code>
    </p>
  );
}

function Keys({ rows }: { rows: Row[] }) {
  return (
    <Table
      label="Concurrency keys"
      rows={rows}
      id={(row) => `${row.name}/${row.workflowId}/${row.workflowName}/${row.taskName}/${row.expression}/${row.key}`}
      columns={[
        { head: "Key", wide: true, cell: (row) => <span className="block min-w-24">{row.key || "(empty)"}</span> },
        { head: "Limit of", wide: true, cell: (row) => <Scope row={row} /> },
        {
          head: "Running",
          cell: (row) => (
            <label className="flex items-center gap-2">
              <meter className="w-24" min={0} max={row.limit} value={row.running} />
              <span className="tabular-nums">
                {count(row.running)}
                {row.limit < 2 ** 31 - 1 && ` of ${count(row.limit)}`}
              </span>
            </label>
          ),
        },
        { head: "Waiting", cell: (row) => <span className="tabular-nums">{count(row.waiting)}</span> },
        {
          head: "Held by",
          wide: true,
          cell: (row) =>
            row.holders.slice(0, 5).map((holder) => (
              <Link key={holder} to="/runs/$run" params={{ run: holder }} className="mr-2 text-accent underline">
                …{holder.slice(-8)}
              </Link>
            )),
        },
      ]}
    />
  );
}

function Scope({ row }: { row: Row }) {
  const parts = [row.workflowName, row.taskName === row.workflowName ? "" : row.taskName];
  const what = row.name ? `shared limit ${row.name}` : parts.filter(Boolean).join(": ");
  return (
    <span className="block min-w-32">
      {row.workflowId ? (
        <Link to="/workflows/$workflow" params={{ workflow: row.workflowId }} className="text-accent underline">
          {what}
        </Link>
      ) : (
        what
      )}{" "}
      {row.expression && <code className="text-soft">{row.expression}</code>}
    </span>
  );
}
