/** A cron expression and its time zone: said in words, with its next times. */
import cronstrue from "cronstrue";
import { useEffect, useState } from "react";
import { ApiError, api, read, tenant, useLive } from "../api/client";
import { TextRow } from "../pieces/form";
import { span } from "../format";

const NAMED: Record<string, string> = { "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *" };

/** An expression in words; "" if it cannot be said. */
export function inWords(expression: string): string {
  const text = expression.trim().replace(/^(CRON_TZ|TZ)=\S+\s+/, "");
  try {
    return cronstrue.toString(NAMED[text.toLowerCase()] ?? text, { use24HourTimeFormat: true, verbose: false });
  } catch {
    return "";
  }
}

export const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment as the clocks of a zone show it. */
export function inZone(text: string, zone: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  try {
    return new Date(text).toLocaleString([], { ...options, timeZone: zone || "UTC" });
  } catch {
    return new Date(text).toLocaleString([], { ...options, timeZone: "UTC" });
  }
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), 250);
    return () => window.clearTimeout(timer);
  }, [value]);
  return settled;
}

/** What the server makes of an expression: its next times, or why it is none. */
export function useTimes(expression: string, timezone: string, count = 5) {
  const [text, zone] = [useSettled(expression.trim()), useSettled(timezone)];
  const query = { expression: text, timezone: zone === "UTC" ? "" : zone, count };
  const found = useLive(["preview", text, zone, count], () => read(api.GET("/api/v1/tenants/{tenant}/workflows/crons/preview", { params: { path: { tenant: tenant() }, query } })), 60_000, text !== "");
  const error = found.error instanceof ApiError ? found.error : null;
  return {
    times: error || !text ? [] : (found.data?.times ?? []),
    problem: error?.field === "expression" ? error.message.replace(/^expression: /, "") : "",
    zoneProblem: error?.field === "timezone" ? error.message.replace(/^timezone: /, "") : "",
  };
}

type Props = { expression: string; timezone: string; onExpression: (text: string) => void; onZone: (zone: string) => void; problem?: string; zoneProblem?: string };
export function ExpressionRows({ expression, timezone, onExpression, onZone, problem = "", zoneProblem = "" }: Props) {
  const found = useTimes(expression, timezone);
  const words = found.problem ? "" : inWords(expression);
  return (
    <>
      <TextRow label="Expression" mono placeholder="0 9 * * 1-5" value={expression} onChange={onExpression} problem={found.problem || problem} hint={words || "minute hour day month weekday; seconds may stand before them"} />
      <TextRow label="Time zone" list={zones} value={timezone} placeholder="UTC" onChange={onZone} problem={found.zoneProblem || zoneProblem} hint={timezone === ownZone ? "The zone of this browser" : `This browser's zone is ${ownZone}`} />
      <Times times={found.times} zone={timezone} />
    </>
  );
}

export function Times({ times, zone }: { times: string[]; zone: string }) {
  if (times.length === 0) return null;
  return (
    <section aria-label="Next times" className="rounded border border-line bg-ground px-3 py-2 col-span-full">
      <h3 className="mb-1 text-xs text-soft">Next times</h3>
      <ol className="grid gap-0.5 tabular-nums">
        {times.map((at) => (
          <li key={at} className="flex flex-wrap justify-between gap-x-4">
            <span>{inZone(at, zone)}</span>
            <span className="text-soft">in {span(Math.max(0, (Date.parse(at) - Date.now()) / 1000))}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
