/** One event: its payload, its metadata, the runs that it started. */
import { Link } from "@tanstack/react-router";
import { api, read, useLive } from "../api/client";
import { ago, clock, pretty } from "../format";
import { CopyButton, Facts, linked } from "../pieces/view";
import { Code, Dialog, Loaded, Status } from "../ui";
import { path } from "../workflow/data";

export function EventDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const event = useLive(["event", id], () => read(api.GET("/api/v1/stable/tenants/{tenant}/events/{event}", { params: { path: { ...path(), event: id } } })), 2000, id !== "");
  const query = { since: new Date(0).toISOString(), only_tasks: false, triggering_event_external_id: id, limit: 100, include_payloads: false };
  const runs = useLive(["event-runs", id], () => read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: path(), query } })), 2000, id !== "");
  return (
    <Dialog title={event.data?.key ?? "Event"} open={id !== ""} onClose={onClose}>
      <Loaded of={event}>
        {(it) => (
          <div className="grid gap-4">
            <Facts
              of={[
                ["Came", `${clock(it.seenAt)}, ${ago(it.seenAt)}`],
                ["Id", <span key="id" className="flex flex-wrap items-center gap-2"><code className="break-all">{it.metadata.id}</code><CopyButton text={it.metadata.id} label="Copy the id" /></span>],
                ["Scope", it.scope || "–"],
                ...(it.problem ? [["Problem", <span key="problem" className="text-bad">{it.problem}</span>] as const] : []),
              ]}
            />
            <section>
              <h3 className="mb-1 text-soft">Payload</h3>
              <Code label="Payload">{pretty(it.payload)}</Code>
            </section>
            {Object.keys(it.additionalMetadata).length > 0 && (
              <section>
                <h3 className="mb-1 text-soft">Metadata</h3>
                <Code label="Metadata">{pretty(it.additionalMetadata)}</Code>
              </section>
            )}
            <section>
              <h3 className="mb-1 text-soft">Runs that it started</h3>
              {(runs.data?.rows ?? []).length === 0 && <p>{it.triggeredRuns.length ? "Loading…" : "None: no workflow waits for this key, or its filters let it go."}</p>}
              <ul className="grid gap-1">
                {(runs.data?.rows ?? []).map((run) => (
                  <li key={run.metadata.id} className="flex gap-3">
                    <Link to="/runs/$run" params={{ run: run.metadata.id }} className={linked}>
                      {run.displayName}
                    </Link>
                    <Status value={run.status} />
                  </li>
                ))}
              </ul>
            </section>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
