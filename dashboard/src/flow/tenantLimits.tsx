/** What the tenant may have at once: queued tasks, running tasks, starts a second. */
import { useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { Button, Field, input, Loaded, Panel } from "../ui";

type Limits = Schema["TenantLimits"];
const path = () => ({ tenant: tenant() });

export function TenantLimits() {
  // Not in the form, which is made anew from what it set, and would forget that it did.
  const save = useSave();
  const limits = useLive(["tenant-limits"], () => read(api.GET("/api/v1/tenants/{tenant}/limits", { params: { path: path() } })), 10_000);
  return (
    <Panel title="Limits of this tenant">
      <Loaded of={limits}>{(found) => <Form key={JSON.stringify(found)} found={found} save={save} />}</Loaded>
    </Panel>
  );
}

const text = (value?: number | null) => (value ? String(value) : "");
const amount = (value: string) => (value.trim() ? Number(value) : null);

const useSave = () => useChange((body: Limits) => read(api.PUT("/api/v1/tenants/{tenant}/limits", { params: { path: path() }, body })));

function Form({ found, save }: { found: Limits; save: ReturnType<typeof useSave> }) {
  const [queued, setQueued] = useState(text(found.maxQueued));
  const [whenFull, setWhenFull] = useState(found.whenFull ?? "REJECT");
  const [running, setRunning] = useState(text(found.maxRunning));
  const [pace, setPace] = useState(text(found.pace));
  return (
    <form
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ maxQueued: amount(queued), whenFull, maxRunning: amount(running), pace: amount(pace) });
      }}
    >
      <Field label="Queued tasks at most">
        <input type="number" min={1} placeholder="any number" className={input} value={queued} onChange={(event) => setQueued(event.target.value)} />
      </Field>
      <Field label="When full, a new run">
        <select className={input} value={whenFull} onChange={(event) => setWhenFull(event.target.value as "REJECT")}>
          <option value="REJECT">is refused</option>
          <option value="DROP_OLDEST">replaces the oldest</option>
        </select>
      </Field>
      <Field label="Running tasks at most">
        <input type="number" min={1} placeholder="any number" className={input} value={running} onChange={(event) => setRunning(event.target.value)} />
      </Field>
      <Field label="Starts a second at most">
        <input type="number" min={0.001} step="any" placeholder="any number" className={input} value={pace} onChange={(event) => setPace(event.target.value)} />
      </Field>
      <Button type="submit" tone="strong" disabled={save.isPending}>
        Set limits
      </Button>
      {save.isSuccess && <span role="status">They are set.</span>}
      {save.error && (
        <p role="alert" className="text-bad">
          {save.error.message}
        </p>
      )}
    </form>
  );
}
