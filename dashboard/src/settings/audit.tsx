/** Who did what in the tenant. */
import { api, read, tenant, useLive } from "../api/client";
import { clock } from "../format";
import { useAddress } from "../pieces/address";
import { ChoiceField, Nothing, SearchField } from "../pieces/view";
import { Button, Loaded, Panel, Table } from "../ui";

const HOURS = [["", "any time"], ["1", "last hour"], ["24", "last day"], ["168", "last week"], ["720", "last 30 days"]] as const;
const OUTCOMES = [["", "done or refused"], ["false", "only what was done"], ["true", "only what was refused"]] as const;
// What people ask for most; anything else is found by the search.
const OPERATIONS = ["make_token", "revoke_token", "make_invitation", "change_member", "drop_member", "change_tenant", "trigger", "cancel", "replay", "change_workflow", "drop_workflow", "make_cron", "change_cron", "drop_cron", "make_schedule", "drop_schedules", "push_event", "replay_events", "make_webhook", "change_webhook", "delete_webhook", "put_rate_limit", "drop_rate_limit", "change_worker", "decide"];

export default function Audit() {
  const { get, set } = useAddress();
  const hours = Number(get("hours"));
  const since = hours ? new Date(Math.floor(Date.now() / 60_000) * 60_000 - hours * 3600_000).toISOString() : undefined;
  const query = { search: get("search"), actor: get("actor"), operation: get("operation"), refused: get("refused") === "" ? undefined : get("refused") === "true", since, before: get("before") || undefined };
  const found = useLive(["audit", query], () => read(api.GET("/api/v1/tenants/{tenant}/audit", { params: { path: { tenant: tenant() }, query } })), 5000);
  const next = found.data?.next;
  return (
    <Panel title="Audit log">
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField name="search" label="Search for a person, a token, an action or a path" placeholder="search" />
        <SearchField name="actor" label="Who" className="w-40" />
        <ChoiceField name="operation" label="What" options={[["", "any action"], ...OPERATIONS.map((each) => [each, each.replaceAll("_", " ")] as const)]} />
        <ChoiceField name="refused" label="Outcome" options={OUTCOMES} />
        <ChoiceField name="hours" label="Time" options={HOURS} />
      </div>
      <Loaded of={found}>
        {(list) =>
          list.rows.length === 0 ? (
            <Nothing title="Nothing that is logged fits">Logged are changes by people, and what tokens do as administrators.</Nothing>
          ) : (
            <Table
              label="What was done"
              rows={list.rows}
              id={(row) => row.id}
              columns={[
                { head: "When", cell: (row) => <span className="tabular-nums">{clock(row.at)}</span> },
                { head: "Who", cell: (row) => row.actor },
                { head: "What", cell: (row) => row.operation.replaceAll("_", " ") },
                { head: "Where", wide: true, cell: (row) => <span className="text-xs text-soft">{row.target}</span> },
                { head: "Answer", cell: (row) => <span className={row.status >= 400 ? "text-bad tabular-nums" : "tabular-nums"}>{row.status}</span> },
                { head: "From", cell: (row) => <span className="text-soft">{row.address}</span> },
              ]}
            />
          )
        }
      </Loaded>
      {(next || get("before")) && (
        <div className="mt-3 flex gap-2">
          <Button disabled={!get("before")} onClick={() => set({ before: undefined }, false)}>
            Newest
          </Button>
          <Button disabled={!next} onClick={() => next && set({ before: next }, false)}>
            Older
          </Button>
        </div>
      )}
    </Panel>
  );
}
