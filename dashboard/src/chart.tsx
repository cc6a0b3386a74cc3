/** The charts by the names that other pages know them by: points of the last hours, the newest at the right. */
import type { Schema } from "./api/client";
import { count, span } from "./format";
import { Chart } from "./kit/laterChart";

type Point = Schema["Point"];

const seconds = (point: Point) => Date.parse(point.time) / 1000;

export function Bars({ points, hours }: { points: Point[]; seconds: number; hours: number }) {
  const to = Date.now() / 1000;
  const failed = points.reduce((sum, point) => sum + point.FAILED, 0);
  const total = points.reduce((sum, point) => sum + point.SUCCEEDED + point.FAILED + point.CANCELLED, 0);
  return (
    <Chart
      bars
      label={`${count(total)} tasks ended, ${count(failed)} of them failed`}
      times={points.map(seconds)}
      from={to - hours * 3600}
      to={to}
      format={(value) => count(Math.round(value))}
      series={[
        { name: "completed", color: "good", values: points.map((point) => point.SUCCEEDED) },
        { name: "cancelled", color: "soft", values: points.map((point) => point.CANCELLED) },
        { name: "failed", color: "bad", values: points.map((point) => point.FAILED) },
      ]}
    />
  );
}

export function Lines({ points, hours }: { points: Point[]; hours: number }) {
  const to = Date.now() / 1000;
  const line = (name: string, color: string, which: "waited" | "ran", place: number) => ({
    name,
    color,
    values: points.map((point) => point[which][place] ?? null),
    dash: place ? [5, 4] : undefined,
  });
  return (
    <Chart
      log
      label="Waiting and running times of tasks"
      times={points.map(seconds)}
      from={to - hours * 3600}
      to={to}
      format={span}
      series={[line("waited", "wait", "waited", 0), line("waited, 95 %", "wait", "waited", 1), line("ran", "busy", "ran", 0), line("ran, 95 %", "busy", "ran", 1)]}
    />
  );
}
