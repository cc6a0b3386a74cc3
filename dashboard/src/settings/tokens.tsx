/** API tokens of the tenant. */
import { useState } from "react";
import { api, read, tenant, useChange, useLive } from "../api/client";
import { ago, clock } from "../format";
import { RoleChoice } from "./role";
import { Button, Code, Field, input, Loaded, Panel, Table } from "../ui";

const path = () => ({ tenant: tenant() });

export function Tokens() {
  const tokens = useLive(["tokens"], () => read(api.GET("/api/v1/tenants/{tenant}/api-tokens", { params: { path: path() } })), 10_000);
  const [name, setName] = useState("");
  const [role, setRole] = useState("MEMBER");
  const [made, setMade] = useState("");
  const make = useChange(async () => setMade((await read(api.POST("/api/v1/tenants/{tenant}/api-tokens", { params: { path: path() }, body: { name, role } }))).token));
  const revoke = useChange((token: string) => read(api.POST("/api/v1/api-tokens/{token}", { params: { path: { token } } })));
  return (
      <Panel title="API tokens">
        <form
          className="mb-3 flex flex-wrap items-end gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate(undefined);
          }}
        >
          <Field label="Name of a new token">
            <input className={input} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <RoleChoice label="Role of the token" value={role} onChange={setRole} />
          <Button type="submit" tone="strong" disabled={!name || make.isPending}>
            Make it
          </Button>
        </form>
        {made && (
          <div role="status" className="mb-3">
            <p>It is shown this once:</p>
            <Code label="The new token">{made}</Code>
          </div>
        )}
        <Loaded of={tokens}>
          {(found) => (
            <Table
              label="API tokens"
              rows={found.rows}
              id={(row) => row.metadata.id}
              columns={[
                { head: "Name", cell: (row) => row.name },
                { head: "Role", cell: (row) => row.role?.toLowerCase() },
                { head: "Made", cell: (row) => ago(row.metadata.createdAt) },
                { head: "Until", cell: (row) => (row.expiresAt ? clock(row.expiresAt) : "–") },
                {
                  head: "Actions",
                  cell: (row) => (
                    <Button tone="danger" onClick={() => revoke.mutate(row.metadata.id)}>
                      Revoke
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
