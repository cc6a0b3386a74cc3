/** Rate limits, with their levels. */
import { api, read, tenant, useLive } from "../api/client";
import { ago, count } from "../format";
import { Loaded, Page, Panel, Table } from "../ui";

export function Limits() {
  const limits = useLive(["limits"], () => read(api.GET("/api/v1/tenants/{tenant}/rate-limits", { params: { path: { tenant: tenant() }, query: { limit: 500 } } })), 1000);
  return (
    <Page title="Rate limits">
      <Panel>
        <Loaded of={limits}>
          {(found) =>
            (found.rows ?? []).length === 0 ? (
              <p className="py-6 text-center text-soft">
                No rate limit. A task brings one: <code>rate_limits=[RateLimit(dynamic_key="…", limit=100)]</code>
              </p>
            ) : (
              <Table
                label="Rate limits"
                rows={found.rows ?? []}
                id={(row) => row.key}
                columns={[
                  { head: "Key", wide: true, cell: (row) => row.key },
                  {
                    head: "Left",
                    cell: (row) => (
                      <label className="flex items-center gap-2">
                        <meter className="w-40" min={0} max={row.limitValue || 1} value={row.value} />
                        <span className="tabular-nums">
                          {count(row.value)} of {count(row.limitValue)}
                        </span>
                      </label>
                    ),
                  },
                  { head: "A window of", cell: (row) => row.window },
                  { head: "Since", cell: (row) => ago(row.lastRefill) },
                  { head: "Paused", cell: (row) => (row.pausedUntil ? ago(row.pausedUntil) : "") },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}
