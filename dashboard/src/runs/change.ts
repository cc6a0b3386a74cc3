/** Cancelling and replaying many runs. */
import { api, read, tenant } from "../api/client";
import type { RunFilters } from "../filters";
import { allRuns } from "./find";

export type What = "cancel" | "replay";
// What the server takes at once.
const CHUNK = 1000;
export const MOST_CHANGED = 20_000;

export async function change(what: What, ids: readonly string[]): Promise<number> {
  const target = what === "cancel" ? "/api/v1/stable/tenants/{tenant}/tasks/cancel" : "/api/v1/stable/tenants/{tenant}/tasks/replay";
  let changed = 0;
  for (let from = 0; from < ids.length; from += CHUNK) {
    const body = { externalIds: ids.slice(from, from + CHUNK) };
    changed += (await read(api.POST(target, { params: { path: { tenant: tenant() } }, body }))).ids.length;
  }
  return changed;
}

/** Ids of all runs of a filter, at most `MOST_CHANGED`. */
export async function allIds(filters: RunFilters): Promise<string[]> {
  const ids: string[] = [];
  for await (const rows of allRuns(filters, MOST_CHANGED, false)) ids.push(...rows.map((row) => row.metadata.id));
  return ids;
}
