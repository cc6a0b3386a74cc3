/** Starting a run: now, at a time, or again and again. */
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, useChange } from "../api/client";
import { clock } from "../format";
import { ChoiceRow, Form, JsonRow, parsed, problemOf, Row, TextRow } from "../pieces/form";
import { linked } from "../pieces/view";
import { localTime } from "../schema/fields";
import { InputFields, useRunInput } from "../schema/input";
import { ExpressionRows, ownZone } from "../timed/expression";
import { Button, input as field, Panel } from "../ui";
import { path } from "./data";

const WHEN = [["now", "now"], ["once", "once, at a time"], ["cron", "again and again (a cron)"]] as const;
const PRIORITIES = [["", "the workflow's own"], ["1", "1 – low"], ["2", "2 – middle"], ["3", "3 – high"]] as const;
const SOON = [["+1 min", 1], ["+5 min", 5], ["+15 min", 15], ["+1 h", 60]] as const;

export default function Start({ name, schema, paused }: { name: string; schema: unknown; paused: boolean }) {
  const input = useRunInput(schema);
  const [metadata, setMetadata] = useState("");
  const [priority, setPriority] = useState("");
  const [when, setWhen] = useState("now");
  const [at, setAt] = useState("");
  const [cronName, setCronName] = useState("");
  const [expression, setExpression] = useState("");
  const [zone, setZone] = useState(ownZone);
  const [done, setDone] = useState("");
  const navigate = useNavigate();
  const start = useChange(async () => {
    setDone("");
    const shared = { input: input.value ?? {}, additionalMetadata: (parsed(metadata).value ?? {}) as Record<string, unknown>, priority: priority ? Number(priority) : undefined };
    const params = { path: { ...path(), workflow: name } };
    if (when === "now") {
      const made = await read(api.POST("/api/v1/stable/tenants/{tenant}/workflow-runs/trigger", { params: { path: path() }, body: { workflowName: name, ...shared } }));
      await navigate({ to: "/runs/$run", params: { run: made.run.metadata.id } });
    } else if (when === "once") {
      const made = await read(api.POST("/api/v1/tenants/{tenant}/workflows/{workflow}/scheduled", { params, body: { ...shared, triggerAt: new Date(at).toISOString() } }));
      setDone(`It will start on ${clock(made.triggerAt)}.`);
    } else {
      const timezone = zone === "UTC" ? "" : zone;
      await read(api.POST("/api/v1/tenants/{tenant}/workflows/{workflow}/crons", { params, body: { ...shared, cronName, cronExpression: expression, timezone, missed: "skip", overlap: "allow", jitter: 0 } }));
      setDone("The cron is made.");
    }
  });
  const ready = input.value !== null && !parsed(metadata).problem && (when === "now" || (when === "once" ? at !== "" : expression !== "" && cronName !== ""));
  return (
    <Panel title="Start a run">
      {paused && <p className="mb-3 text-wait">The workflow is paused: its run will wait until it is resumed.</p>}
      <Form sent={start} action={when === "now" ? "Run now" : when === "once" ? "Schedule it" : "Make the cron"} ready={ready} known={["priority", "triggerAt", "cronName", "cronExpression", "timezone"]} onSubmit={() => input.check() && start.mutate(undefined)}>
        <InputFields of={input} />
        <details className="col-span-full" open={metadata !== ""}>
          <summary className="cursor-pointer text-soft">Metadata</summary>
          <div className="mt-2">
            <JsonRow label="Metadata" rows={3} value={metadata} onChange={setMetadata} hint='For search, such as {"customer": "ada"}; tasks do not see it.' />
          </div>
        </details>
        <ChoiceRow label="When" value={when} onChange={setWhen} options={WHEN} />
        <ChoiceRow label="Priority" value={priority} onChange={setPriority} options={PRIORITIES} problem={problemOf(start.error, "priority")} />
        {when === "once" && (
          <Row label="At" wide hint={`By this browser's clock (${ownZone}). A time in the past starts it at once.`} problem={problemOf(start.error, "triggerAt")}>
            {(props) => (
              <span className="flex flex-wrap gap-2">
                <input {...props} type="datetime-local" className={field} value={at} onChange={(event) => setAt(event.target.value)} />
                {SOON.map(([text, minutes]) => (
                  <Button key={text} onClick={() => setAt(localTime(new Date(Date.now() + minutes * 60_000).toISOString()))}>
                    {text}
                  </Button>
                ))}
              </span>
            )}
          </Row>
        )}
        {when === "cron" && (
          <>
            <TextRow wide label="Name" value={cronName} onChange={setCronName} problem={problemOf(start.error, "cronName")} />
            <ExpressionRows expression={expression} timezone={zone} onExpression={setExpression} onZone={setZone} problem={problemOf(start.error, "cronExpression")} zoneProblem={problemOf(start.error, "timezone")} />
          </>
        )}
      </Form>
      {done && (
        <p role="status" className="mt-3">
          {done}{" "}
          <Link to="." search={{ tab: "timed" } as never} className={linked}>
            See its crons and schedules
          </Link>
        </p>
      )}
    </Panel>
  );
}
