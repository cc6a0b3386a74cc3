/** A run's trace: the engine's spans and those that SDKs and services sent, over time. */
import { useState } from "react";
import { api, read, type Schema, useLive } from "./api/client";
import { pretty, span } from "./format";
import { Button, Code, Panel } from "./ui";

type Span = Schema["RunSpan"];
type Node = { span: Span; depth: number; children: number };

const SHOWN = 200;
const milli = (text: string) => Number(BigInt(text) / 1000n) / 1000;
const beginOf = (each: Span) => milli(each.startTimeUnixNano);
const endOf = (each: Span) => (each.endTimeUnixNano ? milli(each.endTimeUnixNano) : Date.now());

/** Spans as a tree, flat: each below its parent. An attempt stands below the engine's span of its task in any case. */
export function nested(spans: Span[], folded: Set<string>): Node[] {
  const known = new Map(spans.map((each) => [each.spanId, each]));
  const ofTask = new Map<string, string>();
  for (const each of spans) {
    if (each.source === "ENGINE" && each.taskExternalId && each.name.startsWith("task ")) ofTask.set(each.taskExternalId, each.spanId);
  }
  const below = new Map<string, Span[]>();
  for (const each of spans) {
    let parent = each.parentSpanId && known.has(each.parentSpanId) ? each.parentSpanId : "";
    const above = known.get(parent);
    // Where the engine exports nothing, an attempt knows only what started its run.
    if (each.source === "OTLP" && each.kind === "CONSUMER" && each.taskExternalId && (!above || above.source === "OTLP") && above?.taskExternalId !== each.taskExternalId) {
      parent = ofTask.get(each.taskExternalId) ?? parent;
    }
    if (parent === each.spanId) parent = "";
    const there = below.get(parent);
    if (there) there.push(each);
    else below.set(parent, [each]);
  }
  const found: Node[] = [];
  const seen = new Set<string>();
  const walk = (parent: string, depth: number) => {
    for (const each of below.get(parent) ?? []) {
      if (seen.has(each.spanId)) continue;
      seen.add(each.spanId);
      const children = below.get(each.spanId)?.length ?? 0;
      found.push({ span: each, depth, children });
      if (!folded.has(each.spanId)) walk(each.spanId, depth + 1);
    }
  };
  walk("", 0);
  return found;
}

export function Spans({ run, over }: { run: string; over: boolean }) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState("");
  const [folded, setFolded] = useState<Set<string>>(new Set());
  const found = useLive(["spans", run], () => read(api.GET("/api/v1/stable/workflow-runs/{run}/spans", { params: { path: { run } } })), over ? 5000 : 2000);
  const spans = found.data?.rows ?? [];
  // The tasks over time are shown above: the engine's spans alone add nothing.
  if (!spans.some((each) => each.source === "OTLP")) return null;
  const begin = Math.min(...spans.map(beginOf));
  const end = Math.max(...spans.map(endOf), begin + 0.001);
  const wanted = search.trim().toLowerCase();
  const nodes = nested(spans, folded).filter(({ span: each }) => !wanted || `${each.name} ${each.serviceName} ${each.status} ${JSON.stringify(each.attributes)}`.toLowerCase().includes(wanted));
  const toggle = (id: string) => {
    const next = new Set(folded);
    if (!next.delete(id)) next.add(id);
    setFolded(next);
  };
  const failed = spans.filter((each) => each.status === "ERROR").length;
  return (
    <Panel
      title={`Trace: ${spans.length} spans${failed ? `, ${failed} failed` : ""}`}
      actions={<input aria-label="Search the spans" placeholder="name, attribute …" className="w-40 rounded border border-line bg-ground px-2 py-1" value={search} onChange={(event) => setSearch(event.target.value)} />}
    >
      <ol aria-label="Spans">
        {nodes.slice(0, SHOWN).map((node) => (
          <Line key={node.span.spanId} node={node} begin={begin} end={end} folded={folded.has(node.span.spanId)} chosen={chosen === node.span.spanId} onFold={() => toggle(node.span.spanId)} onChoose={() => setChosen(chosen === node.span.spanId ? "" : node.span.spanId)} />
        ))}
      </ol>
      {nodes.length > SHOWN && <p className="text-soft">{nodes.length - SHOWN} more: search, or fold some.</p>}
      {found.data?.pagination.next_page && <p className="text-soft">The first {spans.length} spans; the others are there over REST.</p>}
    </Panel>
  );
}

type LineProps = { node: Node; begin: number; end: number; folded: boolean; chosen: boolean; onFold: () => void; onChoose: () => void };
function Line({ node, begin, end, folded, chosen, onFold, onChoose }: LineProps) {
  const { span: each, depth, children } = node;
  const at = (time: number) => ((time - begin) / (end - begin)) * 100;
  const color = each.status === "ERROR" ? "bg-bad" : each.source === "ENGINE" ? "bg-soft/60" : "bg-busy";
  return (
    <li>
      <div className={`grid grid-cols-[minmax(7rem,1fr)_minmax(5rem,2fr)_4.5rem] items-center gap-2 rounded px-1 py-0.5 hover:bg-ground ${chosen ? "bg-ground" : ""}`}>
        <span className="flex min-w-0 items-center" style={{ paddingLeft: `${Math.min(depth, 8) * 0.75}rem` }}>
          {children > 0 ? (
            <button type="button" aria-label={`${folded ? "Unfold" : "Fold"} ${each.name}`} aria-expanded={!folded} className="w-5 shrink-0 cursor-pointer text-soft" onClick={onFold}>
              {folded ? "▸" : "▾"}
            </button>
          ) : (
            <span className="w-5 shrink-0" />
          )}
          <button type="button" aria-pressed={chosen} className={`min-w-0 cursor-pointer truncate text-left ${each.status === "ERROR" ? "text-bad" : ""}`} title={each.name} onClick={onChoose}>
            {each.name}
          </button>
        </span>
        <span className="relative h-3 rounded bg-line/50" aria-hidden="true">
          <span className={`absolute inset-y-0 min-w-0.5 rounded ${color}`} style={{ left: `${at(beginOf(each))}%`, right: `${Math.max(0, 100 - at(endOf(each)))}%` }} />
        </span>
        <span className="text-right text-soft tabular-nums">{each.endTimeUnixNano ? span((endOf(each) - beginOf(each)) / 1000) : "runs"}</span>
      </div>
      {chosen && <Detail span={each} begin={begin} onClose={onChoose} />}
    </li>
  );
}

function Detail({ span: each, begin, onClose }: { span: Span; begin: number; onClose: () => void }) {
  return (
    <div className="my-1 ml-5 rounded border border-line p-2">
      <p className="mb-2 flex flex-wrap items-center gap-x-6 text-soft">
        <span>{each.serviceName || "no service name"}</span>
        <span>{each.kind.toLowerCase()}</span>
        <span className={each.status === "ERROR" ? "text-bad" : ""}>{[each.status.toLowerCase(), each.statusMessage].filter(Boolean).join(": ")}</span>
        <span>begins after {span(Math.max(0, beginOf(each) - begin) / 1000)}</span>
        <span className="break-all">trace {each.traceId}</span>
        <Button onClick={onClose} className="ml-auto">
          Close
        </Button>
      </p>
      <Code label="Attributes">{pretty(each.attributes)}</Code>
      {each.events.length > 0 && <Code label="Events">{each.events.map((event) => `+${span(Math.max(0, milli(event.timeUnixNano) - beginOf(each)) / 1000)} ${event.name} ${pretty(event.attributes)}`).join("\n")}</Code>}
    </div>
  );
}
