/** Events: what came, and which runs it started; pushing and replaying them. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { ago, pretty } from "../format";
import { Button, Code, Dialog, Field, input, JsonArea, Loaded, Page, Panel, Status, Table } from "../ui";

const path = () => ({ tenant: tenant() });

export function Events() {
  const [key, setKey] = useState("");
  const [shown, setShown] = useState("");
  const [pushing, setPushing] = useState(false);
  const query = { limit: 100, keys: key ? [key] : undefined };
  const events = useLive(["events", key], () => read(api.GET("/api/v1/stable/tenants/{tenant}/events", { params: { path: path(), query } })));
  const replay = useChange((id: string) => read(api.POST("/api/v1/tenants/{tenant}/events/replay", { params: { path: path() }, body: { eventIds: [id] } })));
  const one = (events.data?.rows ?? []).find((event) => event.metadata.id === shown);
  return (
    <Page
      title="Events"
      actions={
        <>
          <input aria-label="Key" placeholder="key" className={input} onKeyDown={(event) => event.key === "Enter" && setKey(event.currentTarget.value)} />
          <Button onClick={() => setPushing(true)}>Push an event</Button>
        </>
      }
    >
      <Panel>
        <Loaded of={events}>
          {(found) =>
            (found.rows ?? []).length === 0 ? (
              <p className="py-6 text-center text-soft">
                No event. Push one: <code>mattock.events.push("order:paid", {"{…}"})</code>
              </p>
            ) : (
              <Table
                label="Events"
                rows={found.rows ?? []}
                id={(row) => row.metadata.id}
                columns={[
                  {
                    head: "Key",
                    cell: (row) => (
                      <button type="button" className="cursor-pointer text-accent underline" onClick={() => setShown(row.metadata.id)}>
                        {row.key}
                      </button>
                    ),
                  },
                  { head: "Came", cell: (row) => ago(row.seenAt) },
                  { head: "Scope", cell: (row) => row.scope ?? "" },
                  {
                    head: "Runs",
                    wide: true,
                    cell: (row) =>
                      row.triggeredRuns.map((run) => (
                        <Link key={run.workflowRunId} to="/runs/$run" params={{ run: run.workflowRunId }} className="mr-2 text-accent underline">
                          {run.workflowRunId.slice(-6)}
                        </Link>
                      )),
                  },
                  { head: "Problem", wide: true, cell: (row) => <span className="text-bad">{row.problem ?? ""}</span> },
                  { head: "Actions", cell: (row) => <Button onClick={() => replay.mutate(row.metadata.id)}>Replay</Button> },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
      <Dialog title={one?.key ?? "Event"} open={one !== undefined} onClose={() => setShown("")}>
        {one && (
          <>
            <Code label="Payload">{pretty(one.payload)}</Code>
            <p className="mt-2 flex gap-4">
              {Object.entries(one.workflowRunSummary).map(([status, number]) => (
                <span key={status}>
                  <Status value={status.toUpperCase()} /> {String(number)}
                </span>
              ))}
            </p>
          </>
        )}
      </Dialog>
      <Dialog title="Push an event" open={pushing} onClose={() => setPushing(false)}>
        <Push onDone={() => setPushing(false)} />
      </Dialog>
    </Page>
  );
}

function Push({ onDone }: { onDone: () => void }) {
  const [key, setKey] = useState("");
  const [text, setText] = useState("{}");
  const [parsed, setParsed] = useState<Record<string, unknown> | null>({});
  const push = useChange(async () => {
    await read(api.POST("/api/v1/tenants/{tenant}/events", { params: { path: path() }, body: { key, data: parsed ?? {} } as never }));
    onDone();
  });
  return (
    <div className="grid gap-3">
      <Field label="Key">
        <input className={`${input} w-full`} value={key} onChange={(event) => setKey(event.target.value)} />
      </Field>
      <JsonArea
        label="Payload"
        value={text}
        onChange={(next, value) => {
          setText(next);
          setParsed(value);
        }}
      />
      {push.error && (
        <p role="alert" className="text-bad">
          {push.error.message}
        </p>
      )}
      <Button tone="strong" disabled={!key || parsed === null || push.isPending} onClick={() => push.mutate(undefined)}>
        Push
      </Button>
    </div>
  );
}
