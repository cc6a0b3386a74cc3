/** Cancelling, replaying, pausing and resuming many runs. */
import { api, read, tenant } from "../api/client";
import type { RunFilters } from "../filters";
import { allRuns } from "./find";

type Change = { path: `/api/v1/stable/tenants/{tenant}/tasks/${What}`; verb: string; done: string; effect: string };
export type What = "cancel" | "replay" | "pause" | "resume";

/** What each does, in the words of the dialog that asks: `runs` stands before `done` and `effect`. */
export const CHANGES: Record<What, Change> = {
  cancel: {
    path: "/api/v1/stable/tenants/{tenant}/tasks/cancel",
    verb: "Cancel",
    done: "are cancelled",
    effect: "are cancelled, with all that they started. Those that have ended stay as they are.",
  },
  replay: {
    path: "/api/v1/stable/tenants/{tenant}/tasks/replay",
    verb: "Replay",
    done: "run again",
    effect: "run again with their inputs. Those that have not ended go on as they are.",
  },
  pause: {
    path: "/api/v1/stable/tenants/{tenant}/tasks/pause",
    verb: "Pause",
    done: "are paused",
    effect: "are paused: what runs of them goes on, what is queued waits and keeps its place. Those that have ended stay as they are.",
  },
  resume: {
    path: "/api/v1/stable/tenants/{tenant}/tasks/resume",
    verb: "Resume",
    done: "go on",
    effect: "go on from where they were paused. Those that are not paused stay as they are.",
  },
};

// What the server takes at once.
const CHUNK = 1000;
export const MOST_CHANGED = 20_000;

/** How many runs it has changed. */
export async function change(what: What, ids: readonly string[]): Promise<number> {
  let changed = 0;
  for (let from = 0; from < ids.length; from += CHUNK) {
    const body = { externalIds: ids.slice(from, from + CHUNK) };
    changed += (await read(api.POST(CHANGES[what].path, { params: { path: { tenant: tenant() } }, body }))).ids.length;
  }
  return changed;
}

/** Ids of all runs of a filter, at most `MOST_CHANGED`. */
export async function allIds(filters: RunFilters): Promise<string[]> {
  const ids: string[] = [];
  for await (const rows of allRuns(filters, MOST_CHANGED, false)) ids.push(...rows.map((row) => row.metadata.id));
  return ids;
}
