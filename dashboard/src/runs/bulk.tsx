/** What is done with many runs: those that were chosen, or all that fit the filter. */
import { useQueryClient } from "@tanstack/react-query";
import { Ban, type LucideIcon, Pause, Play, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import type { RunFilters } from "../filters";
import { count, countRuns } from "../format";
import { Button, Dialog, IconButton, Problem, toast } from "../ui";
import { allIds, CHANGES, change, MOST_CHANGED, type What } from "./change";

const OFFERED: [What, LucideIcon][] = [
  ["replay", RotateCcw],
  ["pause", Pause],
  ["resume", Play],
  ["cancel", Ban],
];

type BulkProps = { filters: RunFilters; ids: string[]; isAll: boolean; canAll: boolean; onAll: () => void; onClear: () => void };
export function Bulk({ filters, ids, isAll, canAll, onAll, onClear }: BulkProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const known = useQueryClient();
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    await work().catch(setError);
    setBusy(false);
  };
  const ask = (what: What) => act(async () => setAsked({ what, ids: isAll ? await allIds(filters) : ids }));
  const confirm = ({ what, ids }: Asked) =>
    act(async () => {
      const changed = await change(what, ids);
      toast(`${count(changed)} of ${countRuns(ids.length)} ${CHANGES[what].done}`);
      setAsked(null);
      onClear();
      await known.invalidateQueries();
    });
  return (
    <>
      <div role="toolbar" aria-label="With what is chosen" className="mb-3 flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-accent-soft px-3 py-1.5">
        <span className="font-medium">{isAll ? "All that fit the filter" : `${count(ids.length)} chosen`}</span>
        {!isAll && canAll && (
          <button type="button" onClick={onAll} className="text-accent underline">
            Choose all that fit the filter
          </button>
        )}
        <span className="ml-auto flex flex-wrap items-center gap-2">
          {OFFERED.map(([what, Mark]) => (
            <Button key={what} tone={what === "cancel" ? "danger" : undefined} disabled={isBusy} onClick={() => void ask(what)}>
              <Mark aria-hidden="true" size={14} />
              {CHANGES[what].verb}
            </Button>
          ))}
          <IconButton label="Choose none" onClick={onClear}>
            <X aria-hidden="true" size={15} />
          </IconButton>
        </span>
      </div>
      {!asked && <Problem error={error} />}
      {asked && <Ask asked={asked} isBusy={isBusy} error={error} onLeave={() => setAsked(null)} onConfirm={() => void confirm(asked)} />}
    </>
  );
}

type Asked = { what: What; ids: string[] };
type AskProps = { asked: Asked; isBusy: boolean; error: Error | null; onLeave: () => void; onConfirm: () => void };
function Ask({ asked: { what, ids }, isBusy, error, onLeave, onConfirm }: AskProps) {
  const { verb, effect } = CHANGES[what];
  return (
    <Dialog title={`${verb} runs`} open onClose={onLeave}>
      <p>
        {countRuns(ids.length)} {effect}
      </p>
      {ids.length === MOST_CHANGED && <p className="mt-2 text-wait">Only the newest {count(MOST_CHANGED)}: do the rest afterwards.</p>}
      <Problem error={error} />
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onLeave}>Leave them</Button>
        <Button tone={what === "cancel" ? "danger" : "strong"} disabled={isBusy || ids.length === 0} onClick={onConfirm}>
          {verb} {countRuns(ids.length)}
        </Button>
      </div>
    </Dialog>
  );
}
