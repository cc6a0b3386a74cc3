/** Events: what came, and which runs each started; pushing and replaying them. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { EventDetail } from "../events/detail";
import { Push } from "../events/push";
import { ReplayAll } from "../events/replay";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { ago, clock } from "../format";
import { useAddress } from "../pieces/address";
import { Refusal } from "../pieces/form";
import { ChoiceField, linked, Nothing, Pages, SearchField } from "../pieces/view";
import { Button, Dialog, Loaded, Page, Panel, Status, Table } from "../ui";
import { path, useWorkflowOptions } from "../workflow/data";

const SIZE = 50;
const HOURS = [["", "any time"], ["1", "last hour"], ["24", "last day"], ["168", "last week"], ["720", "last 30 days"]] as const;

export function Events() {
  const { get, set } = useAddress();
  const [pushing, setPushing] = useState(false);
  const [replaying, setReplaying] = useState(false);
  const page = Number(get("page")) || 1;
  const hours = Number(get("hours"));
  const filters = {
    keys: get("key") ? [get("key")] : undefined,
    scopes: get("scope") ? [get("scope")] : undefined,
    // A minute's grain, so that the same question is asked again and not another one.
    since: hours ? new Date(Math.floor(Date.now() / 60_000) * 60_000 - hours * 3600_000).toISOString() : undefined,
    workflowIds: get("workflow") ? [get("workflow")] : undefined,
    additionalMetadata: get("metadata").includes(":") ? [get("metadata")] : undefined,
    search: get("search") || undefined,
  };
  const query = { limit: SIZE, offset: (page - 1) * SIZE, ...filters };
  const events = useLive(["events", query], () => read(api.GET("/api/v1/stable/tenants/{tenant}/events", { params: { path: path(), query } })));
  const keys = useLive(["event-keys"], () => read(api.GET("/api/v1/stable/tenants/{tenant}/events/keys", { params: { path: path() } })), 15_000);
  const replay = useChange((id: string) => read(api.POST("/api/v1/tenants/{tenant}/events/replay", { params: { path: path() }, body: { eventIds: [id] } })));
  const narrowed = Object.values(filters).some((each) => each !== undefined);
  const workflows = useWorkflowOptions(["", "any workflow"]);
  const shown = get("event");
  return (
    <Page
      title="Events"
      actions={
        <>
          <Button onClick={() => setReplaying(true)}>Replay many</Button>
          <Button tone="strong" onClick={() => setPushing(true)}>
            Push an event
          </Button>
        </>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField name="search" label="Search" placeholder="key, payload or id" />
        <ChoiceField name="key" label="Key" options={[["", "any key"], ...(keys.data?.rows ?? []).map((key) => [key, key] as const)]} />
        <ChoiceField name="workflow" label="Workflow it started" options={workflows} />
        <ChoiceField name="hours" label="Time" options={HOURS} />
        <SearchField name="scope" label="Scope" className="w-28" />
        <SearchField name="metadata" label="Metadata" placeholder="metadata key:value" className="w-48" />
      </div>
      <Refusal of={[replay.error]} />
      <Panel>
        <Loaded of={events}>
          {(found) =>
            (found.rows ?? []).length > 0 ? (
              <Rows rows={found.rows ?? []} onShow={(id) => set({ event: id }, false)} onReplay={(id) => replay.mutate(id)} />
            ) : narrowed ? (
              <Nothing title="No event fits" action={<Link to="/events" className={linked}>Show all</Link>} />
            ) : (
              <Nothing title="No event yet" command={'mattock.events.push("order:paid", {"order": 7})'}>
                Events start the runs of workflows that wait for their key: <code>on_events=["order:*"]</code>
              </Nothing>
            )
          }
        </Loaded>
        <Pages more={Boolean(events.data?.pagination.next_page)} />
      </Panel>
      <EventDetail id={shown} onClose={() => set({ event: undefined })} />
      <Dialog title="Push an event" open={pushing} onClose={() => setPushing(false)}>
        <Push keys={keys.data?.rows ?? []} onDone={() => setPushing(false)} />
      </Dialog>
      <Dialog title="Replay many events" open={replaying} onClose={() => setReplaying(false)}>
        <ReplayAll keys={keys.data?.rows ?? []} first={{ key: get("key"), scope: get("scope"), hours }} />
      </Dialog>
    </Page>
  );
}

export function Counts({ of }: { of: Schema["RunCounts"] }) {
  const names = { queued: "QUEUED", running: "RUNNING", succeeded: "COMPLETED", failed: "FAILED", cancelled: "CANCELLED" } as const;
  const parts = (Object.keys(names) as (keyof typeof names)[]).filter((name) => (of[name] ?? 0) > 0);
  if (parts.length === 0) return <span className="text-soft">none</span>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {parts.map((name) => (
        <span key={name} className="inline-flex gap-1">
          <span className="tabular-nums">{of[name]}</span>
          <Status value={names[name]} />
        </span>
      ))}
    </span>
  );
}

function Rows({ rows, onShow, onReplay }: { rows: Schema["Event"][]; onShow: (id: string) => void; onReplay: (id: string) => void }) {
  return (
    <Table
      label="Events"
      rows={rows}
      id={(row) => row.metadata.id}
      columns={[
        {
          head: "Key",
          cell: (row) => (
            <button type="button" className={`cursor-pointer ${linked}`} onClick={() => onShow(row.metadata.id)}>
              {row.key}
            </button>
          ),
        },
        { head: "Came", cell: (row) => <span title={clock(row.seenAt)}>{ago(row.seenAt)}</span> },
        { head: "Runs", cell: (row) => <Counts of={row.workflowRunSummary} /> },
        { head: "Payload", cell: (row) => <code className="block max-w-72 truncate text-xs text-soft">{JSON.stringify(row.payload)}</code> },
        { head: "Scope", cell: (row) => row.scope ?? "" },
        { head: "Problem", wide: true, cell: (row) => <span className="text-bad">{row.problem ?? ""}</span> },
        { head: "Actions", cell: (row) => <Button onClick={() => onReplay(row.metadata.id)}>Replay</Button> },
      ]}
    />
  );
}
