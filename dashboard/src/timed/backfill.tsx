/** Making up for the times of a cron that have passed. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, useChange } from "../api/client";
import { countRuns } from "../format";
import { Form, problemOf, TextRow } from "../pieces/form";
import { linked } from "../pieces/view";
import { path } from "../workflow/data";
import { inWords, ownZone } from "./expression";

export function Backfill({ cron }: { cron: Schema["Cron"]; onDone: () => void }) {
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [made, setMade] = useState<string[] | null>(null);
  const send = useChange(async () => {
    const body = { since: new Date(since).toISOString(), until: until ? new Date(until).toISOString() : undefined };
    setMade((await read(api.POST("/api/v1/tenants/{tenant}/workflows/crons/{cron}/backfill", { params: { path: { ...path(), cron: cron.metadata.id } }, body }))).ids);
  });
  return (
    <Form sent={send} action="Start the runs" ready={since !== ""} known={["since", "until"]} onSubmit={() => send.mutate(undefined)}>
      <p className="col-span-full">
        Starts a run for each time of <em>{inWords(cron.cron) || cron.cron}</em> that has none yet. Sending it twice starts nothing twice.
      </p>
      <TextRow label="From" type="datetime-local" value={since} onChange={setSince} hint={ownZone} problem={problemOf(send.error, "since")} />
      <TextRow label="Until (optional)" type="datetime-local" value={until} onChange={setUntil} hint="Now, if it is empty" problem={problemOf(send.error, "until")} />
      {made && (
        <p role="status" className="col-span-full">
          {countRuns(made.length)} {made.length === 1 ? "was" : "were"} started.{" "}
          {made.length > 0 && (
            <Link to="/runs" search={{ workflow: cron.workflowId } as never} className={linked}>
              See them
            </Link>
          )}
        </p>
      )}
    </Form>
  );
}
