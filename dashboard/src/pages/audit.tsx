/** Who did what in the tenant. */
import { useState } from "react";
import { api, read, tenant, useLive } from "../api/client";
import { clock } from "../format";
import { Button, Field, input, Loaded, Page, Table } from "../ui";

export function Audit() {
  const [search, setSearch] = useState("");
  const [pages, setPages] = useState<string[]>([]);
  const before = pages[pages.length - 1];
  const found = useLive(
    ["audit", search, before],
    () => read(api.GET("/api/v1/tenants/{tenant}/audit", { params: { path: { tenant: tenant() }, query: { search, before } } })),
    5000,
  );
  const next = found.data?.next;
  return (
    <Page title="Audit log">
      <div className="mb-3">
        <Field label="Search for a person, a token, an action or a path">
          <input
            className={input}
            value={search}
            onChange={(event) => {
              setSearch(event.target.value);
              setPages([]);
            }}
          />
        </Field>
      </div>
      <Loaded of={found} empty="Nothing was done that is logged: changes by people, and what tokens do as administrators.">
        {(list) => (
          <Table
            label="What was done"
            rows={list.rows}
            id={(row) => row.id}
            columns={[
              { head: "When", cell: (row) => clock(row.at) },
              { head: "Who", cell: (row) => row.actor },
              { head: "What", cell: (row) => row.operation.replaceAll("_", " ") },
              { head: "Where", wide: true, cell: (row) => row.target },
              { head: "Answer", cell: (row) => row.status },
              { head: "From", cell: (row) => row.address },
            ]}
          />
        )}
      </Loaded>
      <div className="mt-3 flex gap-2">
        <Button disabled={pages.length === 0} onClick={() => setPages(pages.slice(0, -1))}>
          Newer
        </Button>
        <Button disabled={!next} onClick={() => next && setPages([...pages, next])}>
          Older
        </Button>
      </div>
    </Page>
  );
}
