/** A run over time: tasks, attempts and children down the tree, of which only what is seen is drawn. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Schema } from "../api/client";
import { between, count, span } from "../format";
import { lookOf, Panel, StatusMark, useTick } from "../ui";
import { isEnded, type Open, type Row, rowsOf, useChildren } from "./tree";

const HEIGHT = 30;
const MOST = 14;
const GRID = "grid grid-cols-[minmax(0,9rem)_minmax(0,1fr)_3.5rem] items-center gap-2 sm:grid-cols-[minmax(0,18rem)_minmax(0,1fr)_4.5rem] sm:gap-3";

type WaterfallProps = { details: Schema["WorkflowRunDetails"]; chosen: string; onChoose: (task: string) => void };
export function Waterfall({ details, chosen, onChoose }: WaterfallProps) {
  const [open, setOpen] = useState<Open>({});
  const isOver = isEnded(details.run.status);
  useTick(isOver ? 0 : 1000);
  // Which children there are is known only once their parents are read: what was listed last says for which to ask.
  const totals = useRef(new Map<string, number>());
  const children = useChildren(open, totals.current, isOver);
  const found = rowsOf(details.tasks, details.taskEvents, open, children);
  const isNew = [...found.totals].some(([task, number]) => totals.current.get(task) !== number);
  const [, again] = useState(0);
  useEffect(() => {
    if (!isNew) return;
    totals.current = found.totals;
    again((value) => value + 1);
  });
  const begun = Date.parse(details.run.createdAt ?? details.run.metadata.createdAt);
  const last = Math.max(begun + 1, ...found.rows.map((row) => (row.finished ? Date.parse(row.finished) : isOver ? begun : Date.now())));
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: found.rows.length, getScrollElement: () => box.current, estimateSize: () => HEIGHT, overscan: 10, getItemKey: (index) => found.rows[index]?.key ?? index });
  const toggle = (task: string) => setOpen(({ [task]: pages, ...rest }) => (pages ? rest : { ...rest, [task]: 1 }));
  const more = (task: string) => setOpen((now) => ({ ...now, [task]: (now[task] ?? 0) + 1 }));
  return (
    <Panel title="Over time" actions={<span className="text-xs text-soft tabular-nums">{span((last - begun) / 1000)}</span>} flush>
      <div className={`${GRID} border-b border-line px-3 py-1 text-xs text-soft max-sm:hidden`}>
        <span>Task</span>
        <span aria-hidden="true" className="flex justify-between tabular-nums">
          {[0, 0.25, 0.5, 0.75, 1].map((part) => (
            <span key={part}>{span(((last - begun) / 1000) * part)}</span>
          ))}
        </span>
        <span className="text-right">Took</span>
      </div>
      <div ref={box} role="region" aria-label="Over time" tabIndex={0} className="overflow-auto" style={{ maxHeight: MOST * HEIGHT }}>
        <ol style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = found.rows[item.index];
            if (!row) return null;
            return (
              <li key={row.key} className="absolute inset-x-0" style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
                {row.kind === "more" ? (
                  <button type="button" onClick={() => more(row.taskId)} className="h-full text-accent hover:underline" style={{ paddingLeft: 16 + row.depth * 16 }}>
                    {count(row.children)} more
                  </button>
                ) : (
                  <Line row={row} begun={begun} length={last - begun} isChosen={row.taskId === chosen} isOpen={Boolean(row.opens && open[row.opens])} onToggle={toggle} onChoose={onChoose} />
                )}
              </li>
            );
          })}
        </ol>
      </div>
    </Panel>
  );
}

type LineProps = { row: Row; begun: number; length: number; isChosen: boolean; isOpen: boolean; onToggle: (task: string) => void; onChoose: (task: string) => void };
function Line({ row, begun, length, isChosen, isOpen, onToggle, onChoose }: LineProps) {
  const name = (
    <>
      <StatusMark value={row.status} size={14} />
      <span className="truncate">{row.name}</span>
      <span className="sr-only">, {row.status.toLowerCase()}</span>
      {row.children > 0 && <span className="shrink-0 rounded-full bg-sunk px-1.5 text-xs text-soft tabular-nums">{count(row.children)}</span>}
    </>
  );
  const label = "flex min-w-0 flex-1 items-center gap-1.5 text-left";
  return (
    <div className={`${GRID} h-full px-3 hover:bg-hover/70 ${isChosen ? "bg-hover" : ""}`}>
      <span className="flex min-w-0 items-center" style={{ paddingLeft: row.depth * 16 }}>
        {row.opens ? (
          <button type="button" aria-expanded={isOpen} aria-label={`${isOpen ? "Close" : "Open"} ${row.name}`} onClick={() => onToggle(row.opens ?? "")} className="mr-0.5 rounded p-0.5 text-soft hover:text-text">
            {isOpen ? <ChevronDown aria-hidden="true" size={14} /> : <ChevronRight aria-hidden="true" size={14} />}
          </button>
        ) : (
          <span className="mr-0.5 w-[18px] shrink-0" />
        )}
        {row.depth === 0 ? (
          <button type="button" aria-pressed={isChosen} onClick={() => onChoose(row.taskId)} className={label}>
            {name}
          </button>
        ) : row.kind === "attempt" ? (
          <span className={`${label} text-soft`}>{name}</span>
        ) : (
          <Link to="/runs/$run" params={{ run: row.runId }} search={row.kind === "task" ? { task: row.taskId } : {}} className={`${label} hover:text-accent hover:underline`}>
            {name}
          </Link>
        )}
      </span>
      <Bars row={row} begun={begun} length={length} />
      <span className="text-right text-xs text-soft tabular-nums">{row.started ? between(row.started, row.finished) : "–"}</span>
    </div>
  );
}

function Bars({ row, begun, length }: { row: Row; begun: number; length: number }) {
  const at = (moment?: string | null) => Math.min(100, Math.max(0, (((moment ? Date.parse(moment) : Date.now()) - begun) / length) * 100));
  const pieces = row.attempts.length > 1 ? row.attempts.filter((attempt) => attempt.begun).map((attempt) => [attempt.status, attempt.begun, attempt.ended] as const) : row.started ? [[row.status, row.started, row.finished] as const] : [];
  return (
    <span aria-hidden="true" className="relative h-3.5 rounded-sm bg-line/30">
      {row.kind !== "attempt" && <span className="absolute inset-y-1 rounded-sm bg-wait/35" style={{ left: `${at(row.created)}%`, right: `${100 - at(row.started ?? row.finished)}%` }} />}
      {pieces.map(([status, from, to]) => (
        <span key={from} className={`absolute inset-y-0 min-w-0.5 rounded-sm ${lookOf(status).fill} ${status === "RUNNING" ? "opacity-80" : ""}`} style={{ left: `${at(from)}%`, right: `${100 - at(to)}%` }} />
      ))}
    </span>
  );
}
