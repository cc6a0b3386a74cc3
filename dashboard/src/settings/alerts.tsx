/** Alerts: where messages go, the rules, and what has fired. */
import { type FormEvent, useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { Button, Field, input, Loaded, Panel, Table } from "../ui";
import { AlertChannels } from "./channels";
import { AlertHistory } from "./history";

type Rule = Schema["AlertRule"];
type Kind = Rule["kind"];

const path = () => ({ tenant: tenant() });

/** What each kind looks at, what its threshold counts, and a value to begin with. */
const KINDS: Record<Kind, { name: string; unit: string; start: number; window?: boolean }> = {
  FAILURES: { name: "Failed runs", unit: "runs", start: 5, window: true },
  FAILURE_RATE: { name: "Rate of failed runs", unit: "percent", start: 20, window: true },
  QUEUE_AGE: { name: "A task waits for too long", unit: "seconds", start: 300 },
  NO_WORKERS: { name: "No worker for waiting tasks", unit: "seconds", start: 60 },
  FEW_WORKERS: { name: "Fewer workers than", unit: "workers", start: 1 },
  TOKEN_EXPIRY: { name: "An API token expires within", unit: "days", start: 7 },
};
const STATES: Record<Rule["state"], string> = { OK: "text-good", PENDING: "text-wait", FIRING: "text-bad" };

function words(rule: Rule): string {
  const { name, unit, window } = KINDS[rule.kind];
  const within = window ? ` within ${rule.windowSeconds / 60} min` : "";
  return `${name}: ${rule.threshold} ${unit}${within}${rule.workflow ? `, ${rule.workflow} only` : ""}`;
}

export function Alerts() {
  const channels = useLive(
    ["alert-channels"],
    () => read(api.GET("/api/v1/stable/tenants/{tenant}/alert-channels", { params: { path: path() } })),
    10_000,
  );
  const rules = useLive(["alert-rules"], () => read(api.GET("/api/v1/stable/tenants/{tenant}/alert-rules", { params: { path: path() } })), 5000);
  const change = useChange(({ rule, enabled }: { rule: string; enabled: boolean }) =>
    read(api.PATCH("/api/v1/stable/tenants/{tenant}/alert-rules/{rule}", { params: { path: { ...path(), rule } }, body: { enabled } })),
  );
  const drop = useChange((rule: string) =>
    read(api.DELETE("/api/v1/stable/tenants/{tenant}/alert-rules/{rule}", { params: { path: { ...path(), rule } } })),
  );
  const known = channels.data?.rows ?? [];
  const problem = change.error ?? drop.error;
  return (
    <>
      <AlertChannels channels={channels} />
      <Panel title="Alert rules">
        <NewRule channels={known} />
        {problem && (
          <p role="alert" className="mb-2 text-bad">
            {problem.message}
          </p>
        )}
        <Loaded of={rules}>
          {({ rows }) =>
            rows.length === 0 ? (
              <p className="py-3 text-center text-soft">No rule yet: nobody is told when something goes wrong.</p>
            ) : (
              <Table
                label="Alert rules"
                rows={rows}
                id={(row) => row.metadata.id}
                columns={[
                  { head: "Rule", cell: (row) => row.name },
                  { head: "When", cell: words },
                  {
                    head: "Tells",
                    cell: (row) => row.channelIds.map((id) => known.find((each) => each.metadata.id === id)?.name ?? "?").join(", ") || "nobody",
                  },
                  {
                    head: "State",
                    cell: (row) => <span className={row.enabled ? STATES[row.state] : "text-soft"}>{row.enabled ? row.state.toLowerCase() : "off"}</span>,
                  },
                  {
                    head: "Actions",
                    cell: (row) => (
                      <span className="flex gap-2">
                        <Button
                          aria-label={`Switch ${row.enabled ? "off" : "on"} the rule ${row.name}`}
                          onClick={() => change.mutate({ rule: row.metadata.id, enabled: !row.enabled })}
                        >
                          {row.enabled ? "Switch off" : "Switch on"}
                        </Button>
                        <Button tone="danger" aria-label={`Delete the rule ${row.name}`} onClick={() => drop.mutate(row.metadata.id)}>
                          Delete
                        </Button>
                      </span>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
      <AlertHistory />
    </>
  );
}

function NewRule({ channels }: { channels: Schema["AlertChannel"][] }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("FAILURES");
  const [threshold, setThreshold] = useState(String(KINDS.FAILURES.start));
  const [minutes, setMinutes] = useState("5");
  const [workflow, setWorkflow] = useState("");
  const [told, setTold] = useState<string[]>([]);
  const make = useChange(async () => {
    const windowSeconds = Number(minutes) * 60;
    const body = { name, kind, threshold: Number(threshold), windowSeconds, workflow: kind === "TOKEN_EXPIRY" ? "" : workflow, channelIds: told };
    await read(
      api.POST("/api/v1/stable/tenants/{tenant}/alert-rules", {
        params: { path: path() },
        body: { ...body, minimumRuns: 10, holdSeconds: 0, repeatSeconds: 3600, enabled: true },
      }),
    );
    setName("");
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(undefined);
  };
  return (
    <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={submit}>
      <Field label="Name of a new rule">
        <input className={input} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field label="It holds when">
        <select
          className={input}
          value={kind}
          onChange={(event) => {
            const chosen = event.target.value as Kind;
            setKind(chosen);
            setThreshold(String(KINDS[chosen].start));
          }}
        >
          {Object.entries(KINDS).map(([value, { name: text }]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </Field>
      <Field label={`Threshold (${KINDS[kind].unit})`}>
        <input className={`${input} w-28`} type="number" min="0" step="any" value={threshold} onChange={(event) => setThreshold(event.target.value)} />
      </Field>
      {KINDS[kind].window && (
        <Field label="Within (minutes)">
          <input className={`${input} w-28`} type="number" min="0.2" step="any" value={minutes} onChange={(event) => setMinutes(event.target.value)} />
        </Field>
      )}
      {kind !== "TOKEN_EXPIRY" && (
        <Field label="Workflow (empty: all)">
          <input className={input} value={workflow} onChange={(event) => setWorkflow(event.target.value)} />
        </Field>
      )}
      {channels.length > 0 && (
        <fieldset className="flex flex-wrap items-center gap-3">
          <legend className="mb-1 text-soft">Tells</legend>
          {channels.map(({ name: text, metadata: { id } }) => (
            <label key={id} className="flex items-center gap-1">
              <input
                type="checkbox"
                checked={told.includes(id)}
                onChange={(event) => setTold(event.target.checked ? [...told, id] : told.filter((each) => each !== id))}
              />
              {text}
            </label>
          ))}
        </fieldset>
      )}
      <Button type="submit" tone="strong" disabled={!name || !threshold || make.isPending}>
        Add the rule
      </Button>
      {make.error && (
        <p role="alert" className="w-full text-bad">
          {make.error.message}
        </p>
      )}
    </form>
  );
}
