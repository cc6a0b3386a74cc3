/** Runs as a table of which only what is seen is drawn. */
import { columnVisibilityFeature, type RowSelectionState, rowSelectionFeature, tableFeatures, useTable } from "@tanstack/react-table";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useKeys } from "../shell/keys";
import { EdgeProgress } from "../progress";
import { useIsNarrow } from "../shell/narrow";
import { COLUMNS, type RunColumn } from "./columns";
import type { RunRow } from "./find";

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
const DEFINITIONS = COLUMNS.map((column) => ({ id: column.id, accessorFn: () => null }));
const CELLS = new Map(COLUMNS.map((column) => [column.id, column]));
/** Widths of the columns that a phone has room for. */
const NARROW: Record<string, string> = { run: "minmax(0,1fr)", status: "6.25rem", created: "5rem" };
const HEIGHT = 38;
export type Selection = RowSelectionState;

type RunTableProps = {
  rows: RunRow[];
  shown: string[];
  chosen: Selection;
  onChoose: (chosen: Selection) => void;
  onEnd: () => void;
  isMore: boolean;
};
export function RunTable({ rows, shown, chosen, onChoose, onEnd, isMore }: RunTableProps) {
  const isNarrow = useIsNarrow();
  const columnVisibility = useMemo(() => Object.fromEntries(COLUMNS.map(({ id }) => [id, isNarrow ? id in NARROW : shown.includes(id)])), [shown, isNarrow]);
  const table = useTable({
    features,
    columns: DEFINITIONS,
    data: rows,
    getRowId: (row: RunRow) => row.metadata.id,
    state: { rowSelection: chosen, columnVisibility },
    onRowSelectionChange: (next) => onChoose(typeof next === "function" ? next(chosen) : next),
  });
  const found = table.getRowModel().rows;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: found.length, getScrollElement: () => box.current, estimateSize: () => HEIGHT, overscan: 12, getItemKey: (index) => found[index]?.id ?? index });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (isMore && last >= found.length - 20) onEnd();
  }, [last, found.length, isMore, onEnd]);
  const at = useRowKeys(found.map((row) => row.original), (index) => virtual.scrollToIndex(index), (index) => found[index]?.toggleSelected());
  const heads = table.getHeaderGroups()[0]?.headers.map((header) => header.column.id).join() ?? "";
  const columns = useMemo(() => heads.split(",").flatMap((id) => CELLS.get(id) ?? []), [heads]);
  const template = `1.5rem ${columns.map((column) => (isNarrow ? (NARROW[column.id] ?? column.width) : column.width)).join(" ")}`;
  const now = useRef(found);
  now.current = found;
  const toggle = useCallback((index: number) => now.current[index]?.toggleSelected(), []);
  return (
    <div ref={box} role="table" aria-label="Runs" aria-rowcount={isMore ? -1 : found.length + 1} tabIndex={0} className="max-h-[calc(100dvh-13rem)] overflow-auto rounded-lg border border-line bg-panel shadow-panel">
      <div className="sm:min-w-[46rem]">
        <div role="rowgroup" className="sticky top-0 z-10 bg-panel">
          <div role="row" style={{ gridTemplateColumns: template }} className="grid items-center gap-2 border-b border-line px-3 sm:gap-3 py-1.5 text-xs font-medium text-soft">
            <span role="columnheader">
              <input type="checkbox" aria-label="Choose all that are listed" className="accent-(--accent)" checked={table.getIsAllRowsSelected()} onChange={table.getToggleAllRowsSelectedHandler()} />
            </span>
            {columns.map((column) => (
              <span key={column.id} role="columnheader" className="truncate">
                {column.name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = found[item.index];
            if (!row) return null;
            const place = { index: item.index, start: item.start, height: item.size, isAt: item.index === at };
            return <Row key={row.id} row={row.original} columns={columns} template={template} isNarrow={isNarrow} isChosen={row.getIsSelected()} onToggle={toggle} {...place} />;
          })}
        </div>
      </div>
    </div>
  );
}

type RowProps = {
  row: RunRow;
  columns: RunColumn[];
  template: string;
  isNarrow: boolean;
  index: number;
  start: number;
  height: number;
  isAt: boolean;
  isChosen: boolean;
  onToggle: (index: number) => void;
};
/** Is drawn again only when something of it has changed: the list is, several times a second. */
const Row = memo(function Row({ row, columns, template, isNarrow, index, start, height, isAt, isChosen, onToggle }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      className={`absolute inset-x-0 grid items-center gap-2 sm:gap-3 border-b border-line/60 px-3 hover:bg-hover/70 ${isChosen ? "bg-accent-soft" : ""} ${isAt ? "shadow-[inset_2px_0_0_var(--accent)] bg-hover" : ""}`}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${start}px)` }}
    >
      <span role="cell">
        <input type="checkbox" aria-label={`Choose ${row.displayName}`} className="accent-(--accent)" checked={isChosen} onChange={() => onToggle(index)} />
      </span>
      {columns.map((column) => (
        <span key={column.id} role="cell" className="truncate">
          {column.cell(row)}
          {isNarrow && column.id === "status" && <EdgeProgress of={row} />}
        </span>
      ))}
    </div>
  );
});

/** `j` and `k` go through the rows, Enter opens one, `x` chooses it. */
function useRowKeys(rows: RunRow[], show: (index: number) => void, toggle: (index: number) => void): number {
  const [at, setAt] = useState(-1);
  const navigate = useNavigate();
  const go = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at + step));
    setAt(next);
    show(next);
  };
  const row = rows[at];
  useKeys({
    j: () => go(1),
    k: () => go(-1),
    ...(row ? { Enter: () => void navigate({ to: "/runs/$run", params: { run: row.workflowRunExternalId } }), x: () => toggle(at) } : {}),
  });
  return at;
}
