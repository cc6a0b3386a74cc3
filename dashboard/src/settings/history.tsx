/** Alerts that have fired, and how their messages went. */
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { clock } from "../format";
import { Loaded, Panel, Table } from "../ui";

type Alert = Schema["Alert"];

/** How the messages about an alert went, in a few words. */
function messages(alert: Alert) {
  const failed = alert.notices.find((notice) => notice.problem);
  const sent = alert.notices.filter((notice) => notice.sentAt).length;
  if (failed) {
    return (
      <span className="text-bad">
        {failed.channel}: {failed.problem} ({failed.nextAttemptAt ? `again at ${clock(failed.nextAttemptAt)}` : "given up"})
      </span>
    );
  }
  return `${sent} of ${alert.notices.length} sent`;
}

export function AlertHistory() {
  const alerts = useLive(
    ["alerts"],
    () => read(api.GET("/api/v1/stable/tenants/{tenant}/alerts", { params: { path: { tenant: tenant() }, query: { limit: 50 } } })),
    5000,
  );
  return (
    <Panel title="Alerts that have fired">
      <Loaded of={alerts}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p className="py-3 text-center text-soft">None so far.</p>
          ) : (
            <Table
              label="Alerts that have fired"
              rows={rows}
              id={(row) => row.id}
              columns={[
                {
                  head: "State",
                  cell: (row) => <span className={row.state === "FIRING" ? "font-medium text-bad" : "text-soft"}>{row.state.toLowerCase()}</span>,
                },
                { head: "Rule", cell: (row) => row.rule },
                {
                  head: "What",
                  cell: (row) => (
                    <details>
                      <summary className="cursor-pointer">{row.summary}</summary>
                      <ul className="ml-4 list-disc text-soft">
                        {row.details.map((line) => (
                          <li key={line}>{line}</li>
                        ))}
                      </ul>
                    </details>
                  ),
                },
                { head: "Fired", cell: (row) => clock(row.firedAt) },
                { head: "Resolved", cell: (row) => (row.resolvedAt ? clock(row.resolvedAt) : "–") },
                { head: "Messages", cell: messages },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}
