/** Throughput, errors and latencies over a time. */
import type { Schema } from "../api/client";
import { count, span } from "../format";
import { Chart } from "../kit/laterChart";
import { Panel } from "../ui";

type Figures = Schema["Figures"];
type Slice = Schema["EndedInSlice"];
type ChartsProps = { figures: Figures; from: number; to: number; onZoom: (from: number, to: number) => void };

export function Charts({ figures, from, to, onZoom }: ChartsProps) {
  const slices = filled(figures, from, to);
  const times = slices.map((slice) => slice.at);
  const shared = { times, from, to, onZoom };
  const of = (value: (slice: Slice) => number | undefined) => slices.map(({ slice }) => (slice ? (value(slice) ?? null) : null));
  const { succeeded, failed, cancelled } = figures.total;
  const latency = (which: "waited" | "ran", color: string) => [
    { name: "median", color, values: of((slice) => slice[which]?.[0]) },
    { name: "95 %", color, values: of((slice) => slice[which]?.[1]), dash: [5, 4] },
    { name: "99 %", color, values: of((slice) => slice[which]?.[2]), dash: [2, 3] },
  ];
  return (
    <>
      <Panel title="Tasks that ended" actions={<span className="text-xs text-soft">a bar is {span(figures.seconds)}; drag to look closer</span>}>
        <Chart
          {...shared}
          bars
          label={`${count(succeeded + failed + cancelled)} tasks ended, ${count(failed)} of them failed`}
          format={(value) => count(Math.round(value))}
          series={[
            { name: "completed", color: "good", values: of((slice) => slice.succeeded) },
            { name: "cancelled", color: "soft", values: of((slice) => slice.cancelled) },
            { name: "failed", color: "bad", values: of((slice) => slice.failed) },
          ]}
        />
      </Panel>
      <div className="grid gap-x-4 lg:grid-cols-2">
        {(["waited", "ran"] as const).map((which) => (
          <Panel key={which} title={which === "waited" ? "Time in the queue" : "Time at a worker"}>
            <Chart {...shared} log label={`How long tasks ${which}: ${percentiles(figures.total[which])}`} format={span} series={latency(which, which === "waited" ? "wait" : "busy")} />
          </Panel>
        ))}
      </div>
    </>
  );
}

/** Every slice of the time, also those without a task. */
function filled(figures: Figures, from: number, to: number): { at: number; slice?: Slice }[] {
  const known = new Map(figures.slices.map((slice) => [Math.round((Date.parse(slice.time) / 1000 - from) / figures.seconds), slice]));
  const number = Math.max(1, Math.round((to - from) / figures.seconds));
  return Array.from({ length: number }, (_, place) => ({ at: from + place * figures.seconds, slice: known.get(place) }));
}

/** Percentiles in words. */
export function percentiles(values: number[] | undefined): string {
  const [half, most, nearly] = values ?? [];
  if (half === undefined || most === undefined || nearly === undefined) return "–";
  return `median ${span(half)}, 95 % ${span(most)}, 99 % ${span(nearly)}`;
}
