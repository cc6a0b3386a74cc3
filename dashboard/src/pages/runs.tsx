/** All runs: live, filtered, changed many at a time. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Columns3, Download, ListTree, Play, SearchX } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { RunFilters } from "../filters";
import { count, countRuns } from "../format";
import { Bulk } from "../runs/bulk";
import { COLUMNS, useColumns } from "../runs/columns";
import { FilterBar } from "../runs/filterBar";
import { useRuns } from "../runs/find";
import { Start } from "../runs/start";
import { RunTable, type Selection } from "../runs/table";
import { MOST_TAKEN, take } from "../runs/take";
import { Views } from "../runs/views";
import { useKeys } from "../shell/keys";
import { Button, Empty, IconButton, Menu, MenuCheck, MenuItem, MenuLabel, Page, Problem, Skeleton, toast } from "../ui";

export function Runs() {
  const filters = useSearch({ from: "/runs" });
  const navigate = useNavigate();
  const set = (change: Partial<RunFilters>) => void navigate({ to: "/runs", search: { ...filters, ...change }, replace: true });
  const [chosen, setChosen] = useState<Selection>({});
  const [isAll, setAll] = useState(false);
  const [columns, setColumns] = useColumns();
  const runs = useRuns(filters);
  const rows = useMemo(() => unique(runs.data?.pages.flatMap((page) => page.rows) ?? []), [runs.data]);
  const ids = Object.keys(chosen).filter((id) => chosen[id]);
  const clear = () => {
    setChosen({});
    setAll(false);
  };
  useKeys({ c: () => set({ start: "*" }) });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = runs;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  return (
    <Page
      title="Runs"
      actions={
        <>
          <ColumnMenu shown={columns} onChange={setColumns} />
          <Take filters={filters} />
          <Button tone="strong" onClick={() => set({ start: "*" })}>
            <Play aria-hidden="true" size={14} />
            Start a run
          </Button>
        </>
      }
    >
      <Views filters={filters} />
      <FilterBar filters={filters} set={set} />
      <Problem error={runs.error} />
      {(ids.length > 0 || isAll) && (
        <Bulk filters={filters} ids={ids} isAll={isAll} canAll={ids.length >= rows.length} onAll={() => setAll(true)} onClear={clear} />
      )}
      {runs.isPending && !runs.error ? (
        <Skeleton rows={5} />
      ) : rows.length === 0 ? (
        <Nothing filters={filters} />
      ) : (
        <RunTable
          rows={rows}
          shown={columns}
          chosen={chosen}
          onChoose={(next) => {
            setAll(false);
            setChosen(next);
          }}
          onEnd={more}
          isMore={hasNextPage}
        />
      )}
      <p className="mt-2 text-xs text-soft tabular-nums" role="status">
        {rows.length > 0 && `${countRuns(rows.length)}${hasNextPage ? ", more as you scroll" : ""}`}
      </p>
      {filters.start && <Start given={{ workflow: filters.start === "*" ? "" : filters.start }} onClose={() => set({ start: undefined })} />}
    </Page>
  );
}

/** A run that moved from one page to the next while they were read is listed once. */
function unique<T extends { metadata: { id: string } }>(rows: T[]): T[] {
  return [...new Map(rows.map((row) => [row.metadata.id, row])).values()];
}

function Nothing({ filters }: { filters: RunFilters }) {
  const isNarrowed = Object.entries(filters).some(([key, value]) => value !== undefined && key !== "start");
  return (
    <div className="rounded-lg border border-line bg-panel">
      {isNarrowed ? (
        <Empty icon={SearchX} title="No run fits">
          Take a filter away, or choose a longer time.
        </Empty>
      ) : (
        <Empty icon={ListTree} title="No run in the last day" command={`mattock run WORKFLOW --input '{"name": "Ada"}'`}>
          Start one here, by the command line, or from your program.
        </Empty>
      )}
    </div>
  );
}

function ColumnMenu({ shown, onChange }: { shown: string[]; onChange: (ids: string[]) => void }) {
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="Columns" className="max-sm:hidden">
          <Columns3 aria-hidden="true" size={16} />
        </IconButton>
      }
    >
      <MenuLabel>Columns</MenuLabel>
      {COLUMNS.map(({ id, name }) => (
        <MenuCheck key={id} checked={shown.includes(id)} onChange={(on) => onChange(on ? [...shown, id] : shown.filter((each) => each !== id))}>
          {name}
        </MenuCheck>
      ))}
    </Menu>
  );
}

function Take({ filters }: { filters: RunFilters }) {
  const [taken, setTaken] = useState<number | null>(null);
  const start = (kind: "json" | "csv") => {
    setTaken(0);
    take(filters, kind, setTaken)
      .then(
        (number) => toast(`${count(number)} runs are in runs.${kind}${number >= MOST_TAKEN ? "; there are more, narrow the filter for the rest" : ""}`),
        (error: Error) => toast(error.message, "bad"),
      )
      .finally(() => setTaken(null));
  };
  return (
    <Menu
      align="end"
      trigger={
        <Button disabled={taken !== null}>
          <Download aria-hidden="true" size={14} />
          {taken === null ? "Export" : `${count(taken)}…`}
        </Button>
      }
    >
      <MenuItem onSelect={() => start("json")}>All that fit, as JSON</MenuItem>
      <MenuItem onSelect={() => start("csv")}>All that fit, as CSV</MenuItem>
    </Menu>
  );
}
