/** Taking runs along as JSON or CSV: all that a filter finds. */
import type { RunFilters } from "../filters";
import { allRuns, type RunRow } from "./find";

export const MOST_TAKEN = 50_000;
const COLUMNS: readonly (readonly [string, (row: RunRow) => unknown])[] = [
  ["id", (row) => row.metadata.id],
  ["name", (row) => row.displayName],
  ["workflow", (row) => row.workflowName],
  ["status", (row) => row.status],
  ["created_at", (row) => row.createdAt],
  ["started_at", (row) => row.startedAt],
  ["finished_at", (row) => row.finishedAt],
  ["duration_ms", (row) => row.duration],
  ["attempt", (row) => row.attempt],
  ["error", (row) => row.errorMessage],
  ["metadata", (row) => JSON.stringify(row.additionalMetadata ?? {})],
];
// A sheet would take a field that begins so for a formula.
const FORMULA = /^[=+\-@\t\r]/;

function quoted(value: unknown): string {
  const text = String(value ?? "");
  return `"${(typeof value === "string" && FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/** Writes a file; `onRows` hears how many there are. Returns their number. */
export async function take(filters: RunFilters, kind: "json" | "csv", onRows: (number: number) => void): Promise<number> {
  const parts: Blob[] = [];
  let number = 0;
  const put = (text: string) => parts.push(new Blob([text]));
  put(kind === "json" ? "[\n" : `${COLUMNS.map(([name]) => name).join(",")}\n`);
  for await (const rows of allRuns(filters, MOST_TAKEN, kind === "json")) {
    const lines = rows.map((row) => (kind === "json" ? JSON.stringify(row) : COLUMNS.map(([, value]) => quoted(value(row))).join(",")));
    if (lines.length) put((kind === "json" && number ? ",\n" : "") + lines.join(kind === "json" ? ",\n" : "\n") + (kind === "csv" ? "\n" : ""));
    number += rows.length;
    onRows(number);
  }
  if (kind === "json") put("\n]\n");
  save(new Blob(parts, { type: kind === "json" ? "application/json" : "text/csv" }), `runs.${kind}`);
  return number;
}

function save(blob: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
