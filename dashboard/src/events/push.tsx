/** An event to push. */
import { useState } from "react";
import { api, read, useChange } from "../api/client";
import { ChoiceRow, Form, JsonRow, parsed, problemOf, TextRow } from "../pieces/form";
import { path } from "../workflow/data";

export function Push({ keys, onDone }: { keys: string[]; onDone: () => void }) {
  const [key, setKey] = useState("");
  const [scope, setScope] = useState("");
  const [priority, setPriority] = useState("");
  const [payload, setPayload] = useState("{}");
  const [metadata, setMetadata] = useState("");
  const push = useChange(async () => {
    const body = { key, data: (parsed(payload).value ?? {}) as Record<string, unknown>, additionalMetadata: parsed(metadata).value as Record<string, unknown> | undefined, scope: scope || undefined, priority: priority ? Number(priority) : undefined };
    await read(api.POST("/api/v1/tenants/{tenant}/events", { params: { path: path() }, body }));
    onDone();
  });
  const ready = key !== "" && !parsed(payload).problem && !parsed(metadata).problem;
  return (
    <Form sent={push} action="Push" ready={ready} known={["key", "scope", "priority"]} onSubmit={() => push.mutate(undefined)}>
      <TextRow wide label="Key" list={keys} placeholder="order:paid" value={key} onChange={setKey} problem={problemOf(push.error, "key")} />
      <JsonRow label="Payload" rows={6} value={payload} onChange={setPayload} />
      <TextRow label="Scope (optional)" value={scope} onChange={setScope} hint="Picks the filters that look at it." problem={problemOf(push.error, "scope")} />
      <ChoiceRow label="Priority of its runs" value={priority} onChange={setPriority} options={[["", "the workflow's own"], ["1", "1 – low"], ["2", "2 – middle"], ["3", "3 – high"]]} problem={problemOf(push.error, "priority")} />
      <JsonRow label="Metadata (optional)" rows={2} value={metadata} onChange={setMetadata} />
    </Form>
  );
}
