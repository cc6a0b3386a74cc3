/** Dead letters: what failed for good or was dropped, by workflow and error; replayed or discarded. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { useWorkflows } from "../api/lists";
import type { DeadLetterFilters } from "../filters";
import { ago, count } from "../format";
import { Button, Field, input, Loaded, Page, Panel, Table } from "../ui";

const route = getRouteApi("/dead-letters");
const path = () => ({ tenant: tenant() });
const PAGE = 100;
type Body = Schema["DeadLetterChange"];
type Verb = "replay" | "discard";
const WORDS: Record<Schema["DeadLetter"]["reason"], string> = { FAILED: "failed", EXPIRED: "waited too long", DROPPED: "dropped" };

/** Changes what the body names, in as many requests as it takes. */
async function change(verb: Verb, body: Body) {
  const target = verb === "replay" ? "/api/v1/stable/tenants/{tenant}/dead-letters/replay" : "/api/v1/stable/tenants/{tenant}/dead-letters/discard";
  for (let more = true; more; ) {
    more = (await read(api.POST(target, { params: { path: path() }, body }))).more;
  }
}

export function DeadLetters() {
  const filters = route.useSearch();
  const navigate = useNavigate();
  const set = (next: DeadLetterFilters) => navigate({ to: "/dead-letters", search: next });
  const workflows = useWorkflows();
  const act = useChange(({ verb, body }: { verb: Verb; body: Body }) => change(verb, body));
  const filter = { workflowIds: filters.workflow ? [filters.workflow] : undefined, error: filters.error };
  return (
    <Page
      title="Dead letters"
      actions={
        <>
          <Button disabled={act.isPending} onClick={() => act.mutate({ verb: "replay", body: { filter } })}>
            Replay all that fit
          </Button>
          <Button tone="danger" disabled={act.isPending} onClick={() => act.mutate({ verb: "discard", body: { filter } })}>
            Discard all that fit
          </Button>
        </>
      }
    >
      <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={(event) => event.preventDefault()}>
        <Field label="Workflow">
          <select className={input} value={filters.workflow ?? ""} onChange={(event) => set({ workflow: event.target.value || undefined })}>
            <option value="">any</option>
            {workflows.map((each) => (
              <option key={each.metadata.id} value={each.metadata.id}>
                {each.name}
              </option>
            ))}
          </select>
        </Field>
        {filters.error !== undefined && (
          <Button onClick={() => set({ ...filters, error: undefined })}>
            {filters.error.slice(0, 60) || "no message"} <span aria-hidden="true">✕</span>
          </Button>
        )}
      </form>
      {act.error && (
        <p role="alert" className="text-bad">
          {act.error.message}
        </p>
      )}
      {filters.error === undefined && <Groups filters={filters} set={set} />}
      <Letters key={JSON.stringify(filters)} filters={filters} act={(verb, body) => act.mutate({ verb, body })} />
    </Page>
  );
}

function Groups({ filters, set }: { filters: DeadLetterFilters; set: (next: DeadLetterFilters) => void }) {
  const query = { workflow_ids: filters.workflow ? [filters.workflow] : undefined };
  const groups = useLive(["dead-groups", query], () => read(api.GET("/api/v1/stable/tenants/{tenant}/dead-letters/groups", { params: { path: path(), query } })), 5000);
  if (!groups.data?.rows.length) return null;
  return (
    <Panel title="By workflow and error">
      <Table
        label="Dead letters by workflow and error"
        rows={groups.data.rows}
        id={(row) => `${row.workflowId}/${row.reason}/${row.error}`}
        columns={[
          { head: "Runs", cell: (row) => <span className="tabular-nums">{count(row.count)}</span> },
          { head: "Workflow", cell: (row) => row.workflowName },
          { head: "Why", cell: (row) => WORDS[row.reason] },
          { head: "Error", wide: true, cell: (row) => row.error || "no message" },
          { head: "Last", cell: (row) => ago(row.lastAt) },
          { head: "Actions", cell: (row) => <Button onClick={() => set({ workflow: row.workflowId, error: row.error })}>Show them</Button> },
        ]}
      />
    </Panel>
  );
}

function Letters({ filters, act }: { filters: DeadLetterFilters; act: (verb: Verb, body: Body) => void }) {
  const [cursors, setCursors] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const query = { cursor: cursors.at(-1), limit: PAGE, workflow_ids: filters.workflow ? [filters.workflow] : undefined, error: filters.error };
  const letters = useLive(["dead-letters", query], () => read(api.GET("/api/v1/stable/tenants/{tenant}/dead-letters", { params: { path: path(), query } })), 5000);
  const rows = letters.data?.rows ?? [];
  const next = letters.data?.nextCursor;
  const toggle = (id: string) => {
    const others = new Set(chosen);
    if (!others.delete(id)) others.add(id);
    setChosen(others);
  };
  const onChosen = (verb: Verb) => {
    act(verb, { externalIds: [...chosen] });
    setChosen(new Set());
  };
  return (
    <Panel
      title="Runs"
      actions={
        <>
          <Button onClick={() => setChosen(new Set(rows.map((row) => row.runId)))}>Choose all here</Button>
          <Button disabled={!chosen.size} onClick={() => onChosen("replay")}>
            Replay {chosen.size || ""}
          </Button>
          <Button tone="danger" disabled={!chosen.size} onClick={() => onChosen("discard")}>
            Discard {chosen.size || ""}
          </Button>
        </>
      }
    >
      <Loaded of={letters}>
        {(found) =>
          found.rows.length === 0 ? (
            <p className="py-6 text-center text-soft">Nothing failed for good that nobody has dealt with.</p>
          ) : (
            <Table
              label="Dead letters"
              rows={found.rows}
              id={(row) => row.runId}
              columns={[
                { head: "Chosen", cell: (row) => <input type="checkbox" aria-label={`Choose ${row.runId}`} checked={chosen.has(row.runId)} onChange={() => toggle(row.runId)} /> },
                {
                  head: "Run",
                  cell: (row) => (
                    <Link to="/runs/$run" params={{ run: row.runId }} className="text-accent underline">
                      {row.workflowName} …{row.runId.slice(-8)}
                    </Link>
                  ),
                },
                { head: "Why", cell: (row) => WORDS[row.reason] },
                { head: "Attempts", cell: (row) => row.attempts },
                { head: "Ended", cell: (row) => ago(row.finishedAt) },
                { head: "Error", wide: true, cell: (row) => row.error.split("\n")[0] },
              ]}
            />
          )
        }
      </Loaded>
      <div className="mt-3 flex gap-2">
        <Button disabled={!cursors.length} onClick={() => setCursors(cursors.slice(0, -1))}>
          Newer
        </Button>
        <Button disabled={!next} onClick={() => next && setCursors([...cursors, next])}>
          Older
        </Button>
      </div>
    </Panel>
  );
}
