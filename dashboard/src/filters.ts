/** What views can be narrowed to, as their addresses say it. */

/** A time: so many hours back from now, or from one moment to another. */
export type TimeFilter = { hours?: number; from?: string; to?: string };

export type OverviewFilters = TimeFilter & { workflow?: string };

/** `status`, `workflow` and `metadata` may name several, with commas between them (metadata: a list of `key:value`). */
export type RunFilters = TimeFilter & {
  status?: string;
  workflow?: string;
  metadata?: string | string[];
  /** All pairs of metadata must be there, not just one. */
  all?: boolean;
  parent?: string;
  event?: string;
  cron?: string;
  worker?: string;
  /** What started them: `EVENT`, `CRON`, `SCHEDULE`, `RUN` or `API`. */
  trigger?: string;
  /** Part of an id, a name, an error or the metadata. */
  search?: string;
  /** The workflow for which the form that starts a run is open. */
  start?: string;
};

export type ConcurrencyFilters = { search?: string; workflow?: string };
export type DeadLetterFilters = { workflow?: string; error?: string };

/** What of a run is shown. */
export type RunView = { tab?: string; task?: string; attempt?: number; compare?: number };

type Search = Record<string, unknown>;
const text = (value: unknown) => (typeof value === "string" && value ? value : typeof value === "number" ? String(value) : undefined);
const positive = (value: unknown) => (Number(value) > 0 ? Number(value) : undefined);
const moment = (value: unknown) => (typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined);
const texts = (value: unknown) => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string" && each.includes(":")) : text(value));

const timeOf = (search: Search): TimeFilter => ({ hours: positive(search.hours), from: moment(search.from), to: moment(search.to) });

export const overviewFilters = (search: Search): OverviewFilters => ({ ...timeOf(search), workflow: text(search.workflow) });

export const runFilters = (search: Search): RunFilters => ({
  ...timeOf(search),
  status: text(search.status),
  workflow: text(search.workflow),
  metadata: texts(search.metadata),
  all: search.all === true || search.all === "true" ? true : undefined,
  parent: text(search.parent),
  event: text(search.event),
  cron: text(search.cron),
  worker: text(search.worker),
  trigger: text(search.trigger),
  search: text(search.search),
  start: text(search.start),
});

export const concurrencyFilters = (search: Search): ConcurrencyFilters => ({ search: text(search.search), workflow: text(search.workflow) });

/** Some errors are empty texts. */
export const deadLetterFilters = (search: Search): DeadLetterFilters => ({
  workflow: text(search.workflow),
  error: typeof search.error === "string" ? search.error : undefined,
});

export const runView = (search: Search): RunView => ({
  tab: text(search.tab),
  task: text(search.task),
  attempt: positive(search.attempt),
  compare: positive(search.compare),
});

export const listOf = (value: string | string[] | undefined): string[] => (Array.isArray(value) ? value : value ? value.split(",").filter(Boolean) : []);

/** Begin and end of a time; no end is now. */
export function bounds(time: TimeFilter, hours: number): { since: string; until?: string } {
  if (time.from) return { since: new Date(time.from).toISOString(), until: time.to ? new Date(time.to).toISOString() : undefined };
  // Whole minutes, so that what is asked for again is the same question.
  return { since: new Date(Math.floor(Date.now() / 60_000) * 60_000 - (time.hours ?? hours) * 3600_000).toISOString() };
}
