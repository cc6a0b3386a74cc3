/** How something stands: a mark, a word and a colour, never a colour alone. */
import { Ban, CalendarClock, Circle, CircleCheck, CircleDashed, CirclePause, CircleX, Clock, LoaderCircle, type LucideIcon, SkipForward } from "lucide-react";

type Look = { icon: LucideIcon; text: string; soft: string; fill: string; turns?: boolean };
const GOOD = { text: "text-good", soft: "bg-good-soft", fill: "bg-good" };
const BAD = { text: "text-bad", soft: "bg-bad-soft", fill: "bg-bad" };
const SOFT = { text: "text-soft", soft: "bg-sunk", fill: "bg-soft" };
const BUSY = { text: "text-busy", soft: "bg-busy-soft", fill: "bg-busy" };
const WAIT = { text: "text-wait", soft: "bg-wait-soft", fill: "bg-wait" };
const LOOKS: Record<string, Look> = {
  COMPLETED: { icon: CircleCheck, ...GOOD },
  SUCCEEDED: { icon: CircleCheck, ...GOOD },
  ACTIVE: { icon: CircleCheck, ...GOOD },
  FAILED: { icon: CircleX, ...BAD },
  CANCELLED: { icon: Ban, ...SOFT },
  INACTIVE: { icon: CircleDashed, ...SOFT },
  SKIPPED: { icon: SkipForward, ...SOFT },
  RUNNING: { icon: LoaderCircle, ...BUSY, turns: true },
  QUEUED: { icon: Clock, ...WAIT },
  PAUSED: { icon: CirclePause, ...WAIT },
  SCHEDULED: { icon: CalendarClock, ...WAIT },
};
const UNKNOWN: Look = { icon: Circle, ...SOFT };

/** Mark and colours of a status. */
export const lookOf = (value: string): Look => LOOKS[value] ?? UNKNOWN;

export function StatusMark({ value, size = 15 }: { value: string; size?: number }) {
  const look = lookOf(value);
  const turns = look.turns ? "animate-[spin_2.4s_linear_infinite]" : "";
  return <look.icon aria-hidden="true" size={size} strokeWidth={2.25} className={`shrink-0 ${look.text} ${turns}`} />;
}

export function Status({ value, pill = false }: { value: string; pill?: boolean }) {
  const look = lookOf(value);
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${look.text} ${pill ? `rounded-full px-2 py-0.5 ${look.soft}` : ""}`}>
      <StatusMark value={value} />
      {value.toLowerCase()}
    </span>
  );
}
