/** The person's own account, and a new tenant. */
import { type FormEvent, type ReactNode, useState } from "react";
import { api, chooseTenant, read, useChange, useMe } from "../api/client";
import { Password } from "../pages/login";
import { Button, Field, input, Panel } from "../ui";

export function Account() {
  const me = useMe().data;
  const [email, setEmail] = useState(me?.email ?? "");
  const [name, setName] = useState(me?.name ?? "");
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  return (
    <Panel title="Your account">
      <Act done="It is kept." action="Keep" send={() => read(api.PATCH("/api/v1/me", { body: { name, email } }))}>
        <Field label="Your e-mail">
          <input className={input} type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Your name">
          <input className={input} autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      </Act>
      <Act
        done="The password is changed; all other sessions have ended."
        action="Change the password"
        send={() => read(api.POST("/api/v1/me/password", { body: { current, new: fresh } }))}
      >
        <Password label="Current password, if there is one" value={current} onChange={setCurrent} optional />
        <Password label="New password" value={fresh} onChange={setFresh} isNew />
      </Act>
    </Panel>
  );
}

export function NewTenant() {
  const [slug, setSlug] = useState("");
  const [name, setName] = useState("");
  return (
    <Panel title="A new tenant">
      <Act done="" action="Make the tenant" send={async () => chooseTenant((await read(api.POST("/api/v1/tenants", { body: { slug, name } }))).id)}>
        <Field label="Name of the tenant">
          <input className={input} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Short name (a-z, 0-9, -)">
          <input className={input} value={slug} onChange={(event) => setSlug(event.target.value)} />
        </Field>
      </Act>
    </Panel>
  );
}

type ActProps = { action: string; done: string; send: () => Promise<unknown>; children: ReactNode };
function Act({ action, done, send, children }: ActProps) {
  const change = useChange(send);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(undefined);
  };
  return (
    <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={submit}>
      {children}
      <Button type="submit" disabled={change.isPending}>
        {action}
      </Button>
      {change.error && (
        <p role="alert" className="text-bad">
          {change.error.message}
        </p>
      )}
      {change.isSuccess && done && <p role="status">{done}</p>}
    </form>
  );
}
