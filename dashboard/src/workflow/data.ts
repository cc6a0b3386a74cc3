/** What several views of workflows read. */
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { useWorkflows } from "../api/lists";

export type Limit = { expression: string; max_runs: number; strategy: string; max_runs_expression: string; name: string };
export type Rate = { key: string; key_expression: string; units: number; units_expression: string; limit_expression: string; window: number };
export type Task = {
  name: string;
  action: string;
  parents: string[];
  retries: number;
  backoff_factor: number | null;
  execution_timeout_text: string;
  schedule_timeout: number;
  slots: [string, number][];
  durable: boolean;
  priority: number;
  concurrency: Limit[];
  rates: Rate[];
  labels: { key: string; value: string | number; comparator: string; required: boolean; weight: number }[];
  conditions: { action: string; key: string; expression: string; parent: string; sleep_text: string; event_key: string }[];
  batch: { max_size: number; interval: number; key_expression: string; max_runs: number } | null;
};
/** A definition as the server writes it out. */
export type Definition = {
  name: string;
  description: string;
  version: string;
  default_priority: number;
  queue_order: string;
  sticky: string;
  events: string[];
  crons: string[];
  filters: { expression: string; scope: string }[];
  concurrency: Limit[];
  tasks: Task[];
  on_failure: Task | null;
  idempotency: { expression: string; ttl: number; until_end: boolean } | null;
  queue_limit: { max_queued: number; drop_oldest: boolean } | null;
  debounce: { expression: string; delay: number; max_wait: number } | null;
  priority_ageing: number;
  metadata: Record<string, unknown> | null;
};

export const path = () => ({ tenant: tenant() });

/** Names of all workflows with their ids, for a choice. */
export function useWorkflowOptions(first: readonly [string, string], by: "id" | "name" = "id") {
  return [first, ...useWorkflows().map((row) => [by === "id" ? row.metadata.id : row.name, row.name] as const)];
}

export function useVersion(workflow: string, version = "") {
  const query = { version: version || undefined };
  return useLive(["version", workflow, version], () => read(api.GET("/api/v1/workflows/{workflow}/versions", { params: { path: { workflow }, query } })), 30_000, workflow !== "");
}

export const definitionOf = (version: Schema["WorkflowVersion"] | undefined) => version?.workflowConfig as unknown as Definition | undefined;
