/** The columns of the list of runs, and which of them are shown. */
import { type ReactNode, useState } from "react";
import { between, span } from "../format";
import { SmallProgress } from "../progress";
import { Ago, RowLink, Status, useTick } from "../ui";
import type { RunRow } from "./find";

export type RunColumn = { id: string; name: string; width: string; shown: boolean; cell: (row: RunRow) => ReactNode };
const link = "font-medium hover:text-accent hover:underline";

export const userMetadata = (row: { additionalMetadata?: Record<string, unknown> | null }) => Object.entries(row.additionalMetadata ?? {}).filter(([key]) => !key.startsWith("hatchet__"));

export const COLUMNS: readonly RunColumn[] = [
  {
    id: "run",
    name: "Run",
    width: "minmax(9rem,2fr)",
    shown: true,
    cell: (row) => (
      <RowLink to={`/runs/${row.workflowRunExternalId || row.metadata.id}${row.workflowRunExternalId === row.metadata.id ? "" : `?task=${row.taskExternalId}`}`} className={link}>
        {row.displayName.replace(/-\d{10,}$/, "")} <span className="font-mono text-xs font-normal text-soft">{row.metadata.id.slice(-6)}</span>
      </RowLink>
    ),
  },
  { id: "status", name: "Status", width: "7.5rem", shown: true, cell: (row) => <Status value={row.isEvicted ? "QUEUED" : row.status} /> },
  { id: "created", name: "Started", width: "7.5rem", shown: true, cell: (row) => <Ago at={row.createdAt} /> },
  { id: "took", name: "Took", width: "6rem", shown: true, cell: (row) => <Took row={row} /> },
  { id: "waited", name: "Waited", width: "6rem", shown: false, cell: (row) => <span className="tabular-nums">{waited(row)}</span> },
  {
    id: "workflow",
    name: "Workflow",
    width: "minmax(7rem,1fr)",
    shown: false,
    cell: (row) => (
      <RowLink to={`/workflows/${row.workflowId}`} className="hover:text-accent hover:underline">
        {row.workflowName}
      </RowLink>
    ),
  },
  { id: "tasks", name: "Tasks", width: "5rem", shown: false, cell: (row) => <span className="tabular-nums">{progress(row)}</span> },
  { id: "attempt", name: "Attempt", width: "5rem", shown: false, cell: (row) => row.attempt ?? 1 },
  { id: "children", name: "Children", width: "5rem", shown: false, cell: (row) => row.numSpawnedChildren || "–" },
  {
    id: "details",
    name: "Error or metadata",
    width: "minmax(8rem,3fr)",
    shown: true,
    cell: (row) => (row.status === "FAILED" ? <span className="font-mono text-xs text-bad">{firstError(row)}</span> : (
        <span className="text-soft">
          <SmallProgress of={row} />
          {metadataText(row)}
        </span>
      )),
  },
  { id: "id", name: "Id", width: "19rem", shown: false, cell: (row) => <span className="font-mono text-xs">{row.metadata.id}</span> },
];

/** How long a run took, or takes. */
function Took({ row }: { row: RunRow }) {
  useTick(row.startedAt && !row.finishedAt ? 1000 : 0);
  return <span className="tabular-nums">{row.startedAt ? between(row.startedAt, row.finishedAt) : "–"}</span>;
}

const waited = (row: RunRow) => (row.startedAt ? span(Math.max(0, (Date.parse(row.startedAt) - Date.parse(row.createdAt)) / 1000)) : "–");

function progress(row: RunRow): string {
  const tasks = row.children ?? [];
  if (row.type !== "DAG") return "1";
  return `${tasks.filter((task) => ["COMPLETED", "FAILED", "CANCELLED"].includes(task.status)).length}/${tasks.length}`;
}

/** The first line of a run's error, or of that of the first of its tasks that failed. */
const firstError = (row: RunRow) => (row.errorMessage || row.children?.find((task) => task.errorMessage)?.errorMessage || "").split("\n")[0];

const metadataText = (row: RunRow) =>
  userMetadata(row)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join("  ");

const KEY = "runs.columns";
const usual = () => COLUMNS.filter((column) => column.shown).map((column) => column.id);

function kept(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "");
    if (Array.isArray(found)) return found.filter((id): id is string => COLUMNS.some((column) => column.id === id));
  } catch {
    // Nothing is kept, or by something else.
  }
  return usual();
}

/** Ids of the columns that this browser shows. */
export function useColumns(): [string[], (ids: string[]) => void] {
  const [ids, setIds] = useState(kept);
  const set = (next: string[]) => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setIds(next);
  };
  return [ids, set];
}
