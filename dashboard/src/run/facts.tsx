/** What a run is, in a line: how it stands, when, how long, what started it. */
import { Link } from "@tanstack/react-router";
import { CalendarClock, CornerDownRight, Webhook, Zap } from "lucide-react";
import type { ReactNode } from "react";
import type { Schema } from "../api/client";
import { between } from "../format";
import { userMetadata } from "../runs/columns";
import { Ago, Copy, Status, useTick } from "../ui";

type Details = Schema["WorkflowRunDetails"];
const text = (value: unknown) => (typeof value === "string" ? value : "");
const link = "text-accent hover:underline";

export function Facts({ details, isOver }: { details: Details; isOver: boolean }) {
  const { run, tasks } = details;
  useTick(isOver ? 0 : 1000);
  return (
    <>
      <dl className="mb-4 flex flex-wrap items-start gap-x-8 gap-y-3">
        <Fact name="Status">
          <Status value={run.status} pill />
        </Fact>
        <Fact name="Started">
          <Ago at={run.createdAt} />
        </Fact>
        <Fact name="Took">
          <span className="tabular-nums">{run.startedAt ? between(run.startedAt, run.finishedAt) : "–"}</span>
        </Fact>
        <Fact name="Workflow">
          <Link to="/workflows/$workflow" params={{ workflow: run.workflowId }} className={link}>
            {tasks[0]?.workflowName ?? run.workflowId.slice(-6)}
          </Link>
        </Fact>
        <Fact name="Started by">
          <Trigger run={run} task={tasks[0]} />
        </Fact>
        <Fact name="Id">
          <span className="inline-flex items-center font-mono text-xs">
            <span className="max-w-[60vw] truncate">{run.metadata.id}</span>
            <Copy text={run.metadata.id} label="Copy the id" />
          </span>
        </Fact>
      </dl>
      <Pairs run={run} />
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="text-xs text-soft">{name}</dt>
    <dd className="mt-0.5 flex min-h-6 items-center">{children}</dd>
  </div>
);

/** What started a run, with the way to it. */
function Trigger({ run, task }: { run: Details["run"]; task: Schema["TaskSummary"] | undefined }) {
  const told = run.additionalMetadata ?? {};
  const parent = run.parentTaskExternalId || task?.parentTaskExternalId || text(told.hatchet__parent_step_run_id);
  const parentRun = text(told.hatchet__parent_workflow_run_id);
  if (parent) {
    return (
      <Link to="/runs/$run" params={{ run: parentRun || parent }} search={{ task: parent }} className={`inline-flex items-center gap-1 ${link}`}>
        <CornerDownRight aria-hidden="true" size={14} />a task
      </Link>
    );
  }
  if (text(told.hatchet__webhook) || text(told.hatchet__event_id)) {
    const isWebhook = Boolean(text(told.hatchet__webhook));
    return (
      <span className="inline-flex flex-wrap items-center gap-1">
        {isWebhook ? <Webhook aria-hidden="true" size={14} /> : <Zap aria-hidden="true" size={14} />}
        <Link to="/events" className={link}>
          {isWebhook ? `webhook ${text(told.hatchet__webhook)}` : `event ${text(told.hatchet__event_key)}`}
        </Link>
        {text(told.hatchet__event_id) && (
          <Link to="/runs" search={{ event: text(told.hatchet__event_id), hours: 720 }} className="text-soft hover:underline">
            (all its runs)
          </Link>
        )}
      </span>
    );
  }
  if (text(told.hatchet__cron_expression)) {
    return (
      <span className="inline-flex flex-wrap items-center gap-1">
        <CalendarClock aria-hidden="true" size={14} />
        <Link to="/timed" className={link}>
          cron {text(told.hatchet__cron_name) || text(told.hatchet__cron_expression)}
        </Link>
        {text(told.hatchet__cron_name) && (
          <Link to="/runs" search={{ cron: text(told.hatchet__cron_name), hours: 720 }} className="text-soft hover:underline">
            (all its runs)
          </Link>
        )}
      </span>
    );
  }
  if (run.scheduleExternalId) {
    return (
      <Link to="/timed" search={{ tab: "schedules", workflow: run.workflowId } as never} className={`inline-flex items-center gap-1 ${link}`}>
        <CalendarClock aria-hidden="true" size={14} />a schedule
      </Link>
    );
  }
  return <>a program or a person</>;
}

/** Metadata; each pair leads to the runs that have it too. */
function Pairs({ run }: { run: Details["run"] }) {
  const pairs = userMetadata(run);
  if (pairs.length === 0) return null;
  return (
    <ul aria-label="Metadata" className="mb-4 flex flex-wrap gap-2">
      {pairs.map(([key, value]) => {
        const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
        return (
          <li key={key} className="max-w-full">
            <Link
              to="/runs"
              search={{ metadata: [`${key}:${shown}`], hours: 720 }}
              title="Runs that have it too"
              className="block truncate rounded-md border border-line bg-sunk px-2 py-0.5 font-mono text-xs hover:border-accent"
            >
              <span className="text-soft">{key}</span> {shown}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
