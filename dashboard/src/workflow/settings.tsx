/** What a workflow's definition asks for, and taking it away. */
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, useChange } from "../api/client";
import { span } from "../format";
import { Confirm } from "../pieces/confirm";
import { CopyButton, Facts, linked } from "../pieces/view";
import { Button, Code, Panel, Table } from "../ui";
import type { Definition, Limit, Rate } from "./data";

type Props = { workflow: Schema["Workflow"]; definition: Definition; schema: unknown };
export function WorkflowSettings({ workflow, definition, schema }: Props) {
  const tasks = definition.on_failure ? [...definition.tasks, definition.on_failure] : definition.tasks;
  const limits: (Limit & { scope: string })[] = [
    ...definition.concurrency.map((each) => ({ ...each, scope: "the workflow" })),
    ...tasks.flatMap((task) => task.concurrency.map((each) => ({ ...each, scope: `task ${task.name}` }))),
  ];
  const rates: (Rate & { scope: string })[] = tasks.flatMap((task) => task.rates.map((each) => ({ ...each, scope: task.name })));
  const { idempotency, queue_limit, debounce } = definition;
  const text = JSON.stringify(definition, null, 2);
  return (
    <>
      <Panel title="Settings" actions={<CopyButton text={text} label="Copy the definition as JSON" />}>
        <Facts
          of={[
            ["Events", codes(definition.events)],
            ["Declared crons", codes(definition.crons)],
            ["Filters", codes(definition.filters.map((each) => `${each.scope}: ${each.expression}`))],
            ["Default priority", String(definition.default_priority)],
            ["Queue order", definition.queue_order === "LIFO" ? "the newest first" : "the oldest first"],
            ["Sticky", definition.sticky === "NONE" ? "no" : definition.sticky.toLowerCase()],
            ["Idempotency", idempotency ? <span key="i"><code>{idempotency.expression}</code>, for {span(idempotency.ttl)}{idempotency.until_end ? " or until the end of the run" : ""}</span> : "–"],
            ["Debounce", debounce ? <span key="d"><code>{debounce.expression}</code>, {span(debounce.delay)} after the last one{debounce.max_wait ? `, ${span(debounce.max_wait)} at most` : ""}</span> : "–"],
            ["Queue limit", queue_limit ? `${queue_limit.max_queued}; beyond it ${queue_limit.drop_oldest ? "the oldest is cancelled" : "new ones are refused"}` : "–"],
            ["Ageing of priority", definition.priority_ageing ? `one step each ${span(definition.priority_ageing)}` : "–"],
            ["Metadata", definition.metadata ? <code key="m">{JSON.stringify(definition.metadata)}</code> : "–"],
            ["These are changed", "in the code: a worker that registers the workflow anew makes a version of it"],
          ]}
        />
      </Panel>
      <Panel title="Concurrency">
        {limits.length === 0 ? (
          <p className="text-soft">No limit: as many run at once as there are slots.</p>
        ) : (
          <Table
            label="Concurrency limits"
            rows={limits}
            id={(row) => row.scope + row.expression + row.name}
            columns={[
              { head: "Counts runs of", cell: (row) => row.scope },
              { head: "By key", wide: true, cell: (row) => <code>{row.expression}</code> },
              { head: "At once", cell: (row) => (row.max_runs_expression ? <code>{row.max_runs_expression}</code> : row.max_runs) },
              { head: "Those above", cell: (row) => row.strategy.toLowerCase().replaceAll("_", " ") },
              { head: "Shared as", cell: (row) => row.name || "–" },
            ]}
          />
        )}
      </Panel>
      <Panel title="Rate limits" actions={<Link to="/limits" className={linked}>Their levels</Link>}>
        {rates.length === 0 ? (
          <p className="text-soft">No rate limit.</p>
        ) : (
          <Table
            label="Rate limits"
            rows={rates}
            id={(row) => row.scope + row.key + row.key_expression}
            columns={[
              { head: "Task", cell: (row) => row.scope },
              { head: "Key", wide: true, cell: (row) => <code>{row.key || row.key_expression}</code> },
              { head: "Units", cell: (row) => <code>{row.units_expression || row.units}</code> },
              { head: "Limit", cell: (row) => (row.limit_expression ? <code>{row.limit_expression}</code> : "as declared") },
              { head: "Window", cell: (row) => (row.limit_expression ? span(row.window) : "as declared") },
            ]}
          />
        )}
      </Panel>
      <Panel title="Input">
        {schema ? <Code label="JSON schema of the input">{JSON.stringify(schema, null, 2)}</Code> : <p className="text-soft">It declares no schema. A Pydantic model or a dataclass as the input's type brings one.</p>}
      </Panel>
      <Delete workflow={workflow} />
    </>
  );
}

const codes = (texts: string[]) => (texts.length ? texts.map((text) => <code key={text} className="block break-all">{text}</code>) : "–");

function Delete({ workflow }: { workflow: Schema["Workflow"] }) {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const drop = useChange(async () => {
    await read(api.DELETE("/api/v1/workflows/{workflow}", { params: { path: { workflow: workflow.metadata.id } } }));
    await navigate({ to: "/workflows" });
  });
  return (
    <Panel title="Delete">
      <p className="mb-3">The workflow goes, with its crons. Its runs stay and go on. A worker that registers it brings it back.</p>
      <Button tone="danger" onClick={() => setOpen(true)}>
        Delete the workflow
      </Button>
      <Confirm title={`Delete ${workflow.name}?`} open={open} onClose={() => setOpen(false)} action="Delete it" typed={workflow.name} change={drop} onConfirm={() => drop.mutate(undefined)}>
        Nothing will start it any more: no call, no event, no cron, no schedule.
      </Confirm>
    </Panel>
  );
}
