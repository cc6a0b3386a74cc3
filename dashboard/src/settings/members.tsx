/** Who may do what in the tenant, and who is invited. */
import { type FormEvent, useState } from "react";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { ago, clock } from "../format";
import { Confirm } from "../pieces/confirm";
import { CopyButton } from "../pieces/view";
import { Button, Code, Field, input, Loaded, Panel, Table } from "../ui";
import { RoleChoice } from "./role";

const path = () => ({ tenant: tenant() });

export function Members() {
  const members = useLive(["members"], () => read(api.GET("/api/v1/tenants/{tenant}/members", { params: { path: path() } })), 10_000);
  const change = useChange(({ person, role }: { person: string; role: string }) =>
    read(api.PATCH("/api/v1/tenants/{tenant}/members/{person}", { params: { path: { ...path(), person } }, body: { role } })),
  );
  const drop = useChange(async (person: string) => {
    await read(api.DELETE("/api/v1/tenants/{tenant}/members/{person}", { params: { path: { ...path(), person } } }));
    setGone(null);
  });
  const [gone, setGone] = useState<{ id: string; email: string } | null>(null);
  const problem = change.error;
  return (
    <Panel title="Members">
      {problem && (
        <p role="alert" className="mb-2 text-bad">
          {problem.message}
        </p>
      )}
      <Loaded of={members}>
        {(found) => (
          <Table
            label="Members"
            rows={found.rows}
            id={(row) => row.id}
            columns={[
              { head: "E-mail", cell: (row) => row.email },
              { head: "Name", cell: (row) => row.name },
              {
                head: "Role",
                cell: (row) => (
                  <RoleChoice bare label={`Role of ${row.email}`} value={row.role} onChange={(role) => change.mutate({ person: row.id, role })} />
                ),
              },
              { head: "Since", cell: (row) => ago(row.since) },
              {
                head: "Actions",
                cell: (row) => (
                  <Button tone="danger" onClick={() => setGone(row)} aria-label={`Remove ${row.email}`}>
                    Remove
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <Confirm title={`Remove ${gone?.email ?? ""}?`} open={gone !== null} onClose={() => setGone(null)} action="Remove them" change={drop} onConfirm={() => gone && drop.mutate(gone.id)}>
        They lose their access to this tenant at once. What they did stays in the audit log.
      </Confirm>
    </Panel>
  );
}

export function Invitations() {
  const open = useLive(["invitations"], () => read(api.GET("/api/v1/tenants/{tenant}/invitations", { params: { path: path() } })), 10_000);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("MEMBER");
  const [link, setLink] = useState("");
  const invite = useChange(async () => setLink((await read(api.POST("/api/v1/tenants/{tenant}/invitations", { params: { path: path() }, body: { email, role } }))).url));
  const drop = useChange((invitation: string) =>
    read(api.DELETE("/api/v1/tenants/{tenant}/invitations/{invitation}", { params: { path: { ...path(), invitation } } })),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate(undefined);
  };
  return (
    <Panel title="Invitations">
      <form className="mb-3 flex flex-wrap items-end gap-3" onSubmit={submit}>
        <Field label="E-mail of a new member">
          <input className={input} type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <RoleChoice label="Role of the new member" value={role} onChange={setRole} />
        <Button type="submit" tone="strong" disabled={!email || invite.isPending}>
          Invite
        </Button>
      </form>
      {invite.error && (
        <p role="alert" className="mb-2 text-bad">
          {invite.error.message}
        </p>
      )}
      {link && (
        <div role="status" className="mb-3">
          <p className="mb-2 flex items-center justify-between gap-2">
            Send this link; it holds for a week, works once, and is shown this once: <CopyButton text={link} label="Copy the link" />
          </p>
          <Code label="The invitation's link">{link}</Code>
        </div>
      )}
      <Loaded of={open} empty="Nobody is invited.">
        {(found) => (
          <Table
            label="Invitations"
            rows={found.rows}
            id={(row) => row.id}
            columns={[
              { head: "E-mail", cell: (row) => row.email },
              { head: "Role", cell: (row) => row.role.toLowerCase() },
              { head: "By", cell: (row) => row.invitedBy },
              { head: "Until", cell: (row) => clock(row.until) },
              {
                head: "Actions",
                cell: (row) => (
                  <Button tone="danger" onClick={() => drop.mutate(row.id)} aria-label={`Take back the invitation of ${row.email}`}>
                    Take back
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
