/** The numbers that are looked at first. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schema } from "../api/client";
import type { RunFilters } from "../filters";
import { count, span } from "../format";
import { StatusMark } from "../ui";

type TilesProps = { figures: Schema["Figures"]; seconds: number; search: RunFilters };

export function Tiles({ figures, seconds, search }: TilesProps) {
  const { succeeded, failed, cancelled, waited, ran } = figures.total;
  const ended = succeeded + failed + cancelled;
  const judged = succeeded + failed;
  return (
    <ul aria-label="Tasks by status" className="mb-4 grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6">
      <Tile name="queued" status="QUEUED" value={count(figures.queued)} note="now" search={{ ...search, status: "QUEUED" }} />
      <Tile name="running" status="RUNNING" value={count(figures.running)} note="now" search={{ ...search, status: "RUNNING" }} />
      <Tile name="completed" status="COMPLETED" value={count(succeeded)} note={`${rate(ended / seconds)} end a second`} search={{ ...search, status: "COMPLETED" }} />
      <Tile name="failed" status="FAILED" value={count(failed)} note={judged ? `${percent(failed / judged)} of them` : "none ended"} search={{ ...search, status: "FAILED" }} />
      <Tile name="queue, 95 %" value={waited?.[1] === undefined ? "–" : span(waited[1])} note={waited?.[0] === undefined ? "nothing waited" : `median ${span(waited[0])}`} />
      <Tile name="run, 95 %" value={ran?.[1] === undefined ? "–" : span(ran[1])} note={ran?.[0] === undefined ? "nothing ran" : `median ${span(ran[0])}`} />
    </ul>
  );
}

const rate = (number: number) => (number >= 10 ? count(Math.round(number)) : number.toFixed(number >= 1 ? 1 : 2));
export const percent = (part: number) => `${(part * 100).toFixed(part > 0 && part < 0.001 ? 2 : 1)} %`;

type TileProps = { name: string; value: string; note: ReactNode; status?: string; search?: RunFilters };
function Tile({ name, value, note, status, search }: TileProps) {
  const inside = (
    <>
      <span className="flex items-center gap-1.5 text-soft">
        {status && <StatusMark value={status} />}
        {name}
      </span>
      <span className="mt-1 block text-2xl leading-tight font-semibold tracking-tight tabular-nums">{value}</span>
      <span className="block truncate text-xs text-soft">{note}</span>
    </>
  );
  const look = "block rounded-lg border border-line bg-panel px-4 py-3 shadow-panel";
  return (
    <li className="min-w-0">
      {search ? (
        <Link to="/runs" search={search} className={`${look} hover:bg-hover`}>
          {inside}
        </Link>
      ) : (
        <div className={look}>{inside}</div>
      )}
    </li>
  );
}
