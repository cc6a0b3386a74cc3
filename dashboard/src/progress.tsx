/** How far a run or task is: by its own word, by the runs that it started, by the batch that it waits for. */
import type { Schema } from "./api/client";

type Row = Pick<Schema["TaskSummary"], "progress" | "numSpawnedChildren" | "numFinishedChildren" | "batch" | "status">;
type Part = { label: string; fraction: number; text: string };

const percent = (fraction: number) => `${Math.round(fraction * 100)} %`;

/** What there is to show; nothing for a task that has told nothing and started nothing. */
export function partsOf(row: Row): Part[] {
  const over = row.status === "COMPLETED" || row.status === "FAILED" || row.status === "CANCELLED";
  const parts: Part[] = [];
  if (row.progress) {
    const told = over ? "" : row.progress.text;
    parts.push({ label: "Progress", fraction: row.progress.fraction, text: [percent(row.progress.fraction), told].filter(Boolean).join(" · ") });
  }
  const [started, ended] = [row.numSpawnedChildren, row.numFinishedChildren ?? 0];
  if (started > 0) parts.push({ label: "Runs that it started", fraction: ended / started, text: `${ended} of ${started} runs` });
  if (row.batch) parts.push({ label: "Its batch", fraction: row.batch.waiting / row.batch.size, text: `batch: ${row.batch.waiting} of ${row.batch.size}` });
  return parts;
}

export function Bar({ label, fraction, className = "" }: { label: string; fraction: number; className?: string }) {
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(fraction * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      className={`inline-block overflow-hidden rounded bg-line align-middle ${className}`}
    >
      <span className="block h-full rounded bg-busy transition-[width]" style={{ width: `${Math.min(100, fraction * 100)}%` }} />
    </span>
  );
}

/** All of it, a line each; for a task's own page. */
export function Progress({ of }: { of: Row }) {
  const parts = partsOf(of);
  if (parts.length === 0) return null;
  return (
    <ul className="mb-2 grid gap-1" aria-label="How far it is">
      {parts.map((part) => (
        <li key={part.label} className="flex flex-wrap items-center gap-x-3">
          <Bar label={part.label} fraction={part.fraction} className="h-2 w-full max-w-80 grow" />
          <span className="tabular-nums">{part.text}</span>
        </li>
      ))}
    </ul>
  );
}

/** The first of it, only while it is of interest. */
const firstOf = (row: Row) => (row.status === "RUNNING" || row.status === "QUEUED" ? partsOf(row)[0] : undefined);

/** It along the lower edge of what it stands in, where there is no room for more. */
export function EdgeProgress({ of }: { of: Row }) {
  const part = firstOf(of);
  return part ? <Bar label={`${part.label}: ${part.text}`} fraction={part.fraction} className="absolute inset-x-3 bottom-0 h-0.5" /> : null;
}

/** It in a line of a list. */
export function SmallProgress({ of }: { of: Row }) {
  const part = firstOf(of);
  if (!part) return null;
  return (
    <>
      <Bar label={part.label} fraction={part.fraction} className="mr-2 h-2 w-20" />
      <span className="mr-2 text-text tabular-nums">{part.text}</span>
    </>
  );
}
