/** All workflows, and how they fare. */
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { ago, count } from "../format";
import { useAddress } from "../pieces/address";
import { ChoiceField, linked, Nothing, SearchField } from "../pieces/view";
import { Loaded, Page, Panel, Status, Table } from "../ui";

type Row = Schema["Workflow"] & { stat?: Schema["WorkflowStat"] };

export function Workflows() {
  const { get } = useAddress();
  const name = get("search");
  const found = useLive(["workflows", name], () => read(api.GET("/api/v1/tenants/{tenant}/workflows", { params: { path: { tenant: tenant() }, query: { limit: 500, name: name || undefined } } })), 5000);
  const stats = useLive(["workflow-stats"], () => read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-stats", { params: { path: { tenant: tenant() } } })), 5000);
  const byId = new Map((stats.data?.rows ?? []).map((row) => [row.workflowId, row]));
  const state = get("state");
  return (
    <Page
      title="Workflows"
      actions={
        <>
          <SearchField name="search" label="Search" placeholder="name" />
          <ChoiceField name="state" label="State" options={[["", "any state"], ["active", "active"], ["paused", "paused"]]} />
        </>
      }
    >
      <Panel>
        <Loaded of={found}>
          {({ rows }) => {
            const shown: Row[] = rows.filter((row) => !state || (state === "paused") === Boolean(row.isPaused)).map((row) => ({ ...row, stat: byId.get(row.metadata.id) }));
            if (shown.length > 0) return <Rows rows={shown} />;
            return name || state ? (
              <Nothing title="No workflow fits" action={<Link to="/workflows" className={linked}>Show all</Link>} />
            ) : (
              <Nothing title="No workflow yet" command="mattock worker tasks.py">
                A worker makes its workflows known when it starts.
              </Nothing>
            );
          }}
        </Loaded>
      </Panel>
    </Page>
  );
}

function Rows({ rows }: { rows: Row[] }) {
  return (
    <Table
      label="Workflows"
      rows={rows}
      id={(row) => row.metadata.id}
      columns={[
        {
          head: "Name",
          cell: (row) => (
            <>
              <Link to="/workflows/$workflow" params={{ workflow: row.metadata.id }} className={`${linked} font-medium`}>
                {row.name}
              </Link>
              {row.description && <span className="block max-w-72 truncate text-xs text-soft">{row.description}</span>}
            </>
          ),
        },
        { head: "State", cell: (row) => <Status value={row.isPaused ? "PAUSED" : "ACTIVE"} /> },
        { head: "Waiting", cell: (row) => <span className="tabular-nums">{count(row.stat?.queued ?? 0)}</span> },
        { head: "Running", cell: (row) => <span className="tabular-nums">{count(row.stat?.running ?? 0)}</span> },
        { head: "Success, last day", cell: (row) => <Success of={row.stat} /> },
        {
          head: "Last run",
          cell: (row) =>
            row.stat ? (
              <Link to="/runs/$run" params={{ run: row.stat.lastRunId }} className="inline-flex gap-2 hover:underline">
                <Status value={row.stat.lastRunStatus} />
                <span className="text-soft">{ago(row.stat.lastRunAt)}</span>
              </Link>
            ) : (
              <span className="text-soft">none within a day</span>
            ),
        },
        { head: "Newest version", cell: (row) => <span className="text-soft">{ago(row.metadata.updatedAt)}</span> },
      ]}
    />
  );
}

export function Success({ of }: { of: Schema["WorkflowStat"] | undefined }) {
  const ended = (of?.completed ?? 0) + (of?.failed ?? 0);
  if (!of || ended === 0) return <span className="text-soft">–</span>;
  const rate = of.completed / ended;
  return (
    <span className="flex items-center gap-2" title={`${of.completed} completed, ${of.failed} failed, ${of.cancelled} cancelled`}>
      <span aria-hidden="true" className="flex h-2 w-20 overflow-hidden rounded-full bg-line">
        <span className="bg-good" style={{ width: `${rate * 100}%` }} />
        <span className="bg-bad" style={{ width: `${(1 - rate) * 100}%` }} />
      </span>
      <span className="tabular-nums">{(rate * 100).toFixed(rate === 1 || rate === 0 ? 0 : 1)} %</span>
      <span className="text-xs text-soft tabular-nums">of {count(ended)}</span>
    </span>
  );
}
