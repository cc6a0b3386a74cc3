/** A filter to make, to change, or only to try. */
import { useEffect, useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { AreaRow, ChoiceRow, Form, JsonRow, parsed, problemOf, TextRow } from "../pieces/form";
import { path, useWorkflowOptions } from "../workflow/data";

export function FilterForm({ filter, workflow: given = "", onDone }: { filter?: Schema["Filter"]; workflow?: string; onDone: () => void }) {
  const options = useWorkflowOptions(["", "choose"]);
  const [workflow, setWorkflow] = useState(filter?.workflowId ?? given);
  const [scope, setScope] = useState(filter?.scope ?? "");
  const [expression, setExpression] = useState(filter?.expression ?? "");
  const [payload, setPayload] = useState(() => (Object.keys(filter?.payload ?? {}).length ? JSON.stringify(filter?.payload, null, 2) : ""));
  const fixed = filter?.isDeclarative ?? false;
  const send = useChange(async () => {
    const body = { expression, scope, payload: (parsed(payload).value ?? {}) as Record<string, unknown> };
    if (filter) await read(api.PATCH("/api/v1/stable/tenants/{tenant}/filters/{filter_id}", { params: { path: { ...path(), filter_id: filter.metadata.id } }, body }));
    else await read(api.POST("/api/v1/stable/tenants/{tenant}/filters", { params: { path: path() }, body: { workflowId: workflow, ...body } }));
    onDone();
  });
  const ready = workflow !== "" && scope !== "" && expression !== "" && !parsed(payload).problem && !fixed;
  return (
    <>
      <Form sent={send} action={fixed ? "The workflow declares it" : filter ? "Keep the changes" : "Make it"} ready={ready} known={["expression", "scope", "workflowId", "payload"]} onSubmit={() => send.mutate(undefined)}>
        <ChoiceRow label="Workflow" value={workflow} onChange={setWorkflow} options={options} disabled={filter !== undefined} problem={problemOf(send.error, "workflowId")} />
        <TextRow label="Scope" value={scope} onChange={setScope} hint="The same as the event's" problem={problemOf(send.error, "scope")} />
        <AreaRow label="Expression" rows={2} placeholder="input.total > payload.least" value={expression} onChange={setExpression} hint="CEL over input (the event's payload), payload (below), additional_metadata, event_key, event_id" problem={problemOf(send.error, "expression")} />
        <JsonRow label="Payload (optional)" rows={2} value={payload} onChange={setPayload} hint="Constants for the expression; the run is given them too." problem={problemOf(send.error, "payload")} />
      </Form>
      <Try expression={expression} payload={payload} />
    </>
  );
}

/** What the expression says of an event, while both are typed. */
function Try({ expression, payload }: { expression: string; payload: string }) {
  const [input, setInput] = useState('{"total": 120}');
  const [metadata, setMetadata] = useState("");
  const [settled, setSettled] = useState({ expression, payload, input, metadata });
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled({ expression, payload, input, metadata }), 250);
    return () => window.clearTimeout(timer);
  }, [expression, payload, input, metadata]);
  const object = (text: string) => parsed(text).value as Record<string, unknown> | undefined;
  const body = { expression: settled.expression, input: object(settled.input) ?? {}, filterPayload: object(settled.payload), additionalMetadata: object(settled.metadata) };
  const reply = useLive(["cel", settled], () => read(api.POST("/api/v1/stable/tenants/{tenant}/cel/debug", { params: { path: path() }, body })), 3600_000, settled.expression !== "");
  const said = settled.expression === "" ? undefined : reply.data;
  return (
    <section aria-label="Try it" className="mt-5 grid gap-3 border-t border-line pt-4">
      <h3 className="font-semibold">Try it</h3>
      <JsonRow label="An event's payload" rows={3} value={input} onChange={setInput} />
      <JsonRow label="Its metadata (optional)" rows={1} value={metadata} onChange={setMetadata} />
      <p role="status" className="min-h-6">
        {said?.status === "SUCCESS" && (said.output ? <span className="font-medium text-good">✓ It starts a run</span> : <span className="font-medium text-soft">⊘ It starts nothing</span>)}
        {said?.status === "ERROR" && <span className="text-bad">{said.error}</span>}
        {!said && <span className="text-soft">Type an expression to see what it says of this event.</span>}
      </p>
    </section>
  );
}
