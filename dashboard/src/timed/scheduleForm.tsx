/** A run to schedule. */
import { useState } from "react";
import { api, read, useChange } from "../api/client";
import { useWorkflows } from "../api/lists";
import { ChoiceRow, Form, JsonRow, parsed, problemOf, Row } from "../pieces/form";
import { localTime } from "../schema/fields";
import { InputFields, useRunInput } from "../schema/input";
import { Button, input as field } from "../ui";
import { path, useVersion, useWorkflowOptions } from "../workflow/data";
import { ownZone } from "./expression";

const PRIORITIES = [["", "the workflow's own"], ["1", "1 – low"], ["2", "2 – middle"], ["3", "3 – high"]] as const;
const SOON = [["+1 min", 1], ["+15 min", 15], ["+1 h", 60], ["+1 day", 1440]] as const;

export function ScheduleForm({ onDone }: { onDone: () => void }) {
  const [workflow, setWorkflow] = useState("");
  const options = useWorkflowOptions(["", "choose"], "name");
  const id = useWorkflows().find((row) => row.name === workflow)?.metadata.id ?? "";
  const version = useVersion(id);
  return (
    <div className="grid gap-3">
      <ChoiceRow label="Workflow" value={workflow} onChange={setWorkflow} options={options} />
      {id !== "" && version.data?.workflowId !== id ? <p role="status" className="text-soft">Loading…</p> : <Fields key={id} workflow={workflow} schema={version.data?.inputJsonSchema} onDone={onDone} />}
    </div>
  );
}

function Fields({ workflow, schema, onDone }: { workflow: string; schema: unknown; onDone: () => void }) {
  const input = useRunInput(schema);
  const [at, setAt] = useState("");
  const [priority, setPriority] = useState("");
  const [metadata, setMetadata] = useState("");
  const send = useChange(async () => {
    const body = { triggerAt: new Date(at).toISOString(), input: input.value ?? {}, additionalMetadata: (parsed(metadata).value ?? {}) as Record<string, unknown>, priority: priority ? Number(priority) : undefined };
    await read(api.POST("/api/v1/tenants/{tenant}/workflows/{workflow}/scheduled", { params: { path: { ...path(), workflow } }, body }));
    onDone();
  });
  const ready = workflow !== "" && at !== "" && input.value !== null && !parsed(metadata).problem;
  return (
    <Form sent={send} action="Make it" ready={ready} known={["triggerAt", "priority"]} onSubmit={() => input.check() && send.mutate(undefined)}>
      <AtRow value={at} onChange={setAt} problem={problemOf(send.error, "triggerAt")} />
      <InputFields of={input} />
      <ChoiceRow label="Priority" value={priority} onChange={setPriority} options={PRIORITIES} problem={problemOf(send.error, "priority")} />
      <JsonRow label="Metadata (optional)" rows={1} value={metadata} onChange={setMetadata} />
    </Form>
  );
}

export function AtRow({ value, onChange, problem }: { value: string; onChange: (value: string) => void; problem?: string }) {
  return (
    <Row label="At" wide hint={`By this browser's clock (${ownZone}).`} problem={problem}>
      {(props) => (
        <span className="flex flex-wrap gap-2">
          <input {...props} type="datetime-local" className={field} value={value} onChange={(event) => onChange(event.target.value)} />
          {SOON.map(([text, minutes]) => (
            <Button key={text} onClick={() => onChange(localTime(new Date(Date.now() + minutes * 60_000).toISOString()))}>
              {text}
            </Button>
          ))}
        </span>
      )}
    </Row>
  );
}
