/** One-time schedules: one or many moved or deleted. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import { ago, clock } from "../format";
import { useAddress } from "../pieces/address";
import { Confirm } from "../pieces/confirm";
import { ChoiceRow, Form, Refusal, TextRow } from "../pieces/form";
import { ChoiceField, linked, Nothing, Pages } from "../pieces/view";
import { localTime } from "../schema/fields";
import { Button, Dialog, Loaded, Status, Table } from "../ui";
import { path, useWorkflowOptions } from "../workflow/data";
import { AtRow } from "./scheduleForm";

type Schedule = Schema["Schedule"];
const SIZE = 50;
const STATUSES = [["", "any status"], ["SCHEDULED", "scheduled"], ["QUEUED", "queued"], ["RUNNING", "running"], ["SUCCEEDED", "completed"], ["FAILED", "failed"], ["CANCELLED", "cancelled"]] as const;

export function ScheduleTable({ workflow }: { workflow?: string }) {
  const { get } = useAddress();
  const page = Number(get("page")) || 1;
  const status = get("status");
  const of = workflow ?? get("workflow");
  const options = useWorkflowOptions(["", "any workflow"]);
  const query = { limit: SIZE, offset: (page - 1) * SIZE, workflowId: of || undefined, statuses: status ? [status as "SCHEDULED"] : undefined };
  const found = useLive(["schedules", of, status, page], () => read(api.GET("/api/v1/tenants/{tenant}/workflows/scheduled", { params: { path: path(), query } })));
  const [chosen, setChosen] = useState<ReadonlyMap<string, Schedule>>(new Map());
  const [asked, setAsked] = useState<{ what: "move" | "delete"; rows: Schedule[] } | null>(null);
  const fire = useChange((row: Schedule) => read(api.POST("/api/v1/tenants/{tenant}/workflows/scheduled/{schedule}", { params: { path: { ...path(), schedule: row.metadata.id } } })));
  const done = () => {
    setAsked(null);
    setChosen(new Map());
  };
  const open = (found.data?.rows ?? []).filter((row) => !row.workflowRunId && !row.problem);
  const toggle = (row: Schedule) => {
    const next = new Map(chosen);
    if (!next.delete(row.metadata.id)) next.set(row.metadata.id, row);
    setChosen(next);
  };
  const all = open.length > 0 && open.every((row) => chosen.has(row.metadata.id));
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <ChoiceField name="status" label="Status" options={STATUSES} />
        {!workflow && <ChoiceField name="workflow" label="Workflow" options={options} />}
        <span className="ml-auto flex flex-wrap gap-2">
          <Button disabled={open.length === 0} onClick={() => setChosen(all ? new Map() : new Map(open.map((row) => [row.metadata.id, row])))}>
            {all ? "Choose none" : "Choose all"}
          </Button>
          <Button disabled={!chosen.size} onClick={() => setAsked({ what: "move", rows: [...chosen.values()] })}>
            Move {chosen.size || ""}
          </Button>
          <Button tone="danger" disabled={!chosen.size} onClick={() => setAsked({ what: "delete", rows: [...chosen.values()] })}>
            Delete {chosen.size || ""}
          </Button>
        </span>
      </div>
      <Refusal of={[fire.error]} />
      <Loaded of={found}>
        {({ rows }) =>
          (rows ?? []).length === 0 ? (
            <Nothing title={status || of ? "No schedule fits" : "Nothing is scheduled"} command={'greet.schedule(timedelta(hours=1), {"name": "Ada"})'}>
              A program schedules a run, or you make a schedule here.
            </Nothing>
          ) : (
            <Rows rows={rows ?? []} chosen={chosen} toggle={toggle} bare={workflow !== undefined} onMove={(row) => setAsked({ what: "move", rows: [row] })} onDelete={(row) => setAsked({ what: "delete", rows: [row] })} onFire={(row) => fire.mutate(row)} />
          )
        }
      </Loaded>
      <Pages more={Boolean(found.data?.pagination.next_page)} />
      <Dialog title={asked && asked.rows.length > 1 ? `Move ${asked.rows.length} schedules` : "Move the schedule"} open={asked?.what === "move"} onClose={() => setAsked(null)}>
        {asked && <Move rows={asked.rows} onDone={done} />}
      </Dialog>
      <Drop rows={asked?.what === "delete" ? asked.rows : []} onClose={() => setAsked(null)} onDone={done} />
    </>
  );
}

type RowsProps = { rows: Schedule[]; chosen: ReadonlyMap<string, Schedule>; bare: boolean; toggle: (row: Schedule) => void; onMove: (row: Schedule) => void; onDelete: (row: Schedule) => void; onFire: (row: Schedule) => void };
function Rows({ rows, chosen, bare, toggle, onMove, onDelete, onFire }: RowsProps) {
  return (
    <Table
      label="Schedules"
      rows={rows}
      id={(row) => row.metadata.id}
      columns={[
        { head: "Choose", cell: (row) => !row.workflowRunId && !row.problem && <input type="checkbox" aria-label={`Choose ${row.workflowName}, ${clock(row.triggerAt)}`} checked={chosen.has(row.metadata.id)} onChange={() => toggle(row)} /> },
        ...(bare ? [] : [{ head: "Workflow", cell: (row: Schedule) => (row.workflowId ? <Link to="/workflows/$workflow" params={{ workflow: row.workflowId }} className={linked}>{row.workflowName}</Link> : row.workflowName) }]),
        { head: "At", cell: (row) => <span className="tabular-nums">{clock(row.triggerAt)}</span> },
        { head: "From now", cell: (row) => <span className="text-soft">{ago(row.triggerAt)}</span> },
        { head: "Status", cell: (row) => <Status value={row.workflowRunStatus === "SUCCEEDED" ? "COMPLETED" : (row.workflowRunStatus ?? "SCHEDULED")} /> },
        { head: "Input", cell: (row) => <code className="block max-w-60 truncate text-xs text-soft">{JSON.stringify(row.input)}</code> },
        { head: "Problem", wide: true, cell: (row) => <span className="text-bad">{row.problem ?? ""}</span> },
        {
          head: "Actions",
          cell: (row) =>
            row.workflowRunId ? (
              <Link to="/runs/$run" params={{ run: row.workflowRunId }} className={linked}>
                Its run
              </Link>
            ) : (
              <span className="flex gap-1">
                <Button onClick={() => onFire(row)}>Run now</Button>
                <Button onClick={() => onMove(row)}>Move</Button>
                <Button tone="danger" onClick={() => onDelete(row)}>
                  Delete
                </Button>
              </span>
            ),
        },
      ]}
    />
  );
}

function Move({ rows, onDone }: { rows: Schedule[]; onDone: () => void }) {
  const [how, setHow] = useState(rows.length > 1 ? "by" : "to");
  const [at, setAt] = useState(() => localTime(rows[0]?.triggerAt ?? ""));
  const [minutes, setMinutes] = useState("60");
  const [failed, setFailed] = useState("");
  const move = useChange(async () => {
    const updates = rows.map((row) => ({ id: row.metadata.id, triggerAt: how === "to" ? new Date(at).toISOString() : new Date(Date.parse(row.triggerAt) + Number(minutes) * 60_000).toISOString() }));
    const answer = await read(api.POST("/api/v1/tenants/{tenant}/workflows/scheduled/bulk-update", { params: { path: path() }, body: { updates } }));
    if (answer.errors.length) setFailed(`${answer.errors.length} could not be moved: ${answer.errors[0]?.error}`);
    else onDone();
  });
  return (
    <Form sent={move} action="Move" ready={how === "to" ? at !== "" : Boolean(Number(minutes))} onSubmit={() => move.mutate(undefined)}>
      <ChoiceRow wide label="How" value={how} onChange={setHow} options={[["to", "to a time"], ["by", "by minutes, each from its own time"]]} />
      {how === "to" ? <AtRow value={at} onChange={setAt} /> : <TextRow wide label="Minutes" type="number" value={minutes} onChange={setMinutes} hint="Negative numbers make them earlier." />}
      {failed && <p role="alert" className="text-bad col-span-full">{failed}</p>}
    </Form>
  );
}

function Drop({ rows, onClose, onDone }: { rows: Schedule[]; onClose: () => void; onDone: () => void }) {
  const drop = useChange(async () => {
    const body = { scheduledWorkflowRunIds: rows.map((row) => row.metadata.id) };
    await read(api.POST("/api/v1/tenants/{tenant}/workflows/scheduled/bulk-delete", { params: { path: path() }, body }));
    onDone();
  });
  return (
    <Confirm title={rows.length > 1 ? `Delete ${rows.length} schedules?` : "Delete the schedule?"} open={rows.length > 0} onClose={onClose} action={rows.length > 1 ? "Delete them" : "Delete it"} change={drop} onConfirm={() => drop.mutate(undefined)}>
      {rows.length === 1 && rows[0] ? `${rows[0].workflowName} will not be started on ${clock(rows[0].triggerAt)}.` : "None of them will be started."}
    </Confirm>
  );
}
