/** Times and texts for people. */

export function ago(text: string | null | undefined, now = Date.now()): string {
  if (!text) return "–";
  const seconds = (now - Date.parse(text)) / 1000;
  return seconds < 0 ? `in ${rough(-seconds)}` : `${rough(seconds)} ago`;
}

/** A span in its largest unit: how long ago something was need not be known to the second. */
function rough(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function span(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min${Math.floor(seconds % 60) ? ` ${Math.floor(seconds % 60)} s` : ""}`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

export const between = (from?: string | null, to?: string | null) =>
  from ? span(((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000) : "–";

// Made once, the slower one when it is wanted first: each takes longer to make than a row of a table to draw.
let clockFormat: Intl.DateTimeFormat | undefined;
const NUMBER = new Intl.NumberFormat("en");

export function clock(text: string): string {
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) return text;
  clockFormat ??= new Intl.DateTimeFormat(undefined, { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  return clockFormat.format(moment);
}

export const count = (number: number) => NUMBER.format(number).replaceAll(",", " ");

/** A number of runs, in words. */
export const countRuns = (number: number) => (number === 1 ? "1 run" : `${count(number)} runs`);

export const pretty = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
