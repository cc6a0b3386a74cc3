/** Which view belongs to which address. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { RunFilters } from "./filters";
import { Frame } from "./frame";
import { Overview } from "./pages/overview";
import { Runs } from "./pages/runs";

const root = createRootRoute({ component: Frame });

const at = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name as never) });

const runsRoute = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  component: Runs,
  validateSearch: (search: Record<string, unknown>): RunFilters => ({
    status: text(search.status),
    workflow: text(search.workflow),
    metadata: text(search.metadata),
    hours: number(search.hours),
    page: number(search.page),
  }),
});

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
const number = (value: unknown) => (Number(value) > 0 ? Number(value) : undefined);

const tree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: "/", component: Overview }),
  runsRoute,
  at("/runs/$run", () => import("./pages/run"), "Run"),
  at("/workflows", () => import("./pages/workflows"), "Workflows"),
  at("/workflows/$workflow", () => import("./pages/workflow"), "Workflow"),
  at("/workers", () => import("./pages/workers"), "Workers"),
  at("/workers/$worker", () => import("./pages/worker"), "Worker"),
  at("/timed", () => import("./pages/timed"), "Timed"),
  at("/events", () => import("./pages/events"), "Events"),
  at("/filters", () => import("./pages/filters"), "Filters"),
  at("/webhooks", () => import("./pages/webhooks"), "Webhooks"),
  at("/logs", () => import("./pages/logs"), "Logs"),
  at("/limits", () => import("./pages/limits"), "Limits"),
  at("/approvals", () => import("./pages/approvals"), "Approvals"),
  at("/approvals/$task/$key", () => import("./pages/approval"), "ApprovalPage"),
  createRoute({
    getParentRoute: () => root,
    path: "/audit",
    beforeLoad: () => {
      throw redirect({ to: "/settings/$section" as never, params: { section: "audit" } as never });
    },
  }),
  at("/invitation", () => import("./pages/login"), "Invitation"),
  at("/login", () => import("./pages/overview"), "Overview"),
  at("/settings", () => import("./pages/settings"), "Settings"),
  at("/settings/$section", () => import("./pages/settings"), "Settings"),
  at("/api/docs", () => import("./pages/reference"), "Reference"),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: "intent" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
