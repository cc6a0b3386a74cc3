/** Crons: when they fire next, and what one does with them. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { ago, span } from "../format";
import { useAddress } from "../pieces/address";
import { Confirm } from "../pieces/confirm";
import { Refusal } from "../pieces/form";
import { linked, Nothing, SearchField } from "../pieces/view";
import { Button, Dialog, Loaded, Status, Table } from "../ui";
import { path } from "../workflow/data";
import { Backfill } from "./backfill";
import { CronForm } from "./cronForm";
import { inWords, inZone, Times, useTimes } from "./expression";

type Cron = Schema["Cron"];
type Asked = { what: "change" | "backfill" | "delete" | "times" | "make"; cron?: Cron } | null;

export function CronTable({ workflow }: { workflow?: Schema["Workflow"] }) {
  const { get } = useAddress();
  const search = workflow ? "" : get("search").toLowerCase();
  const query = { limit: 1000, workflowId: workflow?.metadata.id };
  const crons = useLive(["crons", query.workflowId], () => read(api.GET("/api/v1/tenants/{tenant}/workflows/crons", { params: { path: path(), query } })));
  const at = (cron: Cron) => ({ params: { path: { ...path(), cron: cron.metadata.id } } });
  const enable = useChange((cron: Cron) => read(api.PATCH("/api/v1/tenants/{tenant}/workflows/crons/{cron}", { ...at(cron), body: { enabled: !cron.enabled } })));
  const fire = useChange(async (cron: Cron) => setStarted((await read(api.POST("/api/v1/tenants/{tenant}/workflows/crons/{cron}", at(cron)))).externalId));
  const drop = useChange(async (cron: Cron) => {
    await read(api.DELETE("/api/v1/tenants/{tenant}/workflows/crons/{cron}", at(cron)));
    setAsked(null);
  });
  const [asked, setAsked] = useState<Asked>(null);
  const [started, setStarted] = useState("");
  const close = () => setAsked(null);
  const cron = asked?.cron;
  return (
    <>
      {!workflow && <div className="mb-3"><SearchField name="search" label="Search crons" placeholder="workflow, name, expression" className="w-64 max-w-full" /></div>}
      <Refusal of={[enable.error, fire.error]} />
      {started && (
        <p role="status" className="mb-3">
          <Link to="/runs/$run" params={{ run: started }} className={linked}>
            The run that was started
          </Link>
        </p>
      )}
      <Loaded of={crons}>
        {(found) => {
          const rows = (found.rows ?? []).filter((row) => `${row.workflowName} ${row.name ?? ""} ${row.cron}`.toLowerCase().includes(search));
          if (rows.length === 0) {
            return search ? (
              <Nothing title="No cron fits" />
            ) : (
              <Nothing title={workflow ? "It has no cron" : "No cron yet"} command={'@mattock.task(on_crons=["0 9 * * 1-5"])'} action={workflow && <Button onClick={() => setAsked({ what: "make" })}>New cron</Button>}>
                A workflow declares its crons, or you make one here.
              </Nothing>
            );
          }
          return (
            <Table
              label="Crons"
              rows={rows}
              id={(row) => row.metadata.id}
              columns={[
                ...(workflow ? [] : [{ head: "Workflow", cell: (row: Cron) => (row.workflowId ? <Link to="/workflows/$workflow" params={{ workflow: row.workflowId }} className={linked}>{row.workflowName}</Link> : row.workflowName) }]),
                { head: "Name", cell: (row) => row.name ?? <span className="text-soft">declared</span> },
                {
                  head: "When",
                  cell: (row) => (
                    <>
                      <span className="block max-w-72 whitespace-normal">{inWords(row.cron) || row.cron}</span>
                      <span className="block text-xs text-soft">
                        <code>{row.cron}</code> {row.timezone || "UTC"}
                      </span>
                    </>
                  ),
                },
                {
                  head: "Next",
                  cell: (row) =>
                    row.enabled ? (
                      <Button className="!border-transparent !bg-transparent !px-0 underline decoration-dotted underline-offset-2" title={row.nextAt ? inZone(row.nextAt, row.timezone) : ""} aria-label={`Next times of ${row.name ?? row.workflowName}`} onClick={() => setAsked({ what: "times", cron: row })}>
                        {ago(row.nextAt)}
                      </Button>
                    ) : (
                      <Status value="PAUSED" />
                    ),
                },
                { head: "Policies", cell: (row) => <Policies of={row} /> },
                { head: "Problem", wide: true, cell: (row) => <span className="text-bad">{row.problem ?? ""}</span> },
                {
                  head: "Actions",
                  cell: (row) => (
                    <span className="flex gap-1">
                      <Button disabled={fire.isPending} onClick={() => fire.mutate(row)}>Run now</Button>
                      <Button disabled={enable.isPending} onClick={() => enable.mutate(row)}>{row.enabled ? "Pause" : "Resume"}</Button>
                      <Button onClick={() => setAsked({ what: "change", cron: row })}>Change</Button>
                      <Button onClick={() => setAsked({ what: "backfill", cron: row })}>Backfill</Button>
                      {row.method !== "DEFAULT" && (
                        <Button tone="danger" onClick={() => setAsked({ what: "delete", cron: row })}>
                          Delete
                        </Button>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
      {workflow && (crons.data?.rows ?? []).length > 0 && <div className="mt-3"><Button onClick={() => setAsked({ what: "make" })}>New cron</Button></div>}
      <Dialog title="New cron" open={asked?.what === "make"} onClose={close}>
        <CronForm workflow={workflow?.name} onDone={close} />
      </Dialog>
      <Dialog title={`Change ${cron?.name ?? "the cron"}`} open={asked?.what === "change"} onClose={close}>
        {cron && <CronForm cron={cron} onDone={close} />}
      </Dialog>
      <Dialog title={`Next times of ${cron?.name ?? cron?.workflowName ?? ""}`} open={asked?.what === "times"} onClose={close}>
        {cron && <NextTimes cron={cron} />}
      </Dialog>
      <Dialog title={`Backfill ${cron?.name ?? cron?.workflowName ?? ""}`} open={asked?.what === "backfill"} onClose={close}>
        {cron && <Backfill cron={cron} onDone={close} />}
      </Dialog>
      <Confirm title={`Delete ${cron?.name ?? "the cron"}?`} open={asked?.what === "delete"} onClose={close} action="Delete it" change={drop} onConfirm={() => cron && drop.mutate(cron)}>
        It starts no more runs of {cron?.workflowName}. Those that it has started go on.
      </Confirm>
    </>
  );
}

function NextTimes({ cron }: { cron: Cron }) {
  const { times } = useTimes(cron.cron, cron.timezone, 10);
  return <Times times={times} zone={cron.timezone} />;
}

function Policies({ of }: { of: Cron }) {
  const told = [
    of.overlap !== "allow" && `overlap: ${of.overlap}`,
    of.missed !== "skip" && `missed: ${of.missed}`,
    of.jitter > 0 && `jitter ${span(of.jitter)}`,
    of.priority && `priority ${of.priority}`,
  ].filter(Boolean);
  return <span className="text-xs text-soft">{told.join(", ") || "–"}</span>;
}
