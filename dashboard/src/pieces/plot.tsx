/** Charts over time: bars that add up, and lines. A stretch that is dragged over is zoomed to. */
import { type PointerEvent, useState } from "react";
import { clock, count } from "../format";

export type Series = { key: string; name: string; color: string; dash?: string };
export type Slice = { time: string; values: Record<string, number | undefined> };
type PlotProps = {
  label: string;
  since: number;
  until: number;
  seconds: number;
  slices: Slice[];
  series: Series[];
  /** Words for a value. */
  show?: (value: number) => string;
  onZoom?: (since: number, until: number) => void;
};

const WIDTH = 600;
const HEIGHT = 110;

function useDrag(since: number, until: number, onZoom?: PlotProps["onZoom"]) {
  const [from, setFrom] = useState<number | null>(null);
  const [to, setTo] = useState(0);
  const place = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(WIDTH, Math.max(0, ((event.clientX - box.left) / box.width) * WIDTH));
  };
  const timeAt = (x: number) => since + (x / WIDTH) * (until - since);
  const zooms = from !== null && Math.abs(to - from) > 6;
  return {
    mark: zooms ? { x: Math.min(from, to), width: Math.abs(to - from) } : null,
    props: onZoom
      ? {
          onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
            setFrom(place(event));
            setTo(place(event));
          },
          onPointerMove: (event: PointerEvent<SVGSVGElement>) => from !== null && setTo(place(event)),
          onPointerUp: () => {
            if (zooms) onZoom(timeAt(Math.min(from, to)), timeAt(Math.max(from, to)));
            setFrom(null);
          },
          onPointerLeave: () => setFrom(null),
        }
      : {},
  };
}

export function TimeBars({ label, since, until, seconds, slices, series, onZoom }: PlotProps) {
  const [shown, setShown] = useState<Slice | null>(null);
  const drag = useDrag(since, until, onZoom);
  const total = (slice: Slice) => series.reduce((sum, { key }) => sum + (slice.values[key] ?? 0), 0);
  const most = Math.max(1, ...slices.map(total));
  const width = Math.max(1.5, ((seconds * 1000) / (until - since)) * WIDTH - 1);
  const x = (slice: Slice) => ((Date.parse(slice.time) - since) / (until - since)) * WIDTH;
  const words = series.map(({ key, name }) => `${count(slices.reduce((sum, slice) => sum + (slice.values[key] ?? 0), 0))} ${name}`).join(", ");
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${label}: ${words}`} className={`h-28 w-full ${onZoom ? "cursor-crosshair touch-none" : ""}`} {...drag.props}>
        <line x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
        {slices.map((slice) => {
          let top = HEIGHT;
          return (
            <g key={slice.time} onPointerEnter={() => setShown(slice)} onPointerLeave={() => setShown(null)}>
              <rect x={x(slice)} y={0} width={width + 1} height={HEIGHT} fill="transparent" />
              {series.map(({ key, color }) => {
                const height = ((slice.values[key] ?? 0) / most) * (HEIGHT - 6);
                top -= height;
                return height > 0 ? <rect key={key} x={x(slice)} y={top} width={width} height={height} fill={color} opacity={shown && shown !== slice ? 0.5 : 1} /> : null;
              })}
            </g>
          );
        })}
        {drag.mark && <rect x={drag.mark.x} y={0} width={drag.mark.width} height={HEIGHT} fill="var(--accent)" opacity={0.15} />}
      </svg>
      <Times since={since} until={until} />
      <Legend series={series} text={shown ? (key) => count(shown.values[key] ?? 0) : (key) => count(slices.reduce((sum, slice) => sum + (slice.values[key] ?? 0), 0))} at={shown?.time} />
    </figure>
  );
}

export function TimeLines({ label, since, until, slices, series, show = (value) => String(value) }: PlotProps) {
  const [shown, setShown] = useState<Slice | null>(null);
  const values = slices.flatMap((slice) => series.map(({ key }) => slice.values[key] ?? 0));
  const most = Math.max(Number.EPSILON, ...values);
  const x = (slice: Slice) => ((Date.parse(slice.time) - since) / (until - since)) * WIDTH;
  const y = (value: number) => HEIGHT - 2 - (value / most) * (HEIGHT - 8);
  const last = slices.at(-1);
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    setShown(slices.reduce<Slice | null>((best, slice) => (!best || Math.abs(x(slice) - at) < Math.abs(x(best) - at) ? slice : best), null));
  };
  const now = shown ?? last;
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${label}: ${series.map(({ key, name }) => `${name} ${last?.values[key] === undefined ? "–" : show(last.values[key] ?? 0)}`).join(", ")}`} className="h-28 w-full" onPointerMove={point} onPointerLeave={() => setShown(null)}>
        <line x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
        {shown && <line x1={x(shown)} x2={x(shown)} y1={0} y2={HEIGHT} stroke="var(--soft)" strokeDasharray="2 2" vectorEffect="non-scaling-stroke" />}
        {series.map(({ key, color, dash }) => {
          const known = slices.filter((slice) => slice.values[key] !== undefined);
          const only = known.length === 1 ? known[0] : undefined;
          return only ? (
            <line key={key} x1={x(only) - 3} x2={x(only) + 3} y1={y(only.values[key] ?? 0)} y2={y(only.values[key] ?? 0)} stroke={color} strokeWidth={2} vectorEffect="non-scaling-stroke" />
          ) : (
            <polyline key={key} fill="none" stroke={color} strokeWidth={1.75} strokeDasharray={dash} vectorEffect="non-scaling-stroke" points={known.map((slice) => `${x(slice)},${y(slice.values[key] ?? 0)}`).join(" ")} />
          );
        })}
      </svg>
      <Times since={since} until={until} />
      <Legend series={series} text={(key) => (now?.values[key] === undefined ? "–" : show(now.values[key] ?? 0))} at={shown?.time} />
    </figure>
  );
}

function Times({ since, until }: { since: number; until: number }) {
  const long = until - since > 24 * 3600_000;
  const text = (at: number) => new Date(at).toLocaleString([], long ? { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (
    <div aria-hidden="true" className="flex justify-between text-xs text-soft tabular-nums">
      <span>{text(since)}</span>
      <span className="hidden sm:inline">{text((since + until) / 2)}</span>
      <span>{text(until)}</span>
    </div>
  );
}

function Legend({ series, text, at }: { series: Series[]; text: (key: string) => string; at?: string }) {
  return (
    <figcaption className="mt-1 flex flex-wrap gap-x-4 text-xs text-soft tabular-nums">
      {series.map(({ key, name, color, dash }) => (
        <span key={key} className="inline-flex items-center gap-1.5">
          <svg aria-hidden="true" width="12" height="8">
            <line x1={0} x2={12} y1={4} y2={4} stroke={color} strokeWidth={dash ? 2 : 6} strokeDasharray={dash} />
          </svg>
          {name} <span className="text-text">{text(key)}</span>
        </span>
      ))}
      {at && <span>{clock(at)}</span>}
    </figcaption>
  );
}
