/** Figures that the tasks of a workflow gave of their own, over a day. */
import { useState } from "react";
import { api, read, type Schema, tenant, useLive } from "./api/client";
import { clock, span } from "./format";
import { Field, input, Panel } from "./ui";

type Series = Schema["CustomSeries"];
type Point = Schema["CustomPoint"];
type What = "sum" | "count" | "min" | "max" | "avg";

const WIDTH = 300;
const HEIGHT = 80;
const WORDS: Record<What, string> = { sum: "sum", count: "number of values", min: "least", max: "greatest", avg: "average" };
const HOURS = [
  [1, "last hour"],
  [24, "last day"],
  [168, "last week"],
] as const;
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

export function CustomMetrics({ workflow }: { workflow: string }) {
  const [what, setWhat] = useState<What>("sum");
  const [hours, setHours] = useState(24);
  const [by, setBy] = useState("");
  const found = useLive(
    ["custom-metrics", workflow, hours, by],
    () => {
      const since = new Date(Date.now() - hours * 3600_000).toISOString();
      const query = { since, buckets: 60, by };
      return read(api.GET("/api/v1/stable/tenants/{tenant}/workflows/{workflow}/custom-metrics", { params: { path: { tenant: tenant(), workflow }, query } }));
    },
    5000,
  );
  const labels = [...new Set(Object.values(found.data?.labels ?? {}).flat())].sort();
  const series = found.data?.series ?? [];
  // A workflow without any is spared the panel.
  if (!found.data || (series.length === 0 && hours === 24 && !by)) return null;
  return (
    <Panel title="Figures of its own">
      <div className="mb-3 flex flex-wrap gap-3">
        <Field label="Shown">
          <select className={input} value={what} onChange={(event) => setWhat(event.target.value as What)}>
            {Object.entries(WORDS).map(([key, word]) => (
              <option key={key} value={key}>
                {word}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Figures of the">
          <select className={input} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
            {HOURS.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
        </Field>
        {labels.length > 0 && (
          <Field label="By label">
            <select className={input} value={by} onChange={(event) => setBy(event.target.value)}>
              <option value="">all together</option>
              {labels.map((label) => (
                <option key={label}>{label}</option>
              ))}
            </select>
          </Field>
        )}
      </div>
      {series.length === 0 && <p className="text-soft">No values in this time.</p>}
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {series.map((each) => (
          <li key={`${each.name}/${each.label}`}>
            <Chart series={each} what={what} hours={hours} seconds={found.data.seconds} by={by} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

type ChartProps = { series: Series; what: What; hours: number; seconds: number; by: string };
function Chart({ series, what, hours, seconds, by }: ChartProps) {
  const [shown, setShown] = useState<Point | null>(null);
  const values = series.points.map((point) => point[what]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const y = (value: number) => HEIGHT - ((value - low) / (high - low || 1)) * HEIGHT;
  const width = Math.max(3, (WIDTH * seconds) / (hours * 3600) - 1);
  const x = (point: Point) => WIDTH - ((Date.now() - Date.parse(point.time)) / (hours * 3600_000)) * WIDTH;
  const name = by ? `${series.name}, ${by} ${series.label || "–"}` : series.name;
  const total = short.format(series[what]);
  return (
    <figure>
      <figcaption className="mb-1 flex justify-between gap-2">
        <span className="font-medium break-all">{name}</span>
        <span className="tabular-nums">{total}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${name}: ${WORDS[what]} ${total}`} className="w-full border-b border-line">
        {series.points.map((point) => (
          <g key={point.time} onPointerEnter={() => setShown(point)} onPointerLeave={() => setShown(null)}>
            <rect x={x(point)} y={0} width={width} height={HEIGHT} fill="transparent" />
            <rect x={x(point)} y={Math.min(y(0), y(point[what]))} width={width} height={Math.max(1, Math.abs(y(point[what]) - y(0)))} fill="var(--busy)" />
          </g>
        ))}
      </svg>
      <p className="text-soft tabular-nums">{shown ? `${clock(shown.time)}: ${short.format(shown[what])}` : `${WORDS[what]}; a bar is ${span(seconds)}`}</p>
    </figure>
  );
}
