import { useEffect, useReducer } from "react";
import { ago, clock } from "../format";

/** How long ago, which stays right while it is looked at; the exact time is its title. */
export function Ago({ at }: { at: string | null | undefined }) {
  useTick(at ? 5000 : 0);
  if (!at) return <>–</>;
  return (
    <time dateTime={at} title={clock(at)} className="whitespace-nowrap tabular-nums">
      {ago(at)}
    </time>
  );
}

type Clock = { readers: Set<() => void>; timer: number };
const clocks = new Map<number, Clock>();

/** Draws again every so many milliseconds, together with all others that do; 0 does not. */
export function useTick(every: number) {
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!every) return;
    const readers = clocks.get(every)?.readers ?? new Set<() => void>();
    if (readers.size === 0) {
      const timer = window.setInterval(() => {
        for (const tell of readers) tell();
      }, every);
      clocks.set(every, { readers, timer });
    }
    readers.add(tick);
    return () => {
      readers.delete(tick);
      if (readers.size > 0) return;
      window.clearInterval(clocks.get(every)?.timer);
      clocks.delete(every);
    };
  }, [every]);
}
