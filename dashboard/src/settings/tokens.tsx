/** API tokens of the tenant. */
import { useState } from "react";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { ago, clock } from "../format";
import { Confirm } from "../pieces/confirm";
import { ChoiceRow, Form, problemOf, TextRow } from "../pieces/form";
import { CopyButton, Nothing } from "../pieces/view";
import { Button, Code, Loaded, Panel, Table } from "../ui";
import { ROLES } from "./role";

const path = () => ({ tenant: tenant() });
const OPTIONS = ROLES.map((role) => [role, role.toLowerCase()] as const);
const LASTS = [["168h", "a week"], ["720h", "30 days"], ["2160h", "90 days"], ["8760h", "a year"], ["87600h", "ten years"]] as const;
const SOON = 14 * 86_400_000;

export function Tokens() {
  const tokens = useLive(["tokens"], () => read(api.GET("/api/v1/tenants/{tenant}/api-tokens", { params: { path: path() } })), 10_000);
  const [name, setName] = useState("");
  const [role, setRole] = useState("MEMBER");
  const [lasts, setLasts] = useState("2160h");
  const [made, setMade] = useState("");
  const [revoked, setRevoked] = useState<Schema["ApiToken"] | null>(null);
  const make = useChange(async () => {
    setMade((await read(api.POST("/api/v1/tenants/{tenant}/api-tokens", { params: { path: path() }, body: { name, role, expiresIn: lasts } }))).token);
    setName("");
  });
  const revoke = useChange(async (token: string) => {
    await read(api.POST("/api/v1/api-tokens/{token}", { params: { path: { token } } }));
    setRevoked(null);
  });
  return (
    <>
      <Panel title="A new token">
        <Form sent={make} action="Make it" ready={name !== ""} known={["name", "role", "expiresIn"]} onSubmit={() => make.mutate(undefined)}>
          <TextRow wide label="Name of a new token" placeholder="worker in production" value={name} onChange={setName} problem={problemOf(make.error, "name")} />
          <ChoiceRow label="Role of the token" value={role} onChange={setRole} options={OPTIONS} hint="Workers need the role member." problem={problemOf(make.error, "role")} />
          <ChoiceRow label="Holds for" value={lasts} onChange={setLasts} options={LASTS} problem={problemOf(make.error, "expiresIn")} />
        </Form>
        {made && (
          <div role="status" className="mt-4 rounded border border-good/50 p-3">
            <p className="mb-2 flex items-center justify-between gap-2">
              It is shown this once: <CopyButton text={made} label="Copy the token" />
            </p>
            <Code label="The new token">{made}</Code>
          </div>
        )}
      </Panel>
      <Panel title="API tokens">
        <Loaded of={tokens}>
          {(found) =>
            (found.rows ?? []).length === 0 ? (
              <Nothing title="No token">Programs and workers show a token; people log in.</Nothing>
            ) : (
              <Table
                label="API tokens"
                rows={found.rows ?? []}
                id={(row) => row.metadata.id}
                columns={[
                  { head: "Name", wide: true, cell: (row) => row.name },
                  { head: "Role", cell: (row) => row.role?.toLowerCase() },
                  { head: "Made", cell: (row) => <span title={clock(row.metadata.createdAt)}>{ago(row.metadata.createdAt)}</span> },
                  { head: "Last used", cell: (row) => (row.lastUsedAt ? <span title={clock(row.lastUsedAt)}>{ago(row.lastUsedAt)}</span> : <span className="text-soft">never</span>) },
                  { head: "Holds until", cell: (row) => <Until of={row.expiresAt} /> },
                  {
                    head: "Actions",
                    cell: (row) => (
                      <Button tone="danger" aria-label={`Revoke ${row.name}`} onClick={() => setRevoked(row)}>
                        Revoke
                      </Button>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Panel>
      <Confirm title={`Revoke ${revoked?.name ?? ""}?`} open={revoked !== null} onClose={() => setRevoked(null)} action="Revoke it" change={revoke} onConfirm={() => revoked && revoke.mutate(revoked.metadata.id)}>
        Whoever shows it is refused from now on, everywhere. {revoked?.lastUsedAt ? `It was used ${ago(revoked.lastUsedAt)}.` : "It was never used."}
      </Confirm>
    </>
  );
}

function Until({ of }: { of: string | null | undefined }) {
  if (!of) return <span>without end</span>;
  const left = Date.parse(of) - Date.now();
  if (left < 0) return <span className="text-bad">expired {ago(of)}</span>;
  return (
    <span className={left < SOON ? "text-wait" : ""} title={clock(of)}>
      {new Date(of).toLocaleDateString()} <span className="text-soft">({ago(of)})</span>
    </span>
  );
}
