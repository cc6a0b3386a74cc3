/** Charts over time (uPlot): bars that stand on each other, or lines. A module of its own, loaded when one is shown. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useIsDark } from "../shell/theme";

export type Series = { name: string; color: string; values: (number | null)[]; dash?: number[] };
type ChartProps = {
  label: string;
  /** Seconds since 1970; the begin of each slice. */
  times: number[];
  series: Series[];
  bars?: boolean;
  /** Heights are logarithms: for times that span magnitudes. */
  log?: boolean;
  format: (value: number) => string;
  from: number;
  to: number;
  onZoom?: (from: number, to: number) => void;
};
const HEIGHT = 180;

/** What a color of the theme is now: a canvas does not know variables. */
function colorOf(name: string, place: HTMLElement): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  place.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export default function Chart({ label, times, series, bars = false, log = false, format, from, to, onZoom }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [at, setAt] = useState<number | null>(null);
  const isDark = useIsDark();
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const names = series.map((each) => each.name).join();
  const drawn = bars ? stacked(series) : series.map((each) => each.values.map((value) => (log && value !== null ? Math.max(value, 0.0005) : value)));

  // biome-ignore lint: a plot is made anew for another theme or other series; its data is set below.
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const made = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { y: false, points: { show: !bars }, drag: { x: zoom.current !== undefined, y: false, setScale: false } },
        scales: { y: log ? { distr: 3, range: (_, low, high) => logRange(low, high) } : { range: (_, __, high) => [0, Math.max(1, high * 1.05)] } },
        axes: axes(place, format, log),
        series: [{}, ...series.map((each) => drawing(each, bars, place))],
        hooks: {
          setCursor: [(self) => setAt(self.cursor.idx ?? null)],
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              if (width > 4) zoom.current?.(self.posToVal(left, "x"), self.posToVal(left + width, "x"));
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [[], ...series.map(() => [])],
      place,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }));
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [isDark, names, bars, log]);

  useEffect(() => {
    plot.current?.setData([times, ...drawn], false);
    plot.current?.batch(() => {
      plot.current?.setScale("x", { min: from, max: to });
    });
  });

  const shown = at !== null && at < times.length ? at : null;
  return (
    <figure>
      <div ref={box} role="img" aria-label={label} className="w-full" style={{ minHeight: HEIGHT }} />
      <figcaption className="mt-1 flex flex-wrap gap-x-4 text-xs text-soft tabular-nums">
        {series.map((each) => {
          const value = shown === null ? null : each.values[shown];
          return (
            <span key={each.name} className="inline-flex items-center gap-1.5">
              <svg aria-hidden="true" width="12" height="8">
                {bars ? (
                  <rect width="10" height="8" rx="2" fill={`var(--${each.color})`} />
                ) : (
                  <line x1="0" x2="12" y1="4" y2="4" stroke={`var(--${each.color})`} strokeWidth="2" strokeDasharray={each.dash?.join(" ")} />
                )}
              </svg>
              {each.name}
              {value !== null && value !== undefined && <b className="font-medium text-text">{format(value)}</b>}
            </span>
          );
        })}
        <span className="ml-auto">{shown === null ? "" : new Date((times[shown] ?? 0) * 1000).toLocaleString()}</span>
      </figcaption>
    </figure>
  );
}

/** Each stands on those after it; drawn in this order, the higher ones do not hide the lower. */
function stacked(series: Series[]): (number | null)[][] {
  const sums: number[] = [];
  return [...series]
    .reverse()
    .map((each) => each.values.map((value, place) => (sums[place] = (sums[place] ?? 0) + (value ?? 0))))
    .reverse();
}

function logRange(low: number | null, high: number | null): [number, number] {
  const decade = (value: number) => Math.log10(Math.max(value, 0.0005));
  return [10 ** Math.floor(decade(low ?? 0.001)), 10 ** Math.ceil(decade((high ?? 1) * 1.01))];
}

const DAY = 86_400;
function moments(_: uPlot, splits: number[]): string[] {
  const isLong = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > 1.5 * DAY;
  const isShort = (splits[1] ?? 0) - (splits[0] ?? 0) < 60;
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: isShort ? "2-digit" : undefined, hour12: false };
  const look = isLong ? ({ month: "short", day: "numeric" } as const) : clock;
  return splits.map((split) => new Date(split * 1000).toLocaleString("en", look));
}

/** Powers of ten, with a third of each where there are few. */
function decades(_: uPlot, __: number, low: number, high: number): number[] {
  const [first, last] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (___, place) => 10 ** (first + place));
  return last - first > 2 ? powers : powers.flatMap((power) => (power < high * 0.99 ? [power, power * 3] : [power]));
}

function axes(place: HTMLElement, format: (value: number) => string, log: boolean): uPlot.Axis[] {
  const [stroke, line] = [colorOf("soft", place), colorOf("line", place)];
  const look = { stroke, font: "11px system-ui, sans-serif", ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return [
    { ...look, grid: { show: false }, space: 70, size: 28, values: moments },
    { ...look, size: 62, space: 34, ...(log ? { splits: decades, filter: (_, splits) => splits } : {}), values: (_, splits) => splits.map((value) => (value === null ? "" : format(value))) },
  ];
}

function drawing(each: Series, bars: boolean, place: HTMLElement): uPlot.Series {
  const color = colorOf(each.color, place);
  if (!bars) return { label: each.name, stroke: color, width: 2, dash: each.dash, spanGaps: true, points: { show: true, size: 4, fill: color } };
  return { label: each.name, stroke: color, fill: color, width: 0, paths: uPlot.paths.bars?.({ size: [0.85, 40], align: 1 }), points: { show: false } };
}
