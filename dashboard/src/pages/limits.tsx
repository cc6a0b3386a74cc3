/** Rate limits: their levels, live; declaring, changing and forgetting them. */
import { useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { ago, count } from "../format";
import { useAddress } from "../pieces/address";
import { Confirm } from "../pieces/confirm";
import { ChoiceRow, Form, problemOf, TextRow } from "../pieces/form";
import { ChoiceField, Level, Nothing, Pages, SearchField } from "../pieces/view";
import { Button, Dialog, Loaded, Page, Panel, Table } from "../ui";

type RateLimit = Schema["RateLimit"];
const SIZE = 100;
const WINDOWS = ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"] as const;
const path = () => ({ tenant: tenant() });

export function Limits() {
  const { get } = useAddress();
  const page = Number(get("page")) || 1;
  const [field, direction] = (get("order") || "key.asc").split(".");
  const query = { limit: SIZE, offset: (page - 1) * SIZE, search: get("search"), orderByField: field as "key", orderByDirection: direction as "asc" };
  const limits = useLive(["limits", query], () => read(api.GET("/api/v1/tenants/{tenant}/rate-limits", { params: { path: path(), query } })), 1000);
  const [asked, setAsked] = useState<{ what: "put" | "delete"; limit?: RateLimit } | null>(null);
  const close = () => setAsked(null);
  const drop = useChange(async (key: string) => {
    await read(api.DELETE("/api/v1/tenants/{tenant}/rate-limits", { params: { path: path(), query: { key } } }));
    close();
  });
  return (
    <Page
      title="Rate limits"
      actions={
        <>
          <SearchField name="search" label="Search" placeholder="key" />
          <ChoiceField name="order" label="Order" options={[["", "by key"], ["value.asc", "least left first"], ["limitValue.desc", "largest first"]]} />
          <Button tone="strong" onClick={() => setAsked({ what: "put" })}>
            New rate limit
          </Button>
        </>
      }
    >
      <Panel>
        <Loaded of={limits}>
          {(found) =>
            (found.rows ?? []).length > 0 ? (
              <Rows rows={found.rows ?? []} onChange={(limit) => setAsked({ what: "put", limit })} onDelete={(limit) => setAsked({ what: "delete", limit })} />
            ) : get("search") ? (
              <Nothing title="No rate limit fits" />
            ) : (
              <Nothing title="No rate limit yet" command={'@mattock.task(rate_limits=[RateLimit(dynamic_key="input.user", limit=10, window="1m")])'}>
                A task brings a limit for each key of its own, or you declare one here that tasks name.
              </Nothing>
            )
          }
        </Loaded>
        <Pages more={Boolean(limits.data?.pagination.next_page)} />
      </Panel>
      <Dialog title={asked?.limit ? `Change ${asked.limit.key}` : "New rate limit"} open={asked?.what === "put"} onClose={close}>
        <Put limit={asked?.limit} onDone={close} />
      </Dialog>
      <Confirm title={`Delete ${asked?.limit?.key ?? ""}?`} open={asked?.what === "delete"} onClose={close} action="Delete it" change={drop} onConfirm={() => asked?.limit && drop.mutate(asked.limit.key)}>
        Tasks that name it are refused from then on. While tasks wait for it, it stays.
      </Confirm>
    </Page>
  );
}

function Rows({ rows, onChange, onDelete }: { rows: RateLimit[]; onChange: (limit: RateLimit) => void; onDelete: (limit: RateLimit) => void }) {
  return (
    <Table
      label="Rate limits"
      rows={rows}
      id={(row) => row.key}
      columns={[
        { head: "Key", wide: true, cell: (row) => <code>{row.key}</code> },
        { head: "Left", cell: (row) => <Level label={`Left of ${row.key}`} used={row.value} of={row.limitValue} words={`${count(row.value)} of ${count(row.limitValue)}`} warn={row.value === 0} /> },
        { head: "Each", cell: (row) => row.window.replace(/^1 /, "") },
        { head: "Window began", cell: (row) => <span className="text-soft">{ago(row.lastRefill)}</span> },
        { head: "Paused until", cell: (row) => (row.pausedUntil && Date.parse(row.pausedUntil) > Date.now() ? <span className="text-wait">{ago(row.pausedUntil)}</span> : "") },
        {
          head: "Actions",
          cell: (row) => (
            <span className="flex gap-1">
              <Button onClick={() => onChange(row)}>Change</Button>
              <Button tone="danger" onClick={() => onDelete(row)}>
                Delete
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}

function Put({ limit, onDone }: { limit?: RateLimit; onDone: () => void }) {
  const [key, setKey] = useState(limit?.key ?? "");
  const [units, setUnits] = useState(String(limit?.limitValue ?? ""));
  const known = WINDOWS.find((each) => each.toLowerCase() === limit?.window.replace(/^1 /, ""));
  const [window, setWindow] = useState<string>(known ?? "MINUTE");
  const put = useChange(async () => {
    await read(api.PUT("/api/v1/tenants/{tenant}/rate-limits", { params: { path: path() }, body: { key, limit: Number(units), duration: window } }));
    onDone();
  });
  return (
    <Form sent={put} action={limit ? "Keep the changes" : "Make it"} ready={key !== "" && units !== ""} known={["key", "limit", "duration"]} onSubmit={() => put.mutate(undefined)}>
      {limit ? (
        <p className="col-span-full">
          Tasks see the new limit at once; what is used up of the window counts.
        </p>
      ) : (
        <TextRow wide label="Key" placeholder="openai" value={key} onChange={setKey} hint="Tasks name it as their static key." problem={problemOf(put.error, "key")} />
      )}
      <TextRow label="Units" type="number" min={0} value={units} onChange={setUnits} problem={problemOf(put.error, "limit")} />
      <ChoiceRow label="Each" value={window} onChange={setWindow} options={WINDOWS.map((each) => [each, each.toLowerCase()] as const)} problem={problemOf(put.error, "duration")} />
    </Form>
  );
}
