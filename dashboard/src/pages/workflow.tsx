/** One workflow: how it fares, its graph, its versions, starting it, its times, its settings. */
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, read, useLive } from "../api/client";
import { CustomMetrics } from "../customMetrics";
import { Queues } from "../flow/queues";
import { useAddress } from "../pieces/address";
import { linked, Nothing, Views } from "../pieces/view";
import { CronTable } from "../timed/cronTable";
import { ScheduleTable } from "../timed/scheduleTable";
import { Button, Loaded, Page, Panel, Status } from "../ui";
import { definitionOf, useVersion } from "../workflow/data";
import { WorkflowOverview } from "../workflow/overview";
import { PauseDialog } from "../workflow/pauseDialog";
import { WorkflowSettings } from "../workflow/settings";

const Start = lazy(() => import("../workflow/start"));
const Versions = lazy(() => import("../workflow/versions"));
const DefinitionGraph = lazy(() => import("../workflow/graph"));
const VIEWS = [
  ["overview", "Overview"],
  ["start", "Start a run"],
  ["graph", "Graph"],
  ["versions", "Versions"],
  ["timed", "Crons & schedules"],
  ["settings", "Settings"],
] as const;

export function Workflow() {
  const { workflow } = useParams({ strict: false }) as { workflow: string };
  const { get } = useAddress();
  const found = useLive(["workflow", workflow], () => read(api.GET("/api/v1/workflows/{workflow}", { params: { path: { workflow } } })), 5000);
  const version = useVersion(workflow);
  const [pausing, setPausing] = useState(false);
  const view = VIEWS.find(([id]) => id === get("tab"))?.[0] ?? "overview";
  const it = found.data;
  const definition = definitionOf(version.data);
  if (found.error && !it) {
    return (
      <Page title="Workflow">
        <Nothing title="There is no such workflow" action={<Link to="/workflows" className={linked}>All workflows</Link>}>
          {found.error.message}
        </Nothing>
      </Page>
    );
  }
  return (
    <Page
      title={it?.name ?? "Workflow"}
      actions={
        <>
          <Link to="/runs" search={{ workflow } as never} className="rounded border border-line bg-panel px-3 py-1 hover:border-soft">
            Its runs
          </Link>
          <Button disabled={!it} onClick={() => setPausing(true)}>
            {it?.isPaused ? "Resume" : "Pause"}
          </Button>
          <Link to="." search={{ tab: "start" } as never} className="rounded border border-transparent bg-accent px-3 py-1 text-ground hover:opacity-90">
            Run
          </Link>
        </>
      }
    >
      <p className="mb-2 flex flex-wrap gap-x-4 text-soft">
        {it && <Status value={it.isPaused ? "PAUSED" : "ACTIVE"} />}
        {it?.isPaused && <span>crons {it.pausedWorkflowCronRunQueueBehavior === "DROP" ? "are dropped" : "wait"}, schedules {it.pausedWorkflowScheduledRunQueueBehavior === "DROP" ? "are dropped" : "wait"}</span>}
        {it?.description && <span>{it.description}</span>}
      </p>
      <Views label="Views of the workflow" views={VIEWS} chosen={view} />
      <Loaded of={found}>
        {(known) => (
          <Suspense fallback={<p role="status" className="text-soft">Loading…</p>}>
            {view === "overview" && (
              <>
                <WorkflowOverview workflow={known} definition={definition} />
                <Queues workflow={workflow} />
                <CustomMetrics workflow={workflow} />
              </>
            )}
            {view === "start" && version.data?.workflowId === workflow && <Start name={known.name} schema={version.data.inputJsonSchema} paused={known.isPaused ?? false} />}
            {view === "graph" && definition && <DefinitionGraph definition={definition} />}
            {view === "versions" && <Versions workflow={workflow} versions={known.versions ?? []} />}
            {view === "timed" && (
              <>
                <Panel title="Crons">
                  <CronTable workflow={known} />
                </Panel>
                <Panel title="Schedules">
                  <ScheduleTable workflow={known.metadata.id} />
                </Panel>
              </>
            )}
            {view === "settings" && definition && version.data && <WorkflowSettings workflow={known} definition={definition} schema={version.data.inputJsonSchema} />}
          </Suspense>
        )}
      </Loaded>
      {it && <PauseDialog workflow={it} open={pausing} onClose={() => setPausing(false)} />}
    </Page>
  );
}
