/** The tenant itself: its name, and what programs need to reach it. */
import { useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive, useMe } from "../api/client";
import { clock } from "../format";
import { Form, problemOf, TextRow } from "../pieces/form";
import { CopyButton, Facts } from "../pieces/view";
import { Loaded, Panel } from "../ui";
import { suffices } from "./role";

export function General() {
  const me = useMe().data;
  const found = useLive(["tenant"], () => read(api.GET("/api/v1/tenants/{tenant}", { params: { path: { tenant: tenant() } } })), 30_000);
  return (
    <>
      <Panel title="The tenant">
        <Loaded of={found}>{(it) => (suffices(me?.role ?? "", "ADMIN") ? <Rename key={it.metadata.id} of={it} /> : <p>{it.name}</p>)}</Loaded>
      </Panel>
      <Panel title="For programs">
        <Loaded of={found}>
          {(it) => (
            <Facts
              of={[
                ["Short name", <code key="slug">{it.slug}</code>],
                ["Id", <Copied key="id" text={it.metadata.id} label="Copy the tenant's id" />],
                ["Server", <Copied key="url" text={it.serverUrl ?? window.location.origin} label="Copy the server's address" />],
                ["Since", clock(it.metadata.createdAt)],
                ["Version of the server", me?.version ?? "–"],
                ["Your role", me?.role.toLowerCase() ?? "–"],
              ]}
            />
          )}
        </Loaded>
      </Panel>
    </>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <code className="break-all">{text}</code>
      <CopyButton text={text} label={label} />
    </span>
  );
}

function Rename({ of }: { of: Schema["Tenant"] }) {
  const [name, setName] = useState(of.name);
  const send = useChange(() => read(api.PATCH("/api/v1/tenants/{tenant}", { params: { path: { tenant: tenant() } }, body: { name } })));
  return (
    <Form sent={send} action="Keep the name" ready={name.trim() !== "" && name !== of.name} known={["name"]} onSubmit={() => send.mutate(undefined)}>
      <TextRow label="Name" value={name} onChange={setName} problem={problemOf(send.error, "name")} hint="For people; the short name stays, for programs." />
      {send.isSuccess && name === of.name && (
        <p role="status" className="self-end">
          It is kept.
        </p>
      )}
    </Form>
  );
}
