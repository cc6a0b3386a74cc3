import { lookOf } from "./status";

/** Parts of a whole, by status. */
export function StatusBar({ counts, label }: { counts: Record<string, number>; label: string }) {
  const parts = Object.entries(counts).filter(([, number]) => number > 0);
  const total = parts.reduce((sum, [, number]) => sum + number, 0);
  const words = parts.map(([status, number]) => `${number} ${status.toLowerCase()}`).join(", ");
  return (
    <div role="img" aria-label={`${label}: ${words || "none"}`} title={words} className="flex h-2 w-full gap-px overflow-hidden rounded-full bg-line/60">
      {parts.map(([status, number]) => (
        <span key={status} className={lookOf(status).fill} style={{ width: `${(number / total) * 100}%` }} />
      ))}
    </div>
  );
}

/** How much of a worker's slots is taken. */
export function Slots({ kind, limit, free }: { kind: string; limit: number; free: number }) {
  const taken = limit - free;
  return (
    <div className="flex items-center gap-2 text-soft">
      <span className="w-14 truncate text-xs">{kind}</span>
      <meter aria-label={`${kind} slots in use`} className="sr-only" min={0} max={limit} value={taken} />
      <span aria-hidden="true" className="h-1.5 min-w-16 flex-1 overflow-hidden rounded-full bg-line/70">
        <span className={`block h-full rounded-full ${taken >= limit ? "bg-wait" : "bg-busy"}`} style={{ width: `${limit ? (taken / limit) * 100 : 0}%` }} />
      </span>
      <span className="min-w-14 text-right text-xs tabular-nums">
        {taken}/{limit}
      </span>
    </div>
  );
}
