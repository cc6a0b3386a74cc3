/** Incoming webhooks: what others send becomes events. */
import { useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { count } from "../format";
import { useAddress } from "../pieces/address";
import { Confirm } from "../pieces/confirm";
import { CopyButton, linked, Nothing, SearchField } from "../pieces/view";
import { Button, Dialog, Loaded, Page, Panel, Table } from "../ui";
import { Deliveries, urlOf } from "../events/deliveries";
import { SOURCES, WebhookForm } from "../events/webhookForm";
import { path } from "../workflow/data";

type Webhook = Schema["Webhook"];

export function Webhooks() {
  const { get, set } = useAddress();
  const search = get("search").toLowerCase();
  const found = useLive(["webhooks"], () => read(api.GET("/api/v1/stable/tenants/{tenant}/webhooks", { params: { path: path(), query: { limit: 1000 } } })), 3000);
  const [asked, setAsked] = useState<{ what: "make" | "change" | "delete"; webhook?: Webhook } | null>(null);
  const close = () => setAsked(null);
  const drop = useChange(async (webhook: Webhook) => {
    await read(api.DELETE("/api/v1/stable/tenants/{tenant}/webhooks/{name}", { params: { path: { ...path(), name: webhook.name } } }));
    close();
  });
  const shown = found.data?.rows.find((each) => each.name === get("webhook"));
  return (
    <Page
      title="Webhooks"
      actions={
        <>
          <SearchField name="search" label="Search" placeholder="name or source" />
          <Button tone="strong" onClick={() => setAsked({ what: "make" })}>
            New webhook
          </Button>
        </>
      }
    >
      <Panel>
        <Loaded of={found}>
          {({ rows }) => {
            const fit = rows.filter((row) => `${row.name} ${row.sourceName}`.toLowerCase().includes(search));
            if (fit.length === 0) {
              return search ? (
                <Nothing title="No webhook fits" />
              ) : (
                <Nothing title="No webhook yet" action={<Button tone="strong" onClick={() => setAsked({ what: "make" })}>Make the first one</Button>}>
                  A webhook takes what GitHub, Stripe, Slack, Linear or any other service sends, verifies it, and makes an event of it.
                </Nothing>
              );
            }
            return (
              <Table
                label="Webhooks"
                rows={fit}
                id={(row) => row.metadata.id}
                columns={[
                  {
                    head: "Name",
                    cell: (row) => (
                      <button type="button" className={`cursor-pointer font-medium ${linked}`} onClick={() => set({ webhook: row.name }, false)}>
                        {row.name}
                      </button>
                    ),
                  },
                  { head: "Source", cell: (row) => SOURCES.find(([id]) => id === row.sourceName)?.[1] ?? row.sourceName },
                  { head: "Verified by", cell: (row) => ({ BASIC: "user and password", API_KEY: "a key in a header", HMAC: "a signature" })[row.authType] },
                  { head: "Event key", wide: true, cell: (row) => <code>{row.eventKeyExpression}</code> },
                  { head: "Accepted", cell: (row) => <span className="tabular-nums">{count(row.accepted ?? 0)}</span> },
                  { head: "Refused", cell: (row) => <Refused of={row.refused} /> },
                  { head: "URL", cell: (row) => <CopyButton text={urlOf(row.name)} label={`Copy the URL of ${row.name}`} /> },
                  {
                    head: "Actions",
                    cell: (row) => (
                      <span className="flex gap-1">
                        <Button onClick={() => setAsked({ what: "change", webhook: row })}>Change</Button>
                        <Button tone="danger" onClick={() => setAsked({ what: "delete", webhook: row })}>
                          Delete
                        </Button>
                      </span>
                    ),
                  },
                ]}
              />
            );
          }}
        </Loaded>
      </Panel>
      <Dialog title={shown?.name ?? "Webhook"} open={shown !== undefined} onClose={() => set({ webhook: undefined })}>
        {shown && <Deliveries webhook={shown} />}
      </Dialog>
      <Dialog title="New webhook" open={asked?.what === "make"} onClose={close}>
        <WebhookForm
          onDone={(name) => {
            close();
            set({ webhook: name }, false);
          }}
        />
      </Dialog>
      <Dialog title={`Change ${asked?.webhook?.name ?? ""}`} open={asked?.what === "change"} onClose={close}>
        {asked?.webhook && <WebhookForm webhook={asked.webhook} onDone={close} />}
      </Dialog>
      <Confirm title={`Delete ${asked?.webhook?.name ?? ""}?`} open={asked?.what === "delete"} onClose={close} action="Delete it" change={drop} onConfirm={() => asked?.webhook && drop.mutate(asked.webhook)}>
        What is sent to its URL from now on is refused.
      </Confirm>
    </Page>
  );
}

export function Refused({ of }: { of: Record<string, number> }) {
  const reasons = Object.entries(of);
  if (reasons.length === 0) return <span className="text-soft">0</span>;
  return <span className="text-bad">{reasons.map(([reason, number]) => `${count(number)} ${reason}`).join(", ")}</span>;
}
