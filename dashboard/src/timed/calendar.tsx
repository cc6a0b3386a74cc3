/** What is to come, by day: of a month or a week. */
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, useLive } from "../api/client";
import { useAddress } from "../pieces/address";
import { Nothing } from "../pieces/view";
import { Button, Loaded, Panel } from "../ui";
import { path } from "../workflow/data";
import { inWords, ownZone } from "./expression";

type Firing = Schema["Firing"];
const DAY = 86_400_000;
const SHOWN = 4;

const startOfDay = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const plusDays = (date: Date, days: number) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
const monday = (date: Date) => plusDays(startOfDay(date), -((date.getDay() + 6) % 7));
const keyOf = (date: Date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

export default function Calendar() {
  const { get, set } = useAddress();
  const week = get("view") === "week";
  const asked = /^\d{4}-\d{2}-\d{2}$/.test(get("at")) ? new Date(`${get("at")}T12:00`) : new Date();
  const first = week ? monday(asked) : monday(new Date(asked.getFullYear(), asked.getMonth(), 1));
  const last = week ? plusDays(first, 7) : plusDays(monday(new Date(asked.getFullYear(), asked.getMonth() + 1, 0)), 7);
  const query = { since: first.toISOString(), until: last.toISOString(), timezone: ownZone };
  const found = useLive(["firings", query.since, query.until], () => read(api.GET("/api/v1/tenants/{tenant}/workflows/firings", { params: { path: path(), query } })), 15_000);
  const days = Array.from({ length: Math.round((last.getTime() - first.getTime()) / DAY) }, (_, place) => plusDays(first, place));
  const go = (steps: number) => set({ at: keyOf(week ? plusDays(asked, 7 * steps) : new Date(asked.getFullYear(), asked.getMonth() + steps, 1)) }, false);
  const title = week ? `${first.toLocaleDateString([], { day: "numeric", month: "short" })} – ${plusDays(last, -1).toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" })}` : asked.toLocaleDateString([], { month: "long", year: "numeric" });
  return (
    <Panel
      title={title}
      actions={
        <span className="flex flex-wrap gap-1">
          <Button aria-label={week ? "The week before" : "The month before"} onClick={() => go(-1)}>‹</Button>
          <Button onClick={() => set({ at: undefined }, false)}>Today</Button>
          <Button aria-label={week ? "The week after" : "The month after"} onClick={() => go(1)}>›</Button>
          <Button aria-pressed={!week} className={week ? "text-soft" : "!border-soft"} onClick={() => set({ view: undefined }, false)}>Month</Button>
          <Button aria-pressed={week} className={week ? "!border-soft" : "text-soft"} onClick={() => set({ view: "week", at: keyOf(asked) }, false)}>Week</Button>
        </span>
      }
    >
      <Loaded of={found}>
        {({ rows, complete }) => {
          const byDay = new Map<string, Firing[]>();
          for (const row of rows) {
            const key = keyOf(new Date(row.at));
            byDay.set(key, [...(byDay.get(key) ?? []), row]);
          }
          return (
            <>
              {!complete && <p className="mb-2 text-wait">There is more to come than is shown here.</p>}
              {rows.length === 0 && <Nothing title="Nothing is to come in this time">Crons and schedules that will fire stand here.</Nothing>}
              <Grid days={days} byDay={byDay} month={week ? -1 : asked.getMonth()} />
              <Agenda days={days} byDay={byDay} />
            </>
          );
        }}
      </Loaded>
      <p className="mt-2 text-xs text-soft">Times of {ownZone}, this browser's zone.</p>
    </Panel>
  );
}

function Grid({ days, byDay, month }: { days: Date[]; byDay: Map<string, Firing[]>; month: number }) {
  const today = keyOf(new Date());
  return (
    <div className="hidden md:block">
      <div className="grid grid-cols-7 border-b border-line pb-1 text-xs text-soft" aria-hidden="true">
        {days.slice(0, 7).map((day) => (
          <span key={day.getTime()} className="px-1.5">{day.toLocaleDateString([], { weekday: "short" })}</span>
        ))}
      </div>
      <ol aria-label="Days" className="grid grid-cols-7 border-l border-line">
        {days.map((day) => {
          const key = keyOf(day);
          const found = byDay.get(key) ?? [];
          const outside = month >= 0 && day.getMonth() !== month;
          return (
            <li key={key} aria-label={day.toLocaleDateString()} className={`min-h-24 min-w-0 border-r border-b border-line p-1.5 ${outside ? "bg-ground" : ""}`}>
              <span className={`text-xs tabular-nums ${key === today ? "rounded-full bg-accent px-1.5 py-0.5 font-medium text-ground" : "text-soft"}`}>{day.getDate()}</span>
              <ul className="mt-1 grid gap-0.5">
                {found.slice(0, month >= 0 ? SHOWN : found.length).map((each) => (
                  <Entry key={each.id} of={each} />
                ))}
                {month >= 0 && found.length > SHOWN && (
                  <li>
                    <Link to="." search={{ tab: "calendar", view: "week", at: key } as never} className="text-xs text-soft underline">
                      {found.length - SHOWN} more
                    </Link>
                  </li>
                )}
              </ul>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** The same as a list, where there is no room for a grid. */
function Agenda({ days, byDay }: { days: Date[]; byDay: Map<string, Firing[]> }) {
  return (
    <ol aria-label="Days" className="grid gap-3 md:hidden">
      {days
        .filter((day) => byDay.has(keyOf(day)))
        .map((day) => (
          <li key={day.getTime()}>
            <h3 className="font-medium">{day.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" })}</h3>
            <ul className="grid gap-0.5">
              {(byDay.get(keyOf(day)) ?? []).map((each) => (
                <Entry key={each.id} of={each} />
              ))}
            </ul>
          </li>
        ))}
    </ol>
  );
}

function Entry({ of }: { of: Firing }) {
  const at = new Date(of.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const often = of.more ? `${of.count}+ ×` : of.count > 1 ? `${of.count} ×` : "";
  const about = [of.name, of.cron && inWords(of.cron)].filter(Boolean).join(": ");
  return (
    <li className="relative min-w-0 text-xs" title={about || "a schedule"}>
      <Link to="." search={(of.kind === "CRON" ? { search: of.cron } : { tab: "schedules", status: "SCHEDULED" }) as never} className="flex min-w-0 items-baseline gap-1 rounded px-1 hover:bg-ground">
        <span aria-hidden="true" className={of.kind === "CRON" ? "text-busy" : "text-wait"}>●</span>
        <span className="whitespace-nowrap text-soft tabular-nums">{at}</span>
        <span className="truncate">{of.workflowName}</span>
        {often && <span className="whitespace-nowrap text-soft">{often}</span>}
        <span className="sr-only">{of.kind === "CRON" ? "cron" : "schedule"}</span>
      </Link>
    </li>
  );
}
