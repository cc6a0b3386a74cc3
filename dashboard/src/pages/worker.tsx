/** One worker: its health, its slots, what it holds and what it has run. */
import { Link, useParams } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { useWorkflows } from "../api/lists";
import { ago, between, clock } from "../format";
import { Refusal } from "../pieces/form";
import { CopyButton, Facts, linked, Nothing } from "../pieces/view";
import { Button, Loaded, Page, Panel, Status, Table } from "../ui";
import { SlotLevels } from "./workers";

type Found = Schema["Worker"];

export function Worker() {
  const { worker } = useParams({ strict: false }) as { worker: string };
  const found = useLive(["worker", worker], () => read(api.GET("/api/v1/workers/{worker}", { params: { path: { worker } } })), 1000);
  const pause = useChange((isPaused: boolean) => read(api.PATCH("/api/v1/workers/{worker}", { params: { path: { worker } }, body: { isPaused } })));
  const it = found.data;
  if (found.error && !it) {
    return (
      <Page title="Worker">
        <Nothing title="There is no such worker" action={<Link to="/workers" className={linked}>All workers</Link>}>
          {found.error.message}
        </Nothing>
      </Page>
    );
  }
  return (
    <Page
      title={it?.name ?? "Worker"}
      actions={
        it &&
        it.status !== "INACTIVE" && (
          <Button disabled={pause.isPending} onClick={() => pause.mutate(it.status !== "PAUSED")}>
            {it.status === "PAUSED" ? "Resume" : "Pause"}
          </Button>
        )
      }
    >
      <Refusal of={[pause.error]} />
      <Loaded of={found}>
        {(known) => (
          <>
            <div className="grid grid-cols-1 gap-x-4 md:grid-cols-2">
              <Panel title="Health">
                <Facts
                  of={[
                    ["Status", <Health key="status" of={known} />],
                    ["Last heartbeat", known.lastHeartbeatAt ? `${ago(known.lastHeartbeatAt)}` : "–"],
                    ["Connected", `${clock(known.metadata.createdAt)}, ${ago(known.metadata.createdAt)}`],
                    ["Runs on", runtime(known)],
                    ["Id", <span key="id" className="flex flex-wrap items-center gap-2"><code className="break-all">{worker}</code><CopyButton text={worker} label="Copy the id" /></span>],
                    ["Labels", (known.labels ?? []).length ? (known.labels ?? []).map((label) => <code key={label.key} className="mr-2 inline-block">{label.key}={label.value}</code>) : "–"],
                  ]}
                />
              </Panel>
              <Panel title="Slots in use">
                {Object.keys(known.slotConfig ?? {}).length === 0 ? <p className="text-soft">It has none.</p> : <SlotLevels of={known.slotConfig} />}
              </Panel>
            </div>
            <Held worker={worker} />
            <Recent worker={worker} />
            <Registered actions={known.actions ?? []} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

const runtime = (of: Found) =>
  [
    [of.runtimeInfo?.language?.toLowerCase(), of.runtimeInfo?.languageVersion].filter(Boolean).join(" "),
    of.runtimeInfo?.os,
    of.runtimeInfo?.sdkVersion && `SDK ${of.runtimeInfo.sdkVersion}`,
    of.runtimeInfo?.runtimeExtra,
  ]
    .filter(Boolean)
    .join(", ") || "–";

function Health({ of }: { of: Found }) {
  const words = { ACTIVE: "takes new tasks", PAUSED: "finishes what it holds, takes nothing new", INACTIVE: "gone: it has left, or was not heard of for a while" };
  const status = of.status ?? "INACTIVE";
  return (
    <span className="inline-flex flex-wrap gap-x-2">
      <Status value={status} /> <span className="text-soft">{words[status]}</span>
    </span>
  );
}

const listOf = (worker: string, statuses: string[] | undefined, limit: number) =>
  read(
    api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", {
      params: { path: { tenant: tenant() }, query: { since: new Date(0).toISOString(), only_tasks: true, worker_id: worker, statuses: statuses as never, limit, include_payloads: false } },
    }),
  );

function Held({ worker }: { worker: string }) {
  const tasks = useLive(["held", worker], () => listOf(worker, ["RUNNING"], 200), 1000);
  return (
    <Panel title="Tasks that it holds">
      <Loaded of={tasks}>{({ rows }) => (rows.length === 0 ? <p className="text-soft">None now.</p> : <Tasks label="Tasks that it holds" rows={rows} />)}</Loaded>
    </Panel>
  );
}

function Recent({ worker }: { worker: string }) {
  const tasks = useLive(["recent", worker], () => listOf(worker, ["COMPLETED", "FAILED", "CANCELLED"], 20), 3000);
  return (
    <Panel title="What it ran last">
      <Loaded of={tasks}>{({ rows }) => (rows.length === 0 ? <p className="text-soft">Nothing yet.</p> : <Tasks label="What it ran last" rows={rows} />)}</Loaded>
    </Panel>
  );
}

function Tasks({ label, rows }: { label: string; rows: Schema["TaskSummary"][] }) {
  return (
    <Table
      label={label}
      rows={rows}
      id={(row) => row.metadata.id}
      columns={[
        {
          head: "Task",
          cell: (row) => (
            <Link to="/runs/$run" params={{ run: row.workflowRunExternalId }} className={linked}>
              {row.displayName}
            </Link>
          ),
        },
        { head: "Workflow", cell: (row) => row.workflowName ?? "" },
        { head: "Status", cell: (row) => <Status value={row.status} /> },
        { head: "Attempt", cell: (row) => <span className="tabular-nums">{row.attempt ?? 1}</span> },
        { head: "Started", cell: (row) => <span className="text-soft">{ago(row.startedAt)}</span> },
        { head: "Took", cell: (row) => <span className="tabular-nums">{between(row.startedAt, row.finishedAt)}</span> },
        { head: "Error", wide: true, cell: (row) => <span className="text-bad">{(row.errorMessage ?? "").split("\n")[0]}</span> },
      ]}
    />
  );
}

/** The workflows whose tasks it knows. An action is `workflow:task`, in lower case. */
function Registered({ actions }: { actions: string[] }) {
  const ids = new Map(useWorkflows().map((row) => [row.name.toLowerCase(), row]));
  const groups = new Map<string, string[]>();
  for (const action of actions) {
    const at = action.lastIndexOf(":");
    const name = action.slice(0, at);
    groups.set(name, [...(groups.get(name) ?? []), action.slice(at + 1)]);
  }
  return (
    <Panel title={`Workflows that it knows: ${groups.size}`}>
      <ul className="grid gap-1 sm:grid-cols-2 lg:grid-cols-3">
        {[...groups].map(([name, tasks]) => {
          const row = ids.get(name.toLowerCase());
          return (
            <li key={name}>
              {row ? (
                <Link to="/workflows/$workflow" params={{ workflow: row.metadata.id }} className={linked}>
                  {row.name}
                </Link>
              ) : (
                name
              )}
              {(tasks.length > 1 || tasks[0] !== name) && <span className="text-soft"> {tasks.join(", ")}</span>}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
