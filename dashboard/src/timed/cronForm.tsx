/** A cron to make or to change. */
import { useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { ALL_WORKFLOWS } from "../api/lists";
import { ChoiceRow, Form, JsonRow, parsed, problemOf, TextRow } from "../pieces/form";
import { InputFields, useRunInput } from "../schema/input";
import { path, useVersion, useWorkflowOptions } from "../workflow/data";
import { ExpressionRows, ownZone } from "./expression";

type Cron = Schema["Cron"];
const MISSED = [["skip", "are skipped"], ["one", "fire once, late"], ["all", "fire all, late"]] as const;
const OVERLAP = [["allow", "starts beside it"], ["skip", "is skipped"], ["queue", "waits for its end"], ["cancel", "cancels it"]] as const;
const PRIORITIES = [["", "the workflow's own"], ["1", "1 – low"], ["2", "2 – middle"], ["3", "3 – high"]] as const;
const FIELDS = ["cronName", "cronExpression", "timezone", "jitter", "input", "additionalMetadata", "priority"];

export function CronForm({ cron, workflow: given = "", onDone }: { cron?: Cron; workflow?: string; onDone: () => void }) {
  const [workflow, setWorkflow] = useState(cron?.workflowName ?? given);
  const options = useWorkflowOptions(["", "choose"], "name");
  const known = useLive(...ALL_WORKFLOWS);
  const id = known.data?.rows.find((row) => row.name === workflow)?.metadata.id ?? "";
  const version = useVersion(id);
  // No field is shown that would be made anew, and lose what was typed.
  const waits = workflow !== "" && (known.isPending || (id !== "" && version.data?.workflowId !== id));
  return (
    <div className="grid gap-3">
      {!cron && !given && <ChoiceRow label="Workflow" value={workflow} onChange={setWorkflow} options={options} />}
      {waits ? <p role="status" className="text-soft">Loading…</p> : <Fields key={id} cron={cron} workflow={workflow} schema={version.data?.inputJsonSchema} onDone={onDone} />}
    </div>
  );
}

function Fields({ cron, workflow, schema, onDone }: { cron?: Cron; workflow: string; schema: unknown; onDone: () => void }) {
  const fixed = cron?.method === "DEFAULT";
  const input = useRunInput(schema, cron?.input);
  const [name, setName] = useState(cron?.name ?? "");
  const [expression, setExpression] = useState(cron?.cron ?? "");
  const [zone, setZone] = useState(cron ? cron.timezone || "UTC" : ownZone);
  const [missed, setMissed] = useState(cron?.missed ?? "skip");
  const [overlap, setOverlap] = useState(cron?.overlap ?? "allow");
  const [jitter, setJitter] = useState(String(cron?.jitter ?? 0));
  const [priority, setPriority] = useState(String(cron?.priority ?? ""));
  const [metadata, setMetadata] = useState(() => (Object.keys(cron?.additionalMetadata ?? {}).length ? JSON.stringify(cron?.additionalMetadata) : ""));
  const send = useChange(async () => {
    const policies = { missed: missed as "skip", overlap: overlap as "allow", jitter: Number(jitter) || 0, priority: priority ? Number(priority) : cron ? 0 : undefined };
    const additionalMetadata = (parsed(metadata).value ?? {}) as Record<string, unknown>;
    const times = { cronName: name, cronExpression: expression, timezone: zone === "UTC" ? "" : zone, input: input.value ?? {} };
    if (cron) {
      const body = { ...(fixed ? {} : times), ...policies, additionalMetadata };
      await read(api.PATCH("/api/v1/tenants/{tenant}/workflows/crons/{cron}", { params: { path: { ...path(), cron: cron.metadata.id } }, body }));
    } else {
      const body = { ...times, ...policies, additionalMetadata, priority: priority ? Number(priority) : undefined };
      await read(api.POST("/api/v1/tenants/{tenant}/workflows/{workflow}/crons", { params: { path: { ...path(), workflow } }, body }));
    }
    onDone();
  });
  const ready = workflow !== "" && expression !== "" && (fixed || name !== "") && input.value !== null && !parsed(metadata).problem;
  return (
    <Form sent={send} action={cron ? "Keep the changes" : "Make it"} ready={ready} known={FIELDS} onSubmit={() => (fixed || input.check()) && send.mutate(undefined)}>
      {fixed ? (
        <p className="text-soft col-span-full">
          The workflow declares <code>{cron.cron}</code>: expression, zone and input are changed there.
        </p>
      ) : (
        <>
          <TextRow wide label="Name" value={name} onChange={setName} problem={problemOf(send.error, "cronName")} />
          <ExpressionRows expression={expression} timezone={zone} onExpression={setExpression} onZone={setZone} problem={problemOf(send.error, "cronExpression")} zoneProblem={problemOf(send.error, "timezone")} />
          <InputFields of={input} />
        </>
      )}
      <ChoiceRow label="Times missed while no server ran" value={missed} onChange={setMissed} options={MISSED} />
      <ChoiceRow label="A time while the last run goes on" value={overlap} onChange={setOverlap} options={OVERLAP} />
      <TextRow label="Jitter" type="number" min={0} max={86400} value={jitter} onChange={setJitter} hint="Seconds by which it may be late, so that not all start at once." problem={problemOf(send.error, "jitter")} />
      <ChoiceRow label="Priority" value={priority} onChange={setPriority} options={PRIORITIES} problem={problemOf(send.error, "priority")} />
      <details className="col-span-full" open={metadata !== ""}>
        <summary className="cursor-pointer text-soft">Metadata</summary>
        <div className="mt-2">
          <JsonRow label="Metadata" rows={3} value={metadata} onChange={setMetadata} problem={problemOf(send.error, "additionalMetadata")} />
        </div>
      </details>
    </Form>
  );
}
