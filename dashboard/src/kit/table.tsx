import { type ColumnDef, createSortedRowModel, rowSortingFeature, sortFn_alphanumeric, sortFn_basic, tableFeatures, useTable } from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo } from "react";

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns: { basic: sortFn_basic, alphanumeric: sortFn_alphanumeric } });

/** A column; one with `sort` can be sorted by, `number` stands to the right. */
export type Column<T> = { head: string; cell: (row: T) => ReactNode; wide?: boolean; sort?: (row: T) => string | number; number?: boolean };
type TableProps<T> = { label: string; rows: T[]; columns: Column<T>[]; id: (row: T) => string };

export function Table<T>({ label, rows, columns, id }: TableProps<T>) {
  const heads = columns.map((column) => column.head).join("\n");
  // biome-ignore lint: cells are drawn from `columns` below; the table itself asks only for heads and sort values.
  const definitions = useMemo(
    () =>
      columns.map((column): ColumnDef<typeof features, T & object> => {
        const sort = column.sort;
        return sort
          ? { id: column.head, accessorFn: (row) => sort(row), sortFn: "basic", sortUndefined: "last" }
          : { id: column.head, enableSorting: false, accessorFn: () => null };
      }),
    [heads],
  );
  const table = useTable({ features, columns: definitions, data: rows as (T & object)[], getRowId: (row) => id(row) });
  const byHead = new Map(columns.map((column) => [column.head, column]));
  return (
    <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto">
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b border-line text-xs text-soft">
            {table.getHeaderGroups()[0]?.headers.map((header) => {
              const column = byHead.get(header.column.id);
              const sorted = column?.sort && header.column.getIsSorted();
              return (
                <th
                  key={header.id}
                  scope="col"
                  aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
                  className={`px-2 py-1.5 font-medium first:pl-4 last:pr-4 whitespace-nowrap ${column?.number ? "text-right" : ""}`}
                >
                  {column?.sort ? (
                    <button type="button" onClick={header.column.getToggleSortingHandler()} className="inline-flex items-center gap-1 hover:text-text">
                      {header.column.id}
                      {sorted === "asc" && <ArrowUp aria-hidden="true" size={12} />}
                      {sorted === "desc" && <ArrowDown aria-hidden="true" size={12} />}
                    </button>
                  ) : (
                    header.column.id
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="border-b border-line/60 last:border-0 hover:bg-hover/60">
              {columns.map((column) => (
                <td key={column.head} className={`px-2 py-2 align-top first:pl-4 last:pr-4 ${column.wide ? "min-w-36 break-words [overflow-wrap:anywhere]" : "whitespace-nowrap"} ${column.number ? "text-right tabular-nums" : ""}`}>
                  {column.cell(row.original)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
