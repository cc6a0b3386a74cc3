/** Pausing a run, and letting it go on: what runs of it goes on, what is queued waits and keeps its place. */
import { useChange } from "../api/client";
import { change } from "../runs/change";
import { Button } from "../ui";

/** For a run that has not ended. */
export function HoldRun({ run, paused, over }: { run: string; paused: boolean; over: boolean }) {
  const hold = useChange(() => change(paused ? "resume" : "pause", [run]));
  return (
    <>
      {paused && !over && <span className="self-center font-medium text-wait">paused</span>}
      <Button disabled={over || hold.isPending} title={hold.error?.message ?? "What runs goes on; what is queued waits"} onClick={() => hold.mutate()}>
        {paused ? "Resume" : "Pause"}
      </Button>
    </>
  );
}
