/** The pages, in groups: with their names, or as marks alone where the window's width is wanted for the page. */
import { Link } from "@tanstack/react-router";
import {
  ChartNoAxesColumn,
  CircleCheckBig,
  Clock,
  Funnel,
  Gauge,
  Inbox,
  Layers,
  ListTree,
  type LucideIcon,
  ScrollText,
  Server,
  Settings,
  Webhook,
  Workflow,
  Zap,
} from "lucide-react";
import { useState } from "react";

const GROUPS = [
  ["", [["/", "Overview", ChartNoAxesColumn]]],
  [
    "Work",
    [
      ["/runs", "Runs", ListTree],
      ["/workflows", "Workflows", Workflow],
      ["/workers", "Workers", Server],
      ["/approvals", "Approvals", CircleCheckBig],
      ["/dead-letters", "Dead letters", Inbox],
      ["/logs", "Logs", ScrollText],
    ],
  ],
  [
    "Triggers",
    [
      ["/timed", "Crons & schedules", Clock],
      ["/events", "Events", Zap],
      ["/filters", "Filters", Funnel],
      ["/webhooks", "Webhooks", Webhook],
    ],
  ],
  [
    "Limits",
    [
      ["/concurrency", "Concurrency", Layers],
      ["/limits", "Rate limits", Gauge],
    ],
  ],
  ["", [["/settings", "Settings", Settings]]],
] as const;

/** Path and name of every page, in the order of the navigation. */
export const PAGES: readonly (readonly [string, string])[] = GROUPS.flatMap(([, pages]) => pages.map(([to, name]) => [to, name] as const));

const KEY = "navigation.slim";

/** Whether the navigation is slim; kept in this browser. */
export function useSlim(): [boolean, (slim: boolean) => void] {
  const [isSlim, setSlim] = useState(() => localStorage.getItem(KEY) === "yes");
  const set = (slim: boolean) => {
    localStorage.setItem(KEY, slim ? "yes" : "no");
    setSlim(slim);
  };
  return [isSlim, set];
}

/** Slim counts for wide windows alone: a phone has a menu, with names. */
export function Navigation({ isSlim }: { isSlim: boolean }) {
  return (
    <nav aria-label="Pages" className="grid gap-3">
      {GROUPS.map(([title, pages]) => (
        <div key={pages[0][0]} role={title ? "group" : undefined} aria-label={title || undefined}>
          {title && (
            <p aria-hidden="true" className={`px-2 pb-1 text-xs font-medium text-soft ${isSlim ? "md:mx-1 md:mb-2 md:h-0 md:overflow-hidden md:border-t md:border-line md:p-0" : ""}`}>
              {title}
            </p>
          )}
          <ul className="grid gap-0.5">
            {pages.map(([to, name, Mark]) => (
              <li key={to}>
                <PageLink to={to} name={name} mark={Mark} isSlim={isSlim} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function PageLink({ to, name, mark: Mark, isSlim }: { to: string; name: string; mark: LucideIcon; isSlim: boolean }) {
  return (
    <Link
      to={to}
      title={isSlim ? name : undefined}
      activeOptions={{ exact: to === "/", includeSearch: false }}
      className={`flex items-center gap-2.5 rounded-md px-2 py-1.5 text-soft hover:bg-hover hover:text-text md:py-[5px] ${isSlim ? "md:justify-center" : ""}`}
      activeProps={{ className: "bg-hover !text-text font-medium", "aria-current": "page" }}
    >
      <Mark aria-hidden="true" size={16} strokeWidth={1.9} className="shrink-0" />
      <span className={isSlim ? "md:sr-only" : ""}>{name}</span>
    </Link>
  );
}
