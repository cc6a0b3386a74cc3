/** A webhook: its URL, what came to it, and the events that came of that. */
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { ago, clock, count, countRuns } from "../format";
import { CopyButton, Facts, linked, Nothing } from "../pieces/view";
import { Code, Loaded } from "../ui";
import { path } from "../workflow/data";

export const urlOf = (name: string) => `${window.location.origin}/api/v1/stable/tenants/${tenant()}/webhooks/${encodeURIComponent(name)}`;

export function Deliveries({ webhook }: { webhook: Schema["Webhook"] }) {
  const query = { additionalMetadata: [`hatchet__webhook:${webhook.name}`], limit: 20 };
  const events = useLive(["events", "of", webhook.name], () => read(api.GET("/api/v1/stable/tenants/{tenant}/events", { params: { path: path(), query } })), 3000);
  const refused = Object.entries(webhook.refused);
  return (
    <div className="grid gap-4">
      <section>
        <h3 className="mb-1 flex items-center justify-between gap-2">
          Let it send to <CopyButton text={urlOf(webhook.name)} label="Copy the URL" />
        </h3>
        <Code label="The webhook's URL">{urlOf(webhook.name)}</Code>
      </section>
      <Facts
        of={[
          ["Event key", <code key="key">{webhook.eventKeyExpression}</code>],
          ["Scope", webhook.scopeExpression ? <code key="scope">{webhook.scopeExpression}</code> : "–"],
          ["Answer", webhook.returnEventAsResponsePayload ? "the event" : "nothing (204)"],
          ["Since", clock(webhook.metadata.createdAt)],
          ["Accepted", count(webhook.accepted ?? 0)],
          ["Refused", refused.length ? <span key="refused" className="text-bad">{refused.map(([reason, number]) => `${count(number)} for its ${reason}`).join(", ")}</span> : "0"],
        ]}
      />
      <section>
        <h3 className="mb-1 text-soft">The last that were accepted</h3>
        <Loaded of={events}>
          {(found) =>
            (found.rows ?? []).length === 0 ? (
              <Nothing title="Nothing was accepted yet" />
            ) : (
              <ul className="grid gap-1">
                {(found.rows ?? []).map((event) => (
                  <li key={event.metadata.id} className="flex flex-wrap items-baseline gap-x-3">
                    <Link to="/events" search={{ event: event.metadata.id } as never} className={linked}>
                      {event.key}
                    </Link>
                    <span className="text-soft">{ago(event.seenAt)}</span>
                    <span className="text-soft">{countRuns(event.triggeredRuns.length)}</span>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </section>
    </div>
  );
}
