/** Filters: which events of a scope start a workflow. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { FilterForm } from "../events/filterForm";
import { useAddress } from "../pieces/address";
import { Confirm } from "../pieces/confirm";
import { ChoiceField, linked, Nothing, Pages, SearchField } from "../pieces/view";
import { Button, Dialog, Loaded, Page, Panel, Table } from "../ui";
import { path, useWorkflowOptions } from "../workflow/data";

type Filter = Schema["Filter"];
const SIZE = 100;

export function Filters() {
  const { get, set } = useAddress();
  const page = Number(get("page")) || 1;
  const options = useWorkflowOptions(["", "any workflow"]);
  const names = new Map(options);
  const query = { limit: SIZE, offset: (page - 1) * SIZE, workflowIds: get("workflow") ? [get("workflow")] : undefined, scopes: get("scope") ? [get("scope")] : undefined };
  const found = useLive(["filters", query], () => read(api.GET("/api/v1/stable/tenants/{tenant}/filters", { params: { path: path(), query } })), 5000);
  const [asked, setAsked] = useState<{ what: "make" | "delete"; filter?: Filter } | null>(null);
  const close = () => setAsked(null);
  const drop = useChange(async (filter: Filter) => {
    await read(api.DELETE("/api/v1/stable/tenants/{tenant}/filters/{filter_id}", { params: { path: { ...path(), filter_id: filter.metadata.id } } }));
    close();
  });
  const shown = found.data?.rows.find((each) => each.metadata.id === get("filter"));
  return (
    <Page
      title="Filters"
      actions={
        <Button tone="strong" onClick={() => setAsked({ what: "make" })}>
          New filter
        </Button>
      }
    >
      <p className="mb-3 max-w-3xl text-soft">Once a workflow has filters for a scope, only those events of the scope start it for which an expression is true.</p>
      <div className="mb-3 flex flex-wrap gap-2">
        <ChoiceField name="workflow" label="Workflow" options={options} />
        <SearchField name="scope" label="Scope" />
      </div>
      <Panel>
        <Loaded of={found}>
          {({ rows }) =>
            rows.length === 0 ? (
              <Nothing title={get("workflow") || get("scope") ? "No filter fits" : "No filter yet"} command={'@mattock.task(on_events=["order:*"], default_filters=[EventFilter(expression="input.total > 100", scope="shop")])'}>
                A workflow declares its filters, or you make one here.
              </Nothing>
            ) : (
              <Table
                label="Filters"
                rows={rows}
                id={(row) => row.metadata.id}
                columns={[
                  { head: "Workflow", cell: (row) => <Link to="/workflows/$workflow" params={{ workflow: row.workflowId }} className={linked}>{names.get(row.workflowId) ?? row.workflowId.slice(-8)}</Link> },
                  { head: "Scope", cell: (row) => row.scope },
                  { head: "Expression", wide: true, cell: (row) => <code>{row.expression}</code> },
                  { head: "Payload", cell: (row) => <code className="block max-w-52 truncate text-xs text-soft">{Object.keys(row.payload).length ? JSON.stringify(row.payload) : ""}</code> },
                  { head: "From", cell: (row) => <span className="text-soft">{row.isDeclarative ? "the workflow" : "the API"}</span> },
                  {
                    head: "Actions",
                    cell: (row) => (
                      <span className="flex gap-1">
                        <Button onClick={() => set({ filter: row.metadata.id }, false)}>{row.isDeclarative ? "Try" : "Change"}</Button>
                        {!row.isDeclarative && (
                          <Button tone="danger" onClick={() => setAsked({ what: "delete", filter: row })}>
                            Delete
                          </Button>
                        )}
                      </span>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
        <Pages more={Boolean(found.data?.pagination.next_page)} />
      </Panel>
      <Dialog title="New filter" open={asked?.what === "make"} onClose={close}>
        <FilterForm workflow={get("workflow")} onDone={close} />
      </Dialog>
      <Dialog title={shown?.isDeclarative ? "A filter of the workflow" : "Change the filter"} open={shown !== undefined} onClose={() => set({ filter: undefined })}>
        {shown && <FilterForm filter={shown} onDone={() => set({ filter: undefined })} />}
      </Dialog>
      <Confirm title="Delete the filter?" open={asked?.what === "delete"} onClose={close} action="Delete it" change={drop} onConfirm={() => asked?.filter && drop.mutate(asked.filter)}>
        <code className="break-all">{asked?.filter?.expression}</code> decides no more about events of scope {asked?.filter?.scope}.
      </Confirm>
    </Page>
  );
}
