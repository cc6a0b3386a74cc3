/** Which view belongs to which address. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { concurrencyFilters, deadLetterFilters, overviewFilters, runFilters, runView } from "./filters";
import { Frame } from "./frame";
import { askForOverview } from "./overview/questions";
import { Overview } from "./pages/overview";

const root = createRootRoute({ component: Frame });

type Page = Promise<Record<string, unknown>>;
const page = (load: () => Page, name: string) => lazyRouteComponent(load as never, name as never);

const at = <const Path extends string>(path: Path, load: () => Page, name: string) => createRoute({ getParentRoute: () => root, path, component: page(load, name) });

const overview = createRoute({ getParentRoute: () => root, path: "/", component: Overview, validateSearch: overviewFilters, loaderDeps: ({ search }) => search, loader: ({ deps }) => void askForOverview(deps) });
const runs = createRoute({ getParentRoute: () => root, path: "/runs", component: page(() => import("./pages/runs"), "Runs"), validateSearch: runFilters });
const run = createRoute({ getParentRoute: () => root, path: "/runs/$run", component: page(() => import("./pages/run"), "Run"), validateSearch: runView });

const concurrency = createRoute({
  getParentRoute: () => root,
  path: "/concurrency",
  component: page(() => import("./pages/concurrency"), "Concurrency"),
  validateSearch: concurrencyFilters,
});
const deadLetters = createRoute({
  getParentRoute: () => root,
  path: "/dead-letters",
  component: page(() => import("./pages/deadLetters"), "DeadLetters"),
  validateSearch: deadLetterFilters,
});

const tree = root.addChildren([
  overview,
  runs,
  run,
  concurrency,
  deadLetters,
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
