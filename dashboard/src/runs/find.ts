/** The one place that asks the API for runs by a filter: a page after a cursor, or all of them, a page at a time. */
import { type InfiniteData, keepPreviousData, replaceEqualDeep, useInfiniteQuery } from "@tanstack/react-query";
import { api, read, type Schema, tenant } from "../api/client";
import { timed, useInterval } from "../api/live";
import { bounds, listOf, type RunFilters } from "../filters";

export type RunRow = Schema["TaskSummary"];
/** After the rows that were made at `until` or later, of which `seen` were made at that very moment; or where the server says. */
type Cursor = { until: string; seen: number; place?: string };
export type RunPage = { rows: RunRow[]; next?: Cursor };

export const HOURS = 24;
const PAGE = 100;
const WHOLE_PAGE = 1000;
// A part of what is searched may hold nothing: so many are looked through before the page is shown as it is.
const PARTS = 20;

/** Pairs of metadata that a filter asks for; what started a run stands there too. */
export function pairsOf(filters: RunFilters): string[] {
  const own = listOf(filters.metadata);
  return filters.cron ? [...own, `hatchet__cron_name:${filters.cron}`] : own;
}

function queryOf(filters: RunFilters) {
  const pairs = pairsOf(filters);
  const statuses = listOf(filters.status);
  const workflows = listOf(filters.workflow);
  return {
    ...bounds(filters, HOURS),
    // A worker has tasks, not runs.
    only_tasks: filters.worker !== undefined,
    statuses: statuses.length ? (statuses as ("FAILED" | "RUNNING")[]) : undefined,
    workflow_ids: workflows.length ? workflows : undefined,
    additional_metadata: pairs.length ? pairs : undefined,
    additional_metadata_operator: filters.all || filters.cron ? "AND" : "OR",
    parent_task_external_id: filters.parent,
    triggering_event_external_id: filters.event,
    worker_id: filters.worker,
    triggered_by: filters.trigger as "EVENT" | undefined,
    search: filters.search,
  };
}

/** The first moment after one, a microsecond later. */
export function justAfter(moment: string): string {
  const [, second, fraction = ""] = /^(.*?)(?:\.(\d+))?(?:Z|\+00:00)$/.exec(moment) ?? [];
  if (second === undefined) return moment;
  const micros = Number(fraction.padEnd(6, "0").slice(0, 6)) + 1;
  if (micros < 1_000_000) return `${second}.${String(micros).padStart(6, "0")}Z`;
  return new Date(Date.parse(`${second}Z`) + 1000).toISOString();
}

async function findPage(filters: RunFilters, after: Cursor | undefined, limit: number, payloads: boolean): Promise<RunPage> {
  const wanted = queryOf(filters);
  if (wanted.search || wanted.triggered_by) return searchPage({ ...wanted, limit, include_payloads: payloads }, after?.place);
  const query = { ...wanted, limit, include_payloads: payloads, ...(after ? { until: justAfter(after.until), offset: after.seen } : {}) };
  const found = await read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: { tenant: tenant() }, query } }));
  const last = found.rows.at(-1);
  if (!last || !found.pagination.next_page) return { rows: found.rows };
  const ties = found.rows.filter((row) => row.createdAt === last.createdAt).length;
  const seen = after?.until === last.createdAt ? after.seen + ties : ties;
  return { rows: found.rows, next: { until: last.createdAt, seen } };
}

/** A page of what the server has to look for: it looks through a part at a time, and says where it stands. */
async function searchPage(wanted: ReturnType<typeof queryOf> & { limit: number; include_payloads: boolean }, place: string | undefined): Promise<RunPage> {
  let cursor = place;
  for (let part = 1; ; part++) {
    const query = { ...wanted, cursor };
    const found = await read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: { tenant: tenant() }, query } }));
    cursor = found.pagination.next_cursor ?? undefined;
    if (found.rows.length || !cursor || part === PARTS) return { rows: found.rows, next: cursor ? { until: "", seen: 0, place: cursor } : undefined };
  }
}

type Pages = InfiniteData<RunPage, Cursor | undefined>;

/** A row that says what it said is the same object, wherever it stands now: it need not be drawn again. So with pages, and all of them. */
function sharing(before: unknown, after: unknown): unknown {
  const old = before as Pages | undefined;
  const known = new Map(old?.pages.flatMap((page) => page.rows.map((row) => [row.metadata.id, row] as const)));
  const { pages, pageParams } = after as Pages;
  const next = pages.map((page, place) => {
    const rows = page.rows.map((row) => replaceEqualDeep(known.get(row.metadata.id), row) as RunRow);
    const was = old?.pages[place];
    const isSame = was && was.rows.length === rows.length && rows.every((row, index) => row === was.rows[index]) && was.next?.until === page.next?.until && was.next?.seen === page.next?.seen && was.next?.place === page.next?.place;
    return isSame ? was : { ...page, rows };
  });
  return old && old.pages.length === next.length && next.every((page, place) => page === old.pages[place]) ? old : { pages: next, pageParams };
}

/** Runs of a filter, live; more of them as they are asked for. */
export function useRuns(filters: RunFilters) {
  const key = ["runs", { ...filters, start: undefined }];
  const every = useInterval(key, 2000);
  return useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as Cursor | undefined,
    queryFn: ({ pageParam }) => timed(key, () => findPage(filters, pageParam, PAGE, false)),
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    structuralSharing: sharing,
    // All pages are read again; the more there are, the more seldom.
    refetchInterval: (query) => Math.min(30_000, every * (query.state.data?.pages.length ?? 1)),
  });
}

/** Every run of a filter, a page at a time, up to a number of them. */
export async function* allRuns(filters: RunFilters, most: number, payloads: boolean): AsyncGenerator<RunRow[]> {
  let left = most;
  let after: Cursor | undefined;
  // The end is fixed now, or new runs would shift the pages.
  const fixed = filters.from && filters.to ? filters : { ...filters, from: bounds(filters, HOURS).since, to: filters.to ?? new Date().toISOString() };
  do {
    const page = await findPage(fixed, after, Math.min(WHOLE_PAGE, left), payloads);
    left -= page.rows.length;
    yield page.rows;
    after = page.next;
  } while (after && left > 0);
}
