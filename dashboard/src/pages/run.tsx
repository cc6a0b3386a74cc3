/** One run: its tasks as a graph and over time, what each gave, and what can be done with it. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Ban, Play, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { useRunStream } from "../api/live";
import type { RunView } from "../filters";
import { HoldRun } from "../flow/hold";
import { Facts } from "../run/facts";
import { OneTask } from "../run/task";
import { isEnded } from "../run/tree";
import { Waterfall } from "../run/waterfall";
import { change as changeRuns, type What } from "../runs/change";
import { userMetadata } from "../runs/columns";
import { ownInput, Start } from "../runs/start";
import { useKeys } from "../shell/keys";
import { Spans } from "../spans";
import { Button, Loaded, Page, Panel, Problem, Skeleton } from "../ui";

const Graph = lazy(() => import("../graph"));

export function Run() {
  const { run } = useParams({ from: "/runs/$run" });
  const details = useLive(["run", run], () => read(api.GET("/api/v1/stable/workflow-runs/{run}", { params: { path: { run } } })), 1000);
  const [again, setAgain] = useState(false);
  const change = useChange((what: What) => changeRuns(what, [details.data?.run.metadata.id ?? run]));
  const found = details.data;
  const isOver = found !== undefined && isEnded(found.run.status);
  useRunStream(run, found !== undefined && !isOver);
  useKeys(isOver ? { r: () => change.mutate("replay") } : {});
  return (
    <Page
      title={found ? found.run.displayName.replace(/-\d{10,}$/, "") : run}
      above={
        <nav aria-label="Where this is" className="mb-1 text-soft">
          <Link to="/runs" className="hover:text-text hover:underline">
            All runs
          </Link>
        </nav>
      }
      actions={
        <>
          <Button onClick={() => setAgain(true)} disabled={!found}>
            <Play aria-hidden="true" size={14} />
            Run again with another input
          </Button>
          <Button onClick={() => change.mutate("replay")} disabled={!isOver || change.isPending}>
            <RotateCcw aria-hidden="true" size={14} />
            Replay
          </Button>
          <HoldRun run={run} paused={found?.run.isPaused ?? false} over={!found || isOver} />
          <Button tone="danger" onClick={() => change.mutate("cancel")} disabled={!found || isOver || change.isPending}>
            <Ban aria-hidden="true" size={14} />
            Cancel
          </Button>
        </>
      }
    >
      <Problem error={change.error} />
      <Loaded of={details}>{(it) => <Body details={it} isOver={isEnded(it.run.status)} />}</Loaded>
      {found && again && (
        <Start
          title="Run again"
          isFixed
          given={{ workflow: found.tasks[0]?.workflowName ?? "", input: ownInput(found.run.input), metadata: Object.fromEntries(userMetadata(found.run)) }}
          onClose={() => setAgain(false)}
        />
      )}
    </Page>
  );
}

function Body({ details, isOver }: { details: Schema["WorkflowRunDetails"]; isOver: boolean }) {
  const { run, tasks } = details;
  const view = useSearch({ from: "/runs/$run" });
  const navigate = useNavigate();
  const set = (change: Partial<RunView>) => void navigate({ to: "/runs/$run", params: { run: run.metadata.id }, search: { ...view, ...change }, replace: true });
  const task = tasks.find((each) => each.taskExternalId === view.task) ?? tasks.find((each) => each.status === "FAILED") ?? tasks[0];
  const choose = (id: string) => set({ task: id, attempt: undefined, compare: undefined });
  return (
    <>
      <Facts details={details} isOver={isOver} />
      {details.shape.length > 1 && (
        <Panel title="Tasks" flush>
          <Suspense fallback={<Skeleton rows={5} />}>
            <Graph shape={details.shape} tasks={tasks} chosen={task?.taskExternalId ?? ""} onChoose={choose} />
          </Suspense>
        </Panel>
      )}
      <Waterfall details={details} chosen={task?.taskExternalId ?? ""} onChoose={choose} />
      <Spans run={run.metadata.id} over={isOver} />
      {task && <OneTask key={task.taskExternalId} details={details} task={task} view={view} set={set} />}
    </>
  );
}
