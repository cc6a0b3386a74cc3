import { useEffect, useState } from "react";
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

/** Draws again every so many milliseconds; 0 does not. */
export function useTick(every: number) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!every) return;
    const timer = window.setInterval(() => tick((value) => value + 1), every);
    return () => window.clearInterval(timer);
  }, [every]);
}
