/** Lists that several views choose from. */
import { useIsFetching } from "@tanstack/react-query";
import { api, read, type Schema, tenant, useLive } from "./client";

const path = () => ({ tenant: tenant() });

/** All workflows, by name. */
export const ALL_WORKFLOWS = [["workflows"], () => read(api.GET("/api/v1/tenants/{tenant}/workflows", { params: { path: path(), query: { limit: 1000 } } })), 30_000] as const;

/** The same, as far as they are known. */
export const useWorkflows = (): Schema["Workflow"][] => useLive(...ALL_WORKFLOWS).data?.rows ?? [];

/** The latest runs of the last day. */
export function useRecentRuns(): Schema["TaskSummary"][] {
  const found = useLive(
    ["recent-runs"],
    () => {
      const query = { since: new Date(Date.now() - 86_400_000).toISOString(), only_tasks: false, limit: 20, include_payloads: false };
      return read(api.GET("/api/v1/stable/tenants/{tenant}/workflow-runs", { params: { path: path(), query } }));
    },
    5000,
  );
  return found.data?.rows ?? [];
}

const CHOSEN_FROM: unknown[] = ["workflows", "recent-runs"];

/** Whether workflows or the latest runs are read for the first time. */
export function useAreListsAwaited(): boolean {
  return useIsFetching({ predicate: ({ queryKey, state }) => queryKey.length === 1 && CHOSEN_FROM.includes(queryKey[0]) && state.data === undefined }) > 0;
}

/** Workers that are connected now. */
export const CONNECTED_WORKERS = [
  ["workers", "ACTIVE"],
  () => read(api.GET("/api/v1/tenants/{tenant}/worker", { params: { path: path(), query: { statuses: ["ACTIVE", "PAUSED"] as never, limit: 200 } } })),
  3000,
] as const;

export const useWorkers = () => useLive(...CONNECTED_WORKERS);

/** How many wait, by reason. */
export const WAIT_REASONS = [["waiting-reasons"], () => read(api.GET("/api/v1/stable/tenants/{tenant}/waiting", { params: { path: path() } }))] as const;
