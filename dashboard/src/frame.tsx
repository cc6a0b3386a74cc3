/** What stands around every page: the way to the others, the theme, and who is logged in. */
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ApiError, api, chooseTenant, read, type Schema, useMe } from "./api/client";
import { LogIn } from "./pages/login";
import { Button, input } from "./ui";

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
  ["/logs", "Logs"],
  ["/settings", "Settings"],
] as const;

export function Frame() {
  const me = useMe();
  const { pathname } = useLocation();
  if (pathname === "/invitation") return <Outlet />;
  if (me.isPending) return null;
  if (me.error) return me.error instanceof ApiError && me.error.status === 403 ? <LogIn /> : <Unreachable error={me.error} />;
  return (
    <>
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:p-2">
        Skip to the content
      </a>
      <header className="border-b border-line bg-panel">
        <nav aria-label="Pages" className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-1 px-4 py-2">
          <span className="mr-3 font-semibold text-accent">Mattock</span>
          {PAGES.map(([to, name]) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === "/" }}
              className="rounded px-2 py-1 text-soft hover:text-text"
              activeProps={{ className: "bg-ground !text-text font-medium", "aria-current": "page" }}
            >
              {name}
            </Link>
          ))}
          <span className="ml-auto flex items-center gap-2">
            <Tenants me={me.data} />
            <Theme />
            <Button title={me.data.email ?? ""} onClick={() => read(api.POST("/api/v1/users/logout")).then(() => window.location.reload())}>
              Log out
            </Button>
          </span>
        </nav>
      </header>
      <Outlet />
    </>
  );
}

function Theme() {
  const [theme, setTheme] = useState(() => localStorage.getItem("theme") ?? "");
  useEffect(() => {
    if (theme) {
      document.documentElement.dataset.theme = theme;
      localStorage.setItem("theme", theme);
    }
  }, [theme]);
  const dark = theme ? theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  return (
    <Button aria-label={dark ? "Light theme" : "Dark theme"} onClick={() => setTheme(dark ? "light" : "dark")}>
      {dark ? "☀" : "☾"}
    </Button>
  );
}

function Tenants({ me }: { me: Schema["Me"] }) {
  if (me.tenants.length < 2) return null;
  return (
    <select aria-label="Tenant" className={input} value={me.tenantId} onChange={(event) => chooseTenant(event.target.value)}>
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
