/** Workers: slots, labels, health. */
import { Link } from "@tanstack/react-router";
import { api, read, type Schema, tenant, useChange, useLive } from "../api/client";
import { Drain } from "../flow/drain";
import { ago } from "../format";
import { useAddress } from "../pieces/address";
import { Refusal } from "../pieces/form";
import { ChoiceField, Level, linked, Nothing, Pages, SearchField } from "../pieces/view";
import { Button, Loaded, Page, Panel, Status, Table } from "../ui";

type Worker = Schema["Worker"];
const SIZE = 100;
const STATUSES: Record<string, string[] | undefined> = { "": ["ACTIVE", "PAUSED"], all: undefined, ACTIVE: ["ACTIVE"], PAUSED: ["PAUSED"], INACTIVE: ["INACTIVE"] };

export function Workers() {
  const { get } = useAddress();
  const page = Number(get("page")) || 1;
  const status = get("status");
  const label = get("label");
  const query = { limit: SIZE, offset: (page - 1) * SIZE, statuses: STATUSES[status] as never, labels: label.includes(":") ? [label] : undefined };
  const workers = useLive(["workers", query], () => read(api.GET("/api/v1/tenants/{tenant}/worker", { params: { path: { tenant: tenant() }, query } })));
  const pause = useChange(({ worker, isPaused }: { worker: string; isPaused: boolean }) => read(api.PATCH("/api/v1/workers/{worker}", { params: { path: { worker } }, body: { isPaused } })));
  return (
    <Page
      title="Workers"
      actions={
        <>
          <ChoiceField name="status" label="Status" options={[["", "active and paused"], ["ACTIVE", "active"], ["PAUSED", "paused"], ["INACTIVE", "gone, within a day"], ["all", "all"]]} />
          <SearchField name="label" label="Label" placeholder="label key:value" />
        </>
      }
    >
      <Refusal of={[pause.error]} />
      <Panel>
        <Loaded of={workers}>
          {(found) =>
            (found.rows ?? []).length > 0 ? (
              <Rows rows={found.rows ?? []} onPause={(row) => pause.mutate({ worker: row.metadata.id, isPaused: row.status !== "PAUSED" })} />
            ) : status || label ? (
              <Nothing title="No worker fits" action={<Link to="/workers" className={linked}>Show those that are connected</Link>} />
            ) : (
              <Nothing title="No worker is connected" command="mattock worker tasks.py" action={<Link to="/workers" search={{ status: "INACTIVE" } as never} className={linked}>Those of the last day</Link>}>
                Workers run the tasks; start one where your code is.
              </Nothing>
            )
          }
        </Loaded>
        <Pages more={Boolean(workers.data?.pagination.next_page)} />
      </Panel>
      <p className="text-soft">
        A paused or draining worker finishes what it holds; a drained one holds nothing, and can be stopped.{" "}
        <Link to="/runs" search={{ status: "RUNNING" } as never} className={linked}>
          What runs now
        </Link>
      </p>
    </Page>
  );
}

export function SlotLevels({ of }: { of: Worker["slotConfig"] }) {
  return (
    <span className="grid gap-1">
      {Object.entries(of ?? {}).map(([kind, slots]) => {
        const used = slots.limit - (slots.available ?? slots.limit);
        return (
          <span key={kind} className="flex items-center gap-2">
            <span className="w-14 text-xs text-soft">{kind}</span>
            <Level label={`${kind} slots in use`} used={used} of={slots.limit} warn={used >= slots.limit} />
          </span>
        );
      })}
    </span>
  );
}

function Rows({ rows, onPause }: { rows: Worker[]; onPause: (row: Worker) => void }) {
  return (
    <Table
      label="Workers"
      rows={rows}
      id={(row) => row.metadata.id}
      columns={[
        {
          head: "Name",
          cell: (row) => (
            <Link to="/workers/$worker" params={{ worker: row.metadata.id }} className={`${linked} font-medium`}>
              {row.name}
            </Link>
          ),
        },
        { head: "Status", cell: (row) => <Status value={row.drain ?? row.status ?? "INACTIVE"} /> },
        { head: "Slots in use", cell: (row) => <SlotLevels of={row.slotConfig} /> },
        { head: "Seen", cell: (row) => <span className="text-soft">{ago(row.lastHeartbeatAt)}</span> },
        { head: "SDK", cell: (row) => <span className="text-soft">{[row.runtimeInfo?.language?.toLowerCase(), row.runtimeInfo?.sdkVersion].filter(Boolean).join(" ")}</span> },
        { head: "Labels", wide: true, cell: (row) => <span className="text-xs text-soft">{(row.labels ?? []).map((label) => `${label.key}=${label.value}`).join(" ")}</span> },
        { head: "Tasks", cell: (row) => <span className="text-soft tabular-nums">{(row.actions ?? []).length}</span> },
        {
          head: "Actions",
          cell: (row) =>
            row.status !== "INACTIVE" && (
              <span className="flex gap-2">
                <Button onClick={() => onPause(row)}>{row.status === "PAUSED" ? "Resume" : "Pause"}</Button>
                <Drain worker={row} />
              </span>
            ),
        },
      ]}
    />
  );
}
