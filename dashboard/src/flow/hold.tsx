/** Pausing runs, and letting them go on: what runs of them goes on, what is queued waits and keeps its place. */
import { api, read, tenant, useChange } from "../api/client";
import { Button } from "../ui";

const PAUSE = "/api/v1/stable/tenants/{tenant}/tasks/pause";
const RESUME = "/api/v1/stable/tenants/{tenant}/tasks/resume";

const useHold = (ids: string[], then: () => void) =>
  useChange(async (pause: boolean) => {
    await read(api.POST(pause ? PAUSE : RESUME, { params: { path: { tenant: tenant() } }, body: { externalIds: ids } }));
    then();
  });

/** For the runs that are chosen in a list. */
export function HoldChosen({ ids, then }: { ids: string[]; then: () => void }) {
  const hold = useHold(ids, then);
  return (
    <>
      {hold.error && (
        <span role="alert" className="text-bad">
          {hold.error.message}
        </span>
      )}
      <Button disabled={!ids.length || hold.isPending} onClick={() => hold.mutate(true)}>
        Pause {ids.length || ""}
      </Button>
      <Button disabled={!ids.length || hold.isPending} onClick={() => hold.mutate(false)}>
        Resume {ids.length || ""}
      </Button>
    </>
  );
}

/** For one run that has not ended. */
export function HoldRun({ run, paused, over }: { run: string; paused: boolean; over: boolean }) {
  const hold = useHold([run], () => undefined);
  return (
    <>
      {paused && !over && <span className="self-center font-medium text-wait">paused</span>}
      <Button disabled={over || hold.isPending} title={hold.error?.message ?? "What runs goes on; what is queued waits"} onClick={() => hold.mutate(!paused)}>
        {paused ? "Resume" : "Pause"}
      </Button>
    </>
  );
}
