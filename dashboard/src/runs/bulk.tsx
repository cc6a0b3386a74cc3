/** What is done with many runs: those that were chosen, or all that fit the filter. */
import { useQueryClient } from "@tanstack/react-query";
import { Ban, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import type { RunFilters } from "../filters";
import { HoldChosen } from "../flow/hold";
import { count } from "../format";
import { Button, Dialog, IconButton, Problem, toast } from "../ui";
import { allIds, change, MOST_CHANGED, type What } from "./change";

type BulkProps = { filters: RunFilters; ids: string[]; isAll: boolean; canAll: boolean; onAll: () => void; onClear: () => void };
export function Bulk({ filters, ids, isAll, canAll, onAll, onClear }: BulkProps) {
  const [asked, setAsked] = useState<{ what: What; ids: string[] } | null>(null);
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
  const confirm = () =>
    act(async () => {
      if (!asked) return;
      const changed = await change(asked.what, asked.ids);
      toast(`${count(changed)} of ${count(asked.ids.length)} runs ${asked.what === "cancel" ? "are cancelled" : "run again"}`);
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
        <span className="ml-auto flex items-center gap-2">
          <Button disabled={isBusy} onClick={() => void ask("replay")}>
            <RotateCcw aria-hidden="true" size={14} />
            Replay
          </Button>
          {!isAll && <HoldChosen ids={ids} then={onClear} />}
          <Button tone="danger" disabled={isBusy} onClick={() => void ask("cancel")}>
            <Ban aria-hidden="true" size={14} />
            Cancel
          </Button>
          <IconButton label="Choose none" onClick={onClear}>
            <X aria-hidden="true" size={15} />
          </IconButton>
        </span>
      </div>
      {!asked && <Problem error={error} />}
      <Dialog title={asked?.what === "cancel" ? "Cancel runs" : "Replay runs"} open={asked !== null} onClose={() => setAsked(null)}>
        {asked && (
          <>
            <p>
              {asked.what === "cancel"
                ? `${count(asked.ids.length)} runs are cancelled, with all that they started. Those that have ended stay as they are.`
                : `${count(asked.ids.length)} runs run again with their inputs. Those that have not ended go on as they are.`}
            </p>
            {asked.ids.length === MOST_CHANGED && <p className="mt-2 text-wait">Only the newest {count(MOST_CHANGED)}: do the rest afterwards.</p>}
            <Problem error={error} />
            <div className="mt-4 flex justify-end gap-2">
              <Button onClick={() => setAsked(null)}>Leave them</Button>
              <Button tone={asked.what === "cancel" ? "danger" : "strong"} disabled={isBusy || asked.ids.length === 0} onClick={() => void confirm()}>
                {asked.what === "cancel" ? `Cancel ${count(asked.ids.length)} runs` : `Replay ${count(asked.ids.length)} runs`}
              </Button>
            </div>
          </>
        )}
      </Dialog>
    </>
  );
}
