/** What stands around every page: the way to the others, the theme, and who is logged in. */
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { LogOut, type LucideIcon, Menu as MenuMark, Monitor, Moon, PanelLeftClose, PanelLeftOpen, Search, Sun, X } from "lucide-react";
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from "react";
import { ApiError, api, chooseTenant, read, type Schema, useMe } from "./api/client";
import { useChanges } from "./api/live";
import { LogIn } from "./pages/login";
import { useKeys } from "./shell/keys";
import { Navigation, PAGES, useSlim } from "./shell/navigation";
import { chooseTheme, type Theme, useTheme } from "./shell/theme";
import { IconButton, input, Menu, MenuItem, Toasts } from "./ui";

const Palette = lazy(() => import("./shell/palette"));
const Help = lazy(() => import("./shell/help"));

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
  const [isSlim, setSlim] = useSlim();
  const opener = useRef<HTMLButtonElement>(null);
  const navigate = useNavigate();
  useEffect(() => setOpen(false), [pathname]);
  useKeys({
    "mod+k": () => setShown(shown === "palette" ? "" : "palette"),
    "?": () => setShown("help"),
    "[": () => setSlim(!isSlim),
    ...Object.fromEntries(Object.entries(BY_KEY).map(([key, to]) => [`g ${key}`, () => void navigate({ to })])),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <div className={`md:grid ${isSlim ? "md:grid-cols-[3.5rem_minmax(0,1fr)]" : "md:grid-cols-[13.5rem_minmax(0,1fr)]"}`}>
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-panel focus:p-2">
        Skip to the content
      </a>
      <header onKeyDown={onKeyDown} className="sticky top-0 z-30 flex max-h-dvh flex-col border-b border-line bg-sunk md:h-dvh md:border-r md:border-b-0">
        <div className={`flex items-center justify-between gap-2 px-4 py-2.5 md:pt-4 md:pb-3 ${isSlim ? "md:px-0 md:justify-center" : ""}`}>
          <Link to="/" aria-label="Mattock" className="flex items-center gap-2 text-[15px] font-semibold tracking-tight">
            <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true" className="text-accent">
              <path d="M2 5 8 2l6 3-6 3zM7 9h2v6H7z" fill="currentColor" />
            </svg>
            <span className={isSlim ? "md:hidden" : ""}>Mattock</span>
          </Link>
          <IconButton ref={opener} label="Pages and more" aria-expanded={open} aria-controls="pages" className="md:hidden" onClick={() => setOpen(!open)}>
            {open ? <X aria-hidden="true" size={18} /> : <MenuMark aria-hidden="true" size={18} />}
          </IconButton>
        </div>
        <div id="pages" className={`${open ? "flex" : "hidden"} min-h-0 flex-1 flex-col overflow-y-auto px-2 pb-3 md:flex`}>
          <GoTo isSlim={isSlim} onClick={() => setShown("palette")} />
          <Navigation isSlim={isSlim} />
          <div className="mt-auto grid gap-2 px-1 pt-4">
            <div className={isSlim ? "md:hidden" : "grid gap-2"}>
              <Tenants me={me} />
              {me.email && <span className="truncate px-1 text-xs text-soft">{me.email}</span>}
            </div>
            <div className={`flex items-center justify-between gap-1 ${isSlim ? "md:flex-col" : ""}`}>
              <ThemeMenu />
              <IconButton label="Keyboard shortcuts" onClick={() => setShown("help")}>
                <kbd className="px-1">?</kbd>
              </IconButton>
              <IconButton label="Log out" title={me.email ? `Log out ${me.email}` : "Log out"} onClick={() => read(api.POST("/api/v1/users/logout")).then(() => window.location.reload())}>
                <LogOut aria-hidden="true" size={16} />
              </IconButton>
              <IconButton label={isSlim ? "Show the names of the pages" : "Collapse the navigation"} className="max-md:hidden" onClick={() => setSlim(!isSlim)}>
                {isSlim ? <PanelLeftOpen aria-hidden="true" size={16} /> : <PanelLeftClose aria-hidden="true" size={16} />}
              </IconButton>
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

function GoTo({ isSlim, onClick }: { isSlim: boolean; onClick: () => void }) {
  return (
    <button type="button" title={isSlim ? "Go to…" : undefined} onClick={onClick} className="mx-1 mb-3 flex items-center gap-2 rounded-md border border-line bg-panel px-2 py-1 text-soft hover:text-text">
      <Search aria-hidden="true" size={14} className="shrink-0" />
      <span className={isSlim ? "md:sr-only" : ""}>Go to…</span>
      <kbd className={`ml-auto text-xs ${isSlim ? "md:hidden" : ""}`}>{navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"}</kbd>
    </button>
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
