/** Small charts over time. */
import { useState } from "react";
import type { Schema } from "./api/client";
import { clock, count, span } from "./format";

type Point = Schema["Point"];
const WIDTH = 600;
const HEIGHT = 140;

const x = (point: Point, hours: number) => WIDTH - ((Date.now() - Date.parse(point.time)) / (hours * 3600_000)) * WIDTH;

export function Bars({ points, seconds, hours }: { points: Point[]; seconds: number; hours: number }) {
  const [shown, setShown] = useState<Point | null>(null);
  const most = Math.max(1, ...points.map((point) => point.SUCCEEDED + point.FAILED + point.CANCELLED));
  const width = Math.max(2, WIDTH / 60 - 1);
  const total = points.reduce((sum, point) => sum + point.SUCCEEDED + point.FAILED + point.CANCELLED, 0);
  const failed = points.reduce((sum, point) => sum + point.FAILED, 0);
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${count(total)} tasks ended, ${count(failed)} of them failed`} className="w-full">
        {points.map((point) => {
          const parts: [number, string][] = [
            [point.SUCCEEDED, "var(--good)"],
            [point.FAILED, "var(--bad)"],
            [point.CANCELLED, "var(--soft)"],
          ];
          let top = HEIGHT;
          return (
            <g key={point.time} onPointerEnter={() => setShown(point)} onPointerLeave={() => setShown(null)}>
              <rect x={x(point, hours)} y={0} width={width} height={HEIGHT} fill="transparent" />
              {parts.map(([number, color]) => {
                const height = (number / most) * HEIGHT;
                top -= height;
                return <rect key={color} x={x(point, hours)} y={top} width={width} height={height} fill={color} />;
              })}
            </g>
          );
        })}
      </svg>
      <figcaption className="text-soft tabular-nums">
        {shown
          ? `${clock(shown.time)}: ${count(shown.SUCCEEDED)} completed, ${count(shown.FAILED)} failed, ${count(shown.CANCELLED)} cancelled`
          : `${count(total)} tasks, ${(total / (hours * 3600)).toFixed(2)} a second, ${total ? ((failed / total) * 100).toFixed(1) : 0} % failed; a bar is ${span(seconds)}`}
      </figcaption>
    </figure>
  );
}

export function Lines({ points, hours }: { points: Point[]; hours: number }) {
  const series: [string, string, (point: Point) => number | undefined, string][] = [
    ["waited", "var(--wait)", (point) => point.waited[0], ""],
    ["waited, 95 %", "var(--wait)", (point) => point.waited[1], "4 3"],
    ["ran", "var(--busy)", (point) => point.ran[0], ""],
    ["ran, 95 %", "var(--busy)", (point) => point.ran[1], "4 3"],
  ];
  const values = series.flatMap(([, , value]) => points.map((point) => value(point) ?? 0));
  const most = Math.max(0.001, ...values);
  const last = points.at(-1);
  // Times span many magnitudes: the height is their logarithm.
  const y = (value: number) => HEIGHT - 4 - (Math.log1p(value * 1000) / Math.log1p(most * 1000)) * (HEIGHT - 10);
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="Waiting and running times of tasks" className="w-full">
        {series.map(([name, color, value, dash]) => (
          <polyline
            key={name}
            fill="none"
            stroke={color}
            strokeWidth={2}
            strokeDasharray={dash}
            points={points
              .filter((point) => value(point) !== undefined)
              .map((point) => `${x(point, hours)},${y(value(point) ?? 0)}`)
              .join(" ")}
          />
        ))}
      </svg>
      <figcaption className="flex flex-wrap gap-x-4 text-soft tabular-nums">
        {series.map(([name, color, value]) => (
          <span key={name}>
            <span aria-hidden="true" style={{ color }}>
              ▬
            </span>{" "}
            {name} {last && value(last) !== undefined ? span(value(last) ?? 0) : "–"}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
