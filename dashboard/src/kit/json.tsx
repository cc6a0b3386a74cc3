/** A JSON value that folds, is searched and copied. */
import { ChevronDown, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { Copy } from "./copy";
import { input } from "./field";

// A list is drawn in parts: a value of megabytes must not stop the page.
const PART = 100;
const SEARCHED_FROM = 400;

export function Json({ value, label }: { value: unknown; label: string }) {
  const [search, setSearch] = useState("");
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? "null", [value]);
  const wanted = search.trim().toLowerCase();
  return (
    <div className="relative rounded-md border border-line bg-sunk font-mono text-xs leading-5">
      <div className="absolute top-1 right-1 z-10 flex items-center gap-1">
        {text.length > SEARCHED_FROM && (
          <input aria-label="Search this value" placeholder="search" value={search} onChange={(event) => setSearch(event.target.value)} className={`${input} w-32 !py-0 font-sans`} />
        )}
        <Copy text={text} />
      </div>
      <div tabIndex={0} role="region" aria-label={label} className="max-h-[32rem] overflow-auto p-3 pr-10">
        <Value value={value} depth={0} wanted={wanted} last />
      </div>
    </div>
  );
}

const holds = (value: unknown, wanted: string): boolean => JSON.stringify(value)?.toLowerCase().includes(wanted) ?? false;

type ValueProps = { name?: string; value: unknown; depth: number; wanted: string; last: boolean };
function Value({ name, value, depth, wanted, last }: ValueProps) {
  const isBranch = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (isBranch) return <Branch name={name} value={value} depth={depth} wanted={wanted} last={last} />;
  return (
    <div className="pl-4 break-all whitespace-pre-wrap">
      <Name name={name} wanted={wanted} />
      <Leaf value={value} wanted={wanted} />
      {!last && ","}
    </div>
  );
}

function Branch({ name, value, depth, wanted, last }: ValueProps & { value: object }) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [parts, setParts] = useState(1);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const found = wanted !== "" && holds(value, wanted);
  const open = chosen ?? (wanted ? found : depth < 2 || entries.length < 4);
  const [begin, end] = isList ? ["[", "]"] : ["{", "}"];
  const shown = wanted ? entries.filter(([key, each]) => key.toLowerCase().includes(wanted) || holds(each, wanted)) : entries.slice(0, parts * PART);
  return (
    <div>
      <button type="button" aria-expanded={open} onClick={() => setChosen(!open)} className="flex w-full items-start rounded text-left hover:bg-hover">
        {open ? <ChevronDown aria-hidden="true" size={14} className="mt-[3px] w-4 shrink-0 text-soft" /> : <ChevronRight aria-hidden="true" size={14} className="mt-[3px] w-4 shrink-0 text-soft" />}
        <span className="break-all">
          <Name name={name} wanted={wanted} />
          {begin}
          {!open && (
            <span className="text-soft">
              {" "}
              {entries.length} {isList ? "items" : "keys"} {end}
              {!last && ","}
            </span>
          )}
        </span>
      </button>
      {open && (
        <>
          <div className="ml-2 border-l border-line pl-2">
            {shown.map(([key, each], place) => (
              <Value key={key} name={isList ? undefined : key} value={each} depth={depth + 1} wanted={wanted} last={place === entries.length - 1} />
            ))}
            {!wanted && shown.length < entries.length && (
              <button type="button" className="pl-4 text-accent underline" onClick={() => setParts(parts + 10)}>
                {entries.length - shown.length} more
              </button>
            )}
          </div>
          <div className="pl-4">
            {end}
            {!last && ","}
          </div>
        </>
      )}
    </div>
  );
}

const Name = ({ name, wanted }: { name?: string; wanted: string }) =>
  name === undefined ? null : (
    <>
      <span className="text-busy">
        <Marked text={JSON.stringify(name)} wanted={wanted} />
      </span>
      {": "}
    </>
  );

function Leaf({ value, wanted }: { value: unknown; wanted: string }) {
  const tone = typeof value === "string" ? "text-good" : typeof value === "number" ? "text-accent" : "text-wait";
  return (
    <span className={tone}>
      <Marked text={JSON.stringify(value)} wanted={wanted} />
    </span>
  );
}

/** A text with what was searched for marked in it. */
export function Marked({ text, wanted }: { text: string; wanted: string }) {
  const place = wanted ? text.toLowerCase().indexOf(wanted) : -1;
  if (place < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, place)}
      <mark className="rounded-sm bg-wait-soft text-wait outline outline-1 outline-wait">{text.slice(place, place + wanted.length)}</mark>
      <Marked text={text.slice(place + wanted.length)} wanted={wanted} />
    </>
  );
}
