/** Lines of logs, with the way to the run that wrote each. */
import { Link } from "@tanstack/react-router";
import type { Schema } from "../api/client";
import { linked } from "../pieces/view";

export const LEVELS = [
  { key: "ERROR", name: "error", color: "var(--bad)" },
  { key: "WARN", name: "warn", color: "var(--wait)" },
  { key: "INFO", name: "info", color: "var(--busy)" },
  { key: "DEBUG", name: "debug", color: "var(--soft)" },
];
const TONES: Record<string, string> = { ERROR: "text-bad", WARN: "text-wait", DEBUG: "text-soft", INFO: "text-busy" };

export function Lines({ rows }: { rows: Schema["LogLine"][] }) {
  return (
    <ol aria-label="Log lines" className="grid gap-px font-mono text-xs">
      {rows.map((row, place) => (
        // biome-ignore lint: lines have no name, and two may be equal.
        <li key={place} className="grid grid-cols-[auto_3rem_minmax(0,1fr)] items-baseline gap-x-3 rounded px-1 py-0.5 hover:bg-ground md:grid-cols-[auto_3rem_11rem_minmax(0,1fr)]">
          <time dateTime={row.createdAt} title={new Date(row.createdAt).toLocaleString()} className="whitespace-nowrap text-soft tabular-nums">
            {stamp(row.createdAt)}
          </time>
          <span className={TONES[row.level ?? "INFO"] ?? "text-soft"}>{(row.level ?? "INFO").toLowerCase()}</span>
          <span className="min-w-0 truncate">
            {row.taskExternalId && (
              <Link to="/runs/$run" params={{ run: row.taskExternalId }} className={linked}>
                {row.taskDisplayName || row.taskExternalId.slice(-8)}
              </Link>
            )}
          </span>
          <span className="col-span-3 min-w-0 whitespace-pre-wrap break-words md:col-span-1">
            {row.message}
            <Extra of={row} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Extra({ of }: { of: Schema["LogLine"] }) {
  const fields = Object.entries((of.metadata ?? {}) as Record<string, unknown>);
  return fields.length ? <span className="text-soft"> {fields.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ")}</span> : null;
}

/** The time of today's lines, the day before that of older ones. */
function stamp(text: string): string {
  const at = new Date(text);
  const time = `${at.toLocaleTimeString([], { hourCycle: "h23" })}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString([], { month: "short", day: "numeric" })} ${time}`;
}
