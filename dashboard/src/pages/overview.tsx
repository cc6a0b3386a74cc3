/** What happens: throughput, errors, latencies, what waits and why, workers, failures. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { FileCode, X } from "lucide-react";
import { useLive } from "../api/client";
import { useWorkflows } from "../api/lists";
import type { OverviewFilters } from "../filters";
import { Waiting as WaitingReasons } from "../flow/waiting";
import { Charts } from "../overview/figures";
import { Failures } from "../overview/failures";
import { figuresOf, HOURS } from "../overview/questions";
import { Tiles } from "../overview/tiles";
import { Waiting } from "../overview/waiting";
import { Workers } from "../overview/workers";
import { ByWorkflow } from "../overview/workflows";
import { TimeRange } from "../time/range";
import { Button, Chooser, IconButton, Loaded, Page } from "../ui";

export { Slots } from "../kit/meter";

export function Overview() {
  const filters: OverviewFilters = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (change: Partial<OverviewFilters>) => void navigate({ to: "/", search: { ...filters, ...change } });
  const workflows = useWorkflows();
  const chosen = workflows.find((workflow) => workflow.metadata.id === filters.workflow);
  const figures = useLive(...figuresOf(filters));
  const time = { hours: filters.hours ?? HOURS, from: filters.from, to: filters.to };
  const search = filters.from ? { from: filters.from, to: filters.to, workflow: filters.workflow } : { hours: time.hours, workflow: filters.workflow };
  return (
    <Page
      title="Overview"
      actions={
        <>
          <Chooser
            label="Workflow"
            chosen={filters.workflow ? [filters.workflow] : []}
            options={workflows.map((workflow) => [workflow.metadata.id, workflow.name] as const)}
            onChoose={(id) => set({ workflow: id === filters.workflow ? undefined : id })}
            trigger={
              <Button>
                <FileCode aria-hidden="true" size={15} className="text-soft" />
                {chosen?.name ?? "All workflows"}
              </Button>
            }
          />
          {filters.workflow && (
            <IconButton label="All workflows again" onClick={() => set({ workflow: undefined })}>
              <X aria-hidden="true" size={15} />
            </IconButton>
          )}
          <TimeRange time={filters} hours={HOURS} onChange={set} />
        </>
      }
    >
      <Loaded of={figures}>
        {({ found, from, to }) => (
          <>
            <Tiles figures={found} seconds={to - from} search={search} />
            {found.isSampled && <p className="mb-3 text-xs text-soft">So many tasks ended that these figures are scaled up from a part of them.</p>}
            <Charts
              figures={found}
              from={from}
              to={to}
              onZoom={(begin, end) => set({ hours: undefined, from: new Date(begin * 1000).toISOString(), to: new Date(end * 1000).toISOString() })}
            />
            <ByWorkflow rows={found.workflows} search={search} />
          </>
        )}
      </Loaded>
      <div className="grid gap-x-4 lg:grid-cols-2">
        <Waiting />
        <WaitingReasons />
        <Workers />
      </div>
      <Failures filters={filters} />
    </Page>
  );
}
