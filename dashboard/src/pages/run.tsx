/** One run: its tasks as a graph and over time, inputs, outputs, errors, logs, history; and what can be done with it. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { HoldRun } from "../flow/hold";
import { useRunStream, useStreamed } from "../api/live";
import { ago, between, clock, pretty, span } from "../format";
import { Progress } from "../progress";
import { Spans } from "../spans";
import { Button, Code, Dialog, input, JsonArea, Loaded, Page, Panel, Status, Table } from "../ui";

const Graph = lazy(() => import("../graph"));
const ENDED = ["COMPLETED", "FAILED", "CANCELLED"];
type Details = Schema["WorkflowRunDetails"];
type Task = Schema["TaskSummary"];
const path = () => ({ tenant: tenant() });

export function Run() {
  const { run } = useParams({ from: "/runs/$run" });
  const details = useLive(["run", run], () => read(api.GET("/api/v1/stable/workflow-runs/{run}", { params: { path: { run } } })), 1000);
  const [again, setAgain] = useState(false);
  const change = useChange((what: "cancel" | "replay") =>
    read(
      api.POST(what === "cancel" ? "/api/v1/stable/tenants/{tenant}/tasks/cancel" : "/api/v1/stable/tenants/{tenant}/tasks/replay", {
        params: { path: path() },
        body: { externalIds: [run] },
      }),
    ),
  );
  const found = details.data;
  const over = found && ENDED.includes(found.run.status);
  useRunStream(run, Boolean(found) && !over);
  return (
    <Page
      title={found?.run.displayName ?? run}
      actions={
        <>
          <Button onClick={() => setAgain(true)} disabled={!found}>
            Run again with another input
          </Button>
          <Button onClick={() => change.mutate("replay")} disabled={!over}>
            Replay
          </Button>
          <HoldRun run={run} paused={found?.run.isPaused ?? false} over={!found || Boolean(over)} />
          <Button tone="danger" onClick={() => change.mutate("cancel")} disabled={!found || over}>
            Cancel
          </Button>
        </>
      }
    >
      {change.error && (
        <p role="alert" className="text-bad">
          {change.error.message}
        </p>
      )}
      <Loaded of={details}>{(it) => <Body details={it} />}</Loaded>
      {found && <Again details={found} open={again} onClose={() => setAgain(false)} />}
    </Page>
  );
}

function Body({ details }: { details: Details }) {
  const { run, tasks } = details;
  const [chosen, setChosen] = useState("");
  const task = tasks.find((each) => each.taskExternalId === chosen) ?? tasks.find((each) => each.status === "FAILED") ?? tasks[0];
  return (
    <>
      <p className="mb-4 flex flex-wrap gap-x-6 gap-y-1 text-soft">
        <Status value={run.status} />
        <span>started {ago(run.createdAt)}</span>
        <span>took {between(run.startedAt, run.finishedAt)}</span>
        <span className="break-all">{run.metadata.id}</span>
        {tasks[0]?.workflowName && (
          <Link to="/workflows/$workflow" params={{ workflow: run.workflowId }} className="text-accent underline">
            {tasks[0].workflowName}
          </Link>
        )}
        {tasks[0]?.parentTaskExternalId && (
          <Link to="/runs/$run" params={{ run: tasks[0].parentTaskExternalId }} className="text-accent underline">
            started by a task
          </Link>
        )}
      </p>
      {tasks.length > 1 && (
        <Panel title="Tasks">
          <Suspense fallback={<p role="status">Loading…</p>}>
            <Graph shape={details.shape} tasks={tasks} chosen={task?.taskExternalId ?? ""} onChoose={setChosen} />
          </Suspense>
        </Panel>
      )}
      <Waterfall tasks={tasks} chosen={task?.taskExternalId ?? ""} onChoose={setChosen} />
      <Spans run={run.metadata.id} over={ENDED.includes(run.status)} />
      {task && <OneTask key={task.taskExternalId} task={task} />}
      <div className="grid gap-4 md:grid-cols-2">
        <Panel title="Input">
          <Code label="Input">{pretty((run.input as { input?: unknown }).input ?? run.input)}</Code>
        </Panel>
        <Panel title="Metadata">
          <Code label="Metadata">{pretty(run.additionalMetadata ?? {})}</Code>
        </Panel>
      </div>
      <Events events={details.taskEvents} />
    </>
  );
}

type WaterfallProps = { tasks: Task[]; chosen: string; onChoose: (id: string) => void };
function Waterfall({ tasks, chosen, onChoose }: WaterfallProps) {
  const begun = Math.min(...tasks.map((task) => Date.parse(task.createdAt)));
  const end = Math.max(...tasks.map((task) => (task.finishedAt ? Date.parse(task.finishedAt) : Date.now())), begun + 1);
  const at = (text?: string | null) => (((text ? Date.parse(text) : Date.now()) - begun) / (end - begun)) * 100;
  return (
    <Panel title={`Over time (${span((end - begun) / 1000)})`}>
      <ol>
        {tasks.map((task) => (
          <li key={task.taskExternalId}>
            <button
              type="button"
              aria-pressed={task.taskExternalId === chosen}
              onClick={() => onChoose(task.taskExternalId)}
              className={`grid w-full cursor-pointer grid-cols-[minmax(8rem,14rem)_7rem_1fr] items-center gap-2 rounded px-1 py-1 text-left hover:bg-ground ${task.taskExternalId === chosen ? "bg-ground" : ""}`}
            >
              <span className="truncate">{task.displayName}</span>
              <Status value={task.status} />
              <span className="relative h-4 rounded bg-line/50">
                <span className="absolute inset-y-0 rounded bg-wait/40" style={{ left: `${at(task.createdAt)}%`, right: `${100 - at(task.startedAt ?? task.finishedAt)}%` }} />
                {task.startedAt && (
                  <span
                    className={`absolute inset-y-0 min-w-0.5 rounded ${task.status === "FAILED" ? "bg-bad" : task.status === "COMPLETED" ? "bg-good" : "bg-busy"}`}
                    style={{ left: `${at(task.startedAt)}%`, right: `${100 - at(task.finishedAt)}%` }}
                  />
                )}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function OneTask({ task }: { task: Task }) {
  const id = task.taskExternalId;
  const fresh = useLive(["task", id], () => read(api.GET("/api/v1/stable/tasks/{task}", { params: { path: { task: id } } })), 1000, !ENDED.includes(task.status));
  // Once it has ended it is not asked for by itself any more; what was read last may be from before.
  const now = (ENDED.includes(task.status) ? undefined : fresh.data) ?? task;
  const [error, ...trace] = (now.errorMessage ?? "").split("\n");
  return (
    <>
      <Panel title={<>Task {task.displayName}</>}>
        <p className="mb-2 flex flex-wrap gap-x-6 text-soft">
          <Status value={now.status} />
          <span>attempt {now.attempt ?? 1}</span>
          {now.waitReason && <span className="text-wait">waits for {now.waitReason}</span>}
          <span>ran {now.startedAt ? between(now.startedAt, now.finishedAt) : "not yet"}</span>
          {now.numSpawnedChildren > 0 && <span>{now.numSpawnedChildren} children</span>}
        </p>
        <Progress of={now} />
        {error && (
          <>
            <p className="mb-2 font-medium text-bad">{error}</p>
            {trace.length > 0 && <Code label="Traceback">{trace.join("\n").trim()}</Code>}
          </>
        )}
        {now.status === "COMPLETED" && <Code label="Output">{pretty(now.output)}</Code>}
      </Panel>
      {now.numSpawnedChildren > 0 && <Children task={id} />}
      {task.isDurable && <History task={id} />}
      <Streamed task={id} />
      <Logs task={id} />
    </>
  );
}

function Streamed({ task }: { task: string }) {
  const text = useStreamed(task);
  if (!text) return null;
  return (
    <Panel title="Stream">
      <Code label="Stream">{text}</Code>
    </Panel>
  );
}

function Children({ task }: { task: string }) {
  const query = { since: new Date(0).toISOString(), only_tasks: false, parent_task_external_id: task, limit: 100 };
  const children = useLive(["children", task], () => read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: path(), query } })));
  const rows = children.data?.rows ?? [];
  const done = rows.filter((row) => ENDED.includes(row.status)).length;
  return (
    <Panel title={`Runs that it started: ${done} of ${rows.length} have ended`}>
      <progress className="mb-2 w-full" max={rows.length || 1} value={done} aria-label="Children that have ended" />
      <Table
        label="Children"
        rows={rows}
        id={(row) => row.metadata.id}
        columns={[
          {
            head: "Run",
            cell: (row) => (
              <Link to="/runs/$run" params={{ run: row.metadata.id }} className="text-accent underline">
                {row.displayName}
              </Link>
            ),
          },
          { head: "Status", cell: (row) => <Status value={row.status} /> },
          { head: "Took", cell: (row) => between(row.startedAt, row.finishedAt) },
        ]}
      />
    </Panel>
  );
}

function History({ task }: { task: string }) {
  const steps = useLive(["history", task], () =>
    read(api.GET("/api/v1/stable/tenants/{tenant}/durable-tasks/{task}", { params: { path: { ...path(), task } } })),
  );
  const fork = useChange((node: number) =>
    read(api.POST("/api/v1/stable/tenants/{tenant}/durable-tasks/branch", { params: { path: path() }, body: { taskExternalId: task, nodeId: node } })),
  );
  return (
    <Panel title="History">
      {fork.error && (
        <p role="alert" className="text-bad">
          {fork.error.message}
        </p>
      )}
      <Loaded of={steps} empty="Nothing is recorded yet.">
        {(rows) => (
          <Table
            label="Recorded steps"
            rows={rows.filter((row) => row.isCurrent)}
            id={(row) => `${row.branchId}/${row.nodeId}`}
            columns={[
              { head: "Step", cell: (row) => row.nodeId },
              { head: "What", wide: true, cell: (row) => row.description || row.kind },
              { head: "Recorded", cell: (row) => ago(row.insertedAt) },
              { head: "Settled", cell: (row) => (row.isSatisfied ? ago(row.satisfiedAt) : <Status value="QUEUED" />) },
              { head: "Result", wide: true, cell: (row) => (row.payload ? pretty(row.payload).slice(0, 120) : "") },
              {
                head: "Actions",
                cell: (row) => (
                  <Button onClick={() => fork.mutate(row.nodeId)} aria-label={`Fork from step ${row.nodeId}`}>
                    Fork here
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function Logs({ task }: { task: string }) {
  const [search, setSearch] = useState("");
  const logs = useLive(["logs", task, search], () =>
    read(api.GET("/api/v1/stable/tasks/{task}/logs", { params: { path: { task }, query: { limit: 500, search: search || undefined } } })),
  );
  const rows = logs.data?.rows ?? [];
  if (rows.length === 0 && !search) return null;
  return (
    <Panel title="Log" actions={<input aria-label="Search the log" placeholder="search" className={input} value={search} onChange={(event) => setSearch(event.target.value)} />}>
      <Code label="Log">{rows.map((line) => `${clock(line.createdAt)} ${line.level ?? "INFO"} ${line.message}`).join("\n")}</Code>
    </Panel>
  );
}

function Events({ events }: { events: Schema["TaskEvent"][] }) {
  return (
    <Panel title="What happened">
      <Table
        label="What happened"
        rows={events}
        id={(event) => String(event.id)}
        columns={[
          { head: "When", cell: (event) => clock(event.timestamp) },
          { head: "What", cell: (event) => event.eventType.toLowerCase().replaceAll("_", " ") },
          { head: "Task", cell: (event) => event.taskDisplayName ?? "" },
          { head: "Message", wide: true, cell: (event) => event.message || (event.errorMessage ?? "").split("\n")[0] },
        ]}
      />
    </Panel>
  );
}

type AgainProps = { details: Details; open: boolean; onClose: () => void };
function Again({ details, open, onClose }: AgainProps) {
  const first = (details.run.input as { input?: unknown }).input ?? details.run.input;
  const [text, setText] = useState(() => pretty(first));
  const [parsed, setParsed] = useState<Record<string, unknown> | null>(first as Record<string, unknown>);
  const navigate = useNavigate();
  const start = useChange(async () => {
    const made = await read(
      api.POST("/api/v1/stable/tenants/{tenant}/workflow-runs/trigger", {
        params: { path: path() },
        body: { workflowName: details.tasks[0]?.workflowName ?? "", input: parsed ?? {} },
      }),
    );
    onClose();
    await navigate({ to: "/runs/$run", params: { run: made.run.metadata.id } });
  });
  return (
    <Dialog title="Run again" open={open} onClose={onClose}>
      <JsonArea
        label="Input"
        value={text}
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
      <Button tone="strong" className="mt-3" disabled={parsed === null || start.isPending} onClick={() => start.mutate(undefined)}>
        Run
      </Button>
    </Dialog>
  );
}
