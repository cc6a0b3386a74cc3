import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Empty } from "./empty";
import { Problem } from "./problem";

type LoadedProps<T> = { of: UseQueryResult<T>; children: (found: T) => ReactNode; empty?: ReactNode };
/** What was read, or why not; an empty list says what to do. */
export function Loaded<T>({ of, children, empty }: LoadedProps<T>) {
  if (of.data !== undefined) {
    const none = Array.isArray(of.data) && of.data.length === 0;
    return none && empty ? <Empty>{empty}</Empty> : <>{children(of.data)}</>;
  }
  if (of.error) return <Problem error={of.error} />;
  return <Skeleton />;
}

/** Stands where something will be, so that nothing jumps. */
export function Skeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div role="status" className="grid gap-2 py-1">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: rows }, (_, place) => (
        <span key={place} aria-hidden="true" className="h-4 animate-pulse rounded bg-line/60" style={{ width: `${90 - place * 17}%` }} />
      ))}
    </div>
  );
}
