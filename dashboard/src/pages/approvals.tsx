/** What waits for a person's decision, and what was decided. */
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useLive } from "../api/client";
import { ago, clock } from "../format";
import { useAddress } from "../pieces/address";
import { linked, Nothing, Views } from "../pieces/view";
import { Loaded, Page, Panel, Table } from "../ui";

type Approval = Schema["Approval"];
const VIEWS = [
  ["open", "Open"],
  ["decided", "Decided"],
] as const;

export function Approvals() {
  const { get } = useAddress();
  const decided = get("tab") === "decided";
  const found = useLive(["approvals", decided], () => read(api.GET("/api/v1/stable/tenants/{tenant}/approvals", { params: { path: { tenant: tenant() }, query: { decided, limit: 200 } } })));
  return (
    <Page title="Approvals">
      <Views label="Views" views={VIEWS} chosen={decided ? "decided" : "open"} />
      <Panel>
        <Loaded of={found}>
          {({ rows }) =>
            rows.length > 0 ? (
              <Rows rows={rows} decided={decided} />
            ) : decided ? (
              <Nothing title="Nothing was decided yet" />
            ) : (
              <Nothing title="Nothing waits for a decision" command={'found = await ctx.aio_wait_for_approval("refund", title="Refund 80?")'}>
                A durable task asks so, and waits for as long as it takes.
              </Nothing>
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

function Rows({ rows, decided }: { rows: Approval[]; decided: boolean }) {
  return (
    <Table
      label="Approvals"
      rows={rows}
      id={(row) => `${row.taskExternalId}/${row.key}/${row.askedAt}`}
      columns={[
        {
          head: "What is asked",
          wide: true,
          cell: (row) => (
            <Link to="/approvals/$task/$key" params={{ task: row.taskExternalId, key: row.key }} className={`${linked} font-medium`}>
              {row.title}
            </Link>
          ),
        },
        {
          head: "Workflow",
          cell: (row) => (
            <Link to="/runs/$run" params={{ run: row.taskExternalId }} className={linked}>
              {row.workflowName}
            </Link>
          ),
        },
        { head: "Asked", cell: (row) => <span title={clock(row.askedAt)}>{ago(row.askedAt)}</span> },
        ...(decided
          ? [
              { head: "Decision", cell: (row: Approval) => <Outcome of={row} /> },
              { head: "By", cell: (row: Approval) => row.by },
              { head: "When", cell: (row: Approval) => <span title={row.decidedAt ? clock(row.decidedAt) : ""}>{ago(row.decidedAt)}</span> },
              { head: "Comment", wide: true, cell: (row: Approval) => row.comment },
            ]
          : [
              {
                head: "Decision",
                cell: (row: Approval) => (
                  <Link to="/approvals/$task/$key" params={{ task: row.taskExternalId, key: row.key }} className="rounded border border-line px-3 py-1 hover:border-soft">
                    Decide
                  </Link>
                ),
              },
            ]),
      ]}
    />
  );
}

export function Outcome({ of }: { of: Approval }) {
  if (of.approved === true) return <span className="font-medium text-good">✓ approved</span>;
  if (of.approved === false) return <span className="font-medium text-bad">✕ rejected</span>;
  return <span className="text-soft">⊘ nobody decided in time</span>;
}
