/** Choosing a time: a preset, or from one moment to another. */
import { CalendarRange } from "lucide-react";
import { useState } from "react";
import type { TimeFilter } from "../filters";
import { Button, Field, input, Popover } from "../ui";

export const PRESETS: readonly (readonly [number, string])[] = [
  [0.25, "Last 15 minutes"],
  [1, "Last hour"],
  [6, "Last 6 hours"],
  [24, "Last day"],
  [168, "Last week"],
  [720, "Last 30 days"],
];
const EXACT: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
const short = (text: string) => new Date(text).toLocaleString("en", EXACT);

/** A time in words. */
export function timeName(time: TimeFilter, hours: number): string {
  if (time.from) return `${short(time.from)} – ${time.to ? short(time.to) : "now"}`;
  const wanted = time.hours ?? hours;
  return PRESETS.find(([each]) => each === wanted)?.[1] ?? `Last ${wanted} hours`;
}

/** A moment as a field of a form has it: in the zone of this browser. */
function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

type RangeProps = { time: TimeFilter; hours: number; onChange: (time: TimeFilter) => void };
export function TimeRange({ time, hours, onChange }: RangeProps) {
  const [open, setOpen] = useState(false);
  const choose = (next: TimeFilter) => {
    setOpen(false);
    onChange({ hours: undefined, from: undefined, to: undefined, ...next });
  };
  return (
    <Popover
      label="Time"
      align="end"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button aria-label={`Time: ${timeName(time, hours)}`}>
          <CalendarRange aria-hidden="true" size={15} className="text-soft" />
          {timeName(time, hours)}
        </Button>
      }
    >
      <div className="grid gap-3 sm:grid-cols-[10rem_14rem]">
        <div className="grid content-start gap-0.5">
          {PRESETS.map(([each, name]) => (
            <button
              key={each}
              type="button"
              aria-pressed={!time.from && (time.hours ?? hours) === each}
              onClick={() => choose({ hours: each === hours ? undefined : each })}
              className="rounded-md px-2 py-1 text-left hover:bg-hover aria-pressed:bg-hover aria-pressed:font-medium"
            >
              {name}
            </button>
          ))}
        </div>
        <Exact time={time} hours={hours} onChoose={choose} />
      </div>
    </Popover>
  );
}

function Exact({ time, hours, onChoose }: { time: TimeFilter; hours: number; onChoose: (time: TimeFilter) => void }) {
  const [from, setFrom] = useState(() => local(time.from ? new Date(time.from) : new Date(Date.now() - (time.hours ?? hours) * 3600_000)));
  const [to, setTo] = useState(() => (time.to ? local(new Date(time.to)) : ""));
  const isWrong = !from || (to !== "" && to <= from);
  return (
    <form
      className="grid content-start gap-2 border-line max-sm:border-t max-sm:pt-3 sm:border-l sm:pl-3"
      onSubmit={(event) => {
        event.preventDefault();
        onChoose({ from: new Date(from).toISOString(), to: to ? new Date(to).toISOString() : undefined });
      }}
    >
      <Field label="From">
        <input type="datetime-local" required className={`${input} w-full`} value={from} onChange={(event) => setFrom(event.target.value)} />
      </Field>
      <Field label="To (empty: now)">
        <input type="datetime-local" className={`${input} w-full`} value={to} onChange={(event) => setTo(event.target.value)} />
      </Field>
      {isWrong && (
        <p role="alert" className="text-bad">
          The end must be after the begin.
        </p>
      )}
      <Button type="submit" tone="strong" disabled={isWrong}>
        Show this time
      </Button>
    </form>
  );
}
