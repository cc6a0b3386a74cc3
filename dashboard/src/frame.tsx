/** What stands around every page: the way to the others, the theme, and who is logged in. */
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import {
  ChartNoAxesColumn,
  Circle,
  CircleCheckBig,
  Clock,
  Gauge,
  type LucideIcon,
  ListTree,
  LogOut,
  Menu as MenuMark,
  Monitor,
  Moon,
  ScrollText,
  Search,
  Server,
  Settings,
  Sun,
  Workflow,
  Zap,
} from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { ApiError, api, chooseTenant, read, type Schema, useMe } from "./api/client";
import { useChanges } from "./api/live";
import { LogIn } from "./pages/login";
import { useKeys } from "./shell/keys";
import { chooseTheme, type Theme, useTheme } from "./shell/theme";
import { Button, IconButton, input, Menu, MenuItem, Toasts } from "./ui";

const Palette = lazy(() => import("./shell/palette"));
const Help = lazy(() => import("./shell/help"));

const PAGES = [
  ["/", "Overview"],
  ["/runs", "Runs"],
  ["/workflows", "Workflows"],
  ["/workers", "Workers"],
  ["/timed", "Crons & schedules"],
  ["/events", "Events"],
  ["/filters", "Filters"],
  ["/webhooks", "Webhooks"],
  ["/approvals", "Approvals"],
  ["/limits", "Rate limits"],
  ["/concurrency", "Concurrency"],
  ["/dead-letters", "Dead letters"],
  ["/logs", "Logs"],
  ["/settings", "Settings"],
] as const;
const MARKS: Record<string, LucideIcon> = {
  "/": ChartNoAxesColumn,
  "/runs": ListTree,
  "/workflows": Workflow,
  "/workers": Server,
  "/timed": Clock,
  "/events": Zap,
  "/approvals": CircleCheckBig,
  "/limits": Gauge,
  "/logs": ScrollText,
  "/settings": Settings,
};
const BY_KEY: Record<string, string> = { o: "/", r: "/runs", w: "/workflows", k: "/workers", e: "/events", l: "/logs", s: "/settings" };

export function Frame() {
  const me = useMe();
  const { pathname } = useLocation();
  useChanges(me.isSuccess);
  if (pathname === "/invitation") return <Outlet />;
  if (me.isPending) return null;
  if (me.error) return me.error instanceof ApiError && me.error.status === 403 ? <LogIn /> : <Unreachable error={me.error} />;
  return <Inside me={me.data} />;
}

function Inside({ me }: { me: Schema["Me"] }) {
  const { pathname } = useLocation();
  const [shown, setShown] = useState<"" | "palette" | "help">("");
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  useEffect(() => setOpen(false), [pathname]);
  useKeys({
    "mod+k": () => setShown(shown === "palette" ? "" : "palette"),
    "?": () => setShown("help"),
    ...Object.fromEntries(Object.entries(BY_KEY).map(([key, to]) => [`g ${key}`, () => void navigate({ to })])),
  });
  return (
    <div className="md:grid md:grid-cols-[13rem_minmax(0,1fr)]">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-panel focus:p-2">
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 flex flex-col border-b border-line bg-sunk md:h-screen md:border-r md:border-b-0">
        <div className="flex items-center justify-between gap-2 px-4 py-2.5 md:py-4">
          <Link to="/" className="flex items-center gap-2 text-[15px] font-semibold tracking-tight">
            <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true" className="text-accent">
              <path d="M2 5 8 2l6 3-6 3zM7 9h2v6H7z" fill="currentColor" />
            </svg>
            Mattock
          </Link>
          <IconButton label="Pages and more" aria-expanded={open} className="md:hidden" onClick={() => setOpen(!open)}>
            <MenuMark aria-hidden="true" size={18} />
          </IconButton>
        </div>
        <div className={`${open ? "flex" : "hidden"} min-h-0 flex-1 flex-col overflow-auto px-2 pb-3 md:flex`}>
          <button type="button" onClick={() => setShown("palette")} className="mx-1 mb-3 flex items-center gap-2 rounded-md border border-line bg-panel px-2 py-1 text-soft hover:text-text">
            <Search aria-hidden="true" size={14} />
            Go to…
            <kbd className="ml-auto text-xs">{navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"}</kbd>
          </button>
          <nav aria-label="Pages" className="grid gap-0.5">
            {PAGES.map(([to, name]) => (
              <PageLink key={to} to={to} name={name} />
            ))}
          </nav>
          <div className="mt-auto grid gap-2 px-1 pt-4">
            <Tenants me={me} />
            {me.email && <span className="truncate px-1 text-xs text-soft">{me.email}</span>}
            <div className="flex items-center justify-between gap-1">
              <ThemeMenu />
              <IconButton label="Keyboard shortcuts" onClick={() => setShown("help")}>
                <kbd className="px-1">?</kbd>
              </IconButton>
              <Button tone="quiet" title={me.email ?? ""} onClick={() => read(api.POST("/api/v1/users/logout")).then(() => window.location.reload())}>
                <LogOut aria-hidden="true" size={15} />
                Log out
              </Button>
            </div>
          </div>
        </div>
      </header>
      <div className="min-w-0">
        <Outlet />
      </div>
      <Suspense>
        {shown === "palette" && <Palette pages={PAGES} onClose={() => setShown("")} onHelp={() => setShown("help")} />}
        {shown === "help" && <Help onClose={() => setShown("")} />}
      </Suspense>
      <Toasts />
    </div>
  );
}

function PageLink({ to, name }: { to: (typeof PAGES)[number][0]; name: string }) {
  const Mark = MARKS[to] ?? Circle;
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === "/", includeSearch: false }}
      className="flex items-center gap-2.5 rounded-md px-2 py-1.5 text-soft hover:bg-hover hover:text-text"
      activeProps={{ className: "bg-hover !text-text font-medium", "aria-current": "page" }}
    >
      <Mark aria-hidden="true" size={16} strokeWidth={1.9} className="shrink-0" />
      {name}
    </Link>
  );
}

const THEMES: [Theme, string, LucideIcon][] = [
  ["system", "As the system", Monitor],
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
];

function ThemeMenu() {
  const theme = useTheme();
  const Mark = THEMES.find(([each]) => each === theme)?.[2] ?? Monitor;
  return (
    <Menu
      trigger={
        <IconButton label="Theme">
          <Mark aria-hidden="true" size={16} />
        </IconButton>
      }
    >
      {THEMES.map(([each, name, Icon]) => (
        <MenuItem key={each} onSelect={() => chooseTheme(each)}>
          <Icon aria-hidden="true" size={15} className="text-soft" />
          <span className={each === theme ? "font-semibold" : ""}>{name}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}

function Tenants({ me }: { me: Schema["Me"] }) {
  if (me.tenants.length < 2) return null;
  return (
    <select aria-label="Tenant" className={`${input} w-full`} value={me.tenantId} onChange={(event) => chooseTenant(event.target.value)}>
      {me.tenants.map((each) => (
        <option key={each.id} value={each.id}>
          {each.name}
        </option>
      ))}
    </select>
  );
}

function Unreachable({ error }: { error: Error }) {
  return (
    <main className="mx-auto max-w-lg p-8">
      <h1 className="mb-3 text-xl font-semibold">The server cannot be reached</h1>
      <p role="alert">{error.message}</p>
    </main>
  );
}
