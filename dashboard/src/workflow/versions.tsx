/** The versions of a workflow, and what is different between two of them. */
import { structuredPatch } from "diff";
import type { Schema } from "../api/client";
import { clock } from "../format";
import { useAddress } from "../pieces/address";
import { CopyButton, Nothing } from "../pieces/view";
import { Button, Code, input, Panel } from "../ui";
import { useVersion } from "./data";

type Meta = Schema["VersionMeta"];
type Line = { kind: " " | "-" | "+"; old?: number; fresh?: number; text: string };

export default function Versions({ workflow, versions }: { workflow: string; versions: Meta[] }) {
  const { get, set } = useAddress();
  const [newest, second] = versions;
  const to = versions.find((each) => each.metadata.id === get("to")) ?? newest;
  const from = versions.find((each) => each.metadata.id === get("from")) ?? versions[versions.findIndex((each) => each === to) + 1] ?? second;
  const split = get("view") === "split";
  const after = useVersion(workflow, to?.metadata.id);
  const before = useVersion(workflow, from?.metadata.id ?? "");
  const text = JSON.stringify(after.data?.workflowConfig ?? {}, null, 2);
  if (!to) return null;
  const known = from && before.data && after.data && before.data.metadata.id === from.metadata.id && after.data.metadata.id === to.metadata.id;
  return (
    <>
      <Panel
        title="What is different"
        actions={
          <span role="group" aria-label="How to show it" className="flex gap-1">
            <Button aria-pressed={!split} className={split ? "text-soft" : "!border-soft"} onClick={() => set({ view: undefined })}>
              Unified
            </Button>
            <Button aria-pressed={split} className={split ? "!border-soft" : "text-soft"} onClick={() => set({ view: "split" })}>
              Side by side
            </Button>
          </span>
        }
      >
        {from && from !== to ? (
          <>
            <div className="mb-3 flex flex-wrap items-center gap-2">
              <Choice label="From version" versions={versions} value={from} onChange={(id) => set({ from: id })} />
              <span className="text-soft">to</span>
              <Choice label="To version" versions={versions} value={to} onChange={(id) => set({ to: id })} />
            </div>
            {known ? <Difference before={JSON.stringify(before.data?.workflowConfig, null, 2)} after={text} split={split} /> : <p role="status" className="text-soft">Loading…</p>}
          </>
        ) : (
          <Nothing title="There is one version so far">A worker that registers another definition makes the next one.</Nothing>
        )}
      </Panel>
      <Panel title={`Definition, version ${to.order}`} actions={<CopyButton text={text} label="Copy the definition" />}>
        <Code label="Definition">{text}</Code>
      </Panel>
    </>
  );
}

function Choice({ label, versions, value, onChange }: { label: string; versions: Meta[]; value: Meta; onChange: (id: string) => void }) {
  return (
    <select aria-label={label} className={`${input} max-w-full`} value={value.metadata.id} onChange={(event) => onChange(event.target.value)}>
      {versions.map((each) => (
        <option key={each.metadata.id} value={each.metadata.id}>
          {each.order}
          {each.version ? ` (${each.version})` : ""}, {clock(each.metadata.createdAt)}
        </option>
      ))}
    </select>
  );
}

const LOOK = { " ": "", "-": "bg-bad/12", "+": "bg-good/12" };

function Difference({ before, after, split }: { before: string; after: string; split: boolean }) {
  const { hunks } = structuredPatch("", "", before, after, "", "", { context: 4 });
  if (hunks.length === 0) return <Nothing title="They are the same" />;
  return (
    <div role="region" aria-label="Differences" tabIndex={0} className="overflow-x-auto rounded border border-line bg-ground font-mono text-xs">
      <table className="w-full border-collapse">
        <caption className="sr-only">Differences</caption>
        {hunks.map((hunk) => (
          <tbody key={`${hunk.oldStart}/${hunk.newStart}`}>
            <tr>
              <td colSpan={4} className="bg-panel px-2 py-0.5 text-soft">
                lines {hunk.oldStart} to {hunk.oldStart + hunk.oldLines - 1}
              </td>
            </tr>
            {split ? pairsOf(linesOf(hunk)).map(([left, right], place) => <Pair key={place} left={left} right={right} />) : linesOf(hunk).map((line, place) => <Single key={place} line={line} />)}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Single({ line }: { line: Line }) {
  return (
    <tr className={LOOK[line.kind]}>
      <td className="w-10 px-2 text-right text-soft select-none">{line.old}</td>
      <td className="w-10 px-2 text-right text-soft select-none">{line.fresh}</td>
      <td className="w-4 text-center">{line.kind}</td>
      <td className="pr-2 whitespace-pre">{line.text}</td>
    </tr>
  );
}

function Pair({ left, right }: { left?: Line; right?: Line }) {
  return (
    <tr>
      <td className="w-10 px-2 text-right text-soft select-none">{left?.old}</td>
      <td className={`w-1/2 pr-2 whitespace-pre ${left ? LOOK[left.kind] : "bg-panel"}`}>{left && `${left.kind} ${left.text}`}</td>
      <td className="w-10 border-l border-line px-2 text-right text-soft select-none">{right?.fresh}</td>
      <td className={`w-1/2 pr-2 whitespace-pre ${right ? LOOK[right.kind] : "bg-panel"}`}>{right && `${right.kind} ${right.text}`}</td>
    </tr>
  );
}

function linesOf(hunk: { oldStart: number; newStart: number; lines: string[] }): Line[] {
  let [old, fresh] = [hunk.oldStart, hunk.newStart];
  return hunk.lines
    .filter((line) => !line.startsWith("\\"))
    .map((line) => {
      const kind = line.charAt(0) as Line["kind"];
      return { kind, text: line.slice(1), old: kind === "+" ? undefined : old++, fresh: kind === "-" ? undefined : fresh++ };
    });
}

/** What went and what came in its place, side by side. */
function pairsOf(lines: Line[]): [Line | undefined, Line | undefined][] {
  const pairs: [Line | undefined, Line | undefined][] = [];
  let [gone, come]: [Line[], Line[]] = [[], []];
  const flush = () => {
    for (let place = 0; place < Math.max(gone.length, come.length); place++) pairs.push([gone[place], come[place]]);
    [gone, come] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === "-") gone.push(line);
    else if (line.kind === "+") come.push(line);
    else {
      flush();
      pairs.push([line, line]);
    }
  }
  flush();
  return pairs;
}
