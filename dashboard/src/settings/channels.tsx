/** Channels of alerts: e-mail, Slack, webhooks; each with a test. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, read, type Schema, tenant, useChange } from "../api/client";
import { Button, Code, Field, input, Loaded, Panel, Table } from "../ui";

type Kind = Schema["AlertChannel"]["kind"];

const path = () => ({ tenant: tenant() });
const KINDS: Record<Kind, string> = { EMAIL: "E-mail", SLACK: "Slack", WEBHOOK: "Webhook" };

export function AlertChannels({ channels }: { channels: UseQueryResult<Schema["AlertChannelList"]> }) {
  const [result, setResult] = useState<{ good: boolean; text: string } | null>(null);
  const test = useChange(async ({ id, name }: { id: string; name: string }) => {
    setResult(null);
    const told = await read(api.POST("/api/v1/stable/tenants/{tenant}/alerts/test", { params: { path: path() }, body: { channelId: id } }));
    setResult({ good: told.delivered, text: told.delivered ? `The test message has arrived at ${name}.` : `${name}: ${told.problem}` });
  });
  const drop = useChange((channel: string) =>
    read(api.DELETE("/api/v1/stable/tenants/{tenant}/alert-channels/{channel}", { params: { path: { ...path(), channel } } })),
  );
  const problem = test.error ?? drop.error;
  return (
    <Panel title="Alert channels">
      <NewChannel />
      {result && (
        <p role={result.good ? "status" : "alert"} className={`mb-2 ${result.good ? "text-good" : "text-bad"}`}>
          {result.text}
        </p>
      )}
      {problem && (
        <p role="alert" className="mb-2 text-bad">
          {problem.message}
        </p>
      )}
      <Loaded of={channels}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p className="py-3 text-center text-soft">No channel yet. Alerts go to people by e-mail, by Slack, or to a URL of yours.</p>
          ) : (
            <Table
              label="Alert channels"
              rows={rows}
              id={(row) => row.metadata.id}
              columns={[
                { head: "Channel", cell: (row) => row.name },
                { head: "Kind", cell: (row) => KINDS[row.kind] },
                { head: "Where to", wide: true, cell: (row) => row.target },
                {
                  head: "Actions",
                  cell: (row) => (
                    <span className="flex gap-2">
                      <Button
                        disabled={test.isPending}
                        aria-label={`Test the channel ${row.name}`}
                        onClick={() => test.mutate({ id: row.metadata.id, name: row.name })}
                      >
                        Test
                      </Button>
                      <Button tone="danger" aria-label={`Delete the channel ${row.name}`} onClick={() => drop.mutate(row.metadata.id)}>
                        Delete
                      </Button>
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

function NewChannel() {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("SLACK");
  const [target, setTarget] = useState("");
  const [secret, setSecret] = useState("");
  const make = useChange(async () => {
    setSecret("");
    const addresses = target.split(/[\s,;]+/).filter(Boolean);
    const body = kind === "EMAIL" ? { name, kind, addresses } : { name, kind, url: target.trim() };
    const made = await read(api.POST("/api/v1/stable/tenants/{tenant}/alert-channels", { params: { path: path() }, body }));
    setSecret(made.secret ?? "");
    setName("");
    setTarget("");
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(undefined);
  };
  return (
    <>
      <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={submit}>
        <Field label="Name of a new channel">
          <input className={input} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Kind of channel">
          <select className={input} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
            {Object.entries(KINDS).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </Field>
        <Field label={kind === "EMAIL" ? "Addresses" : "URL"}>
          <input className={`${input} w-72 max-w-full`} value={target} onChange={(event) => setTarget(event.target.value)} />
        </Field>
        <Button type="submit" tone="strong" disabled={!name || !target || make.isPending}>
          Add the channel
        </Button>
      </form>
      {make.error && (
        <p role="alert" className="mb-2 text-bad">
          {make.error.message}
        </p>
      )}
      {secret && (
        <div role="status" className="mb-3">
          <p>Messages are signed with this secret; it is shown this once:</p>
          <Code label="The channel's secret">{secret}</Code>
        </div>
      )}
    </>
  );
}
