/** Holding a workflow, and letting it go on. */
import { useState } from "react";
import { api, read, type Schema, useChange } from "../api/client";
import { ChoiceRow, Form, problemOf, TextRow } from "../pieces/form";
import { Dialog } from "../ui";

type Props = { workflow: Schema["Workflow"]; open: boolean; onClose: () => void };
const HELD = [["QUEUE", "wait for the end of the pause"], ["DROP", "are dropped"]] as const;

export function PauseDialog({ workflow, open, onClose }: Props) {
  const [crons, setCrons] = useState("QUEUE");
  const [schedules, setSchedules] = useState("QUEUE");
  const [ttl, setTtl] = useState("");
  const paused = workflow.isPaused ?? false;
  const change = useChange(async () => {
    const pause = paused
      ? { action: "unpause" as const }
      : { action: "pause" as const, pausedWorkflowCronRunQueueBehavior: crons as "QUEUE", pausedWorkflowScheduledRunQueueBehavior: schedules as "QUEUE", pausedWorkflowQueueTTL: ttl.trim() || undefined };
    await read(api.PATCH("/api/v1/workflows/{workflow}", { params: { path: { workflow: workflow.metadata.id } }, body: { pause: pause as never } }));
    onClose();
  });
  return (
    <Dialog title={`${paused ? "Resume" : "Pause"} ${workflow.name}`} open={open} onClose={onClose}>
      <Form sent={change} onSubmit={() => change.mutate(undefined)} action={paused ? "Resume it" : "Pause it"} known={["pausedWorkflowQueueTTL"]} onCancel={onClose}>
        {paused ? (
          <p className="col-span-full">What has waited starts now, in its order.</p>
        ) : (
          <>
            <p className="col-span-full">What runs may end. What is queued, and what is started from now on, waits in its order.</p>
            <ChoiceRow label="Runs of crons meanwhile" value={crons} onChange={setCrons} options={HELD} />
            <ChoiceRow label="Runs of schedules meanwhile" value={schedules} onChange={setSchedules} options={HELD} />
            <TextRow wide label="Cancel what has waited for longer than (optional)" placeholder="24h" value={ttl} onChange={setTtl} hint="Such as 30m, 24h; empty lets it wait without end." problem={problemOf(change.error, "pausedWorkflowQueueTTL")} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
