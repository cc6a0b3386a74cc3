/** What the overview asks the server for; it is asked for before the overview is drawn. */
import { api, askAhead, me, queries, read, tenant } from "../api/client";
import { ALL_WORKFLOWS, CONNECTED_WORKERS, WAIT_REASONS } from "../api/lists";
import { bounds, type OverviewFilters } from "../filters";
import { loadChart } from "../kit/laterChart";

/** The time that is shown if none is chosen. */
export const HOURS = 1;

const path = () => ({ tenant: tenant() });

/** Milliseconds between two readings: a longer time changes more slowly. */
const pace = (hours: number) => (hours <= 1 ? 3000 : hours <= 24 ? 10_000 : 30_000);

/** How many tasks ended, how, and how long they took. */
export const figuresOf = (filters: OverviewFilters) =>
  [
    ["figures", filters],
    async () => {
      const { since, until = new Date().toISOString() } = bounds(filters, HOURS);
      const query = { since, until, workflow_ids: filters.workflow ? [filters.workflow] : undefined };
      const found = await read(api.GET("/api/v1/stable/tenants/{tenant}/task-figures", { params: { path: path(), query } }));
      return { found, from: Date.parse(since) / 1000, to: Date.parse(until) / 1000 };
    },
    pace(filters.hours ?? HOURS),
  ] as const;

/** What failed, by error. */
export const failuresOf = (filters: OverviewFilters) =>
  [
    ["failures", filters],
    () => {
      const query = { ...bounds(filters, HOURS), workflow_ids: filters.workflow ? [filters.workflow] : undefined };
      return read(api.GET("/api/v1/stable/tenants/{tenant}/task-errors", { params: { path: path(), query } }));
    },
    5000,
  ] as const;

/** The oldest that wait. */
export const OLDEST_QUEUED = [
  ["waiting"],
  () => {
    const query = { since: new Date(0).toISOString(), only_tasks: true, statuses: ["QUEUED" as const], limit: 6, include_payloads: false };
    return read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: path(), query } }));
  },
] as const;

/** How many wait, by action. */
export const QUEUE_DEPTHS = [["depth"], () => read(api.GET("/api/v1/tenants/{tenant}/step-run-queue-metrics", { params: { path: path() } }))] as const;

/** Asks for all of it, as soon as it is known who asks. What fails is asked for again by the view, which says so. */
export async function askForOverview(filters: OverviewFilters) {
  loadChart().catch(() => {});
  if (!(await queries.ensureQueryData(me).catch(() => null))) return;
  // The slowest first: a browser asks for six things at a time.
  for (const question of [figuresOf(filters), failuresOf(filters), ALL_WORKFLOWS, WAIT_REASONS, QUEUE_DEPTHS, OLDEST_QUEUED, CONNECTED_WORKERS]) askAhead(question);
}
