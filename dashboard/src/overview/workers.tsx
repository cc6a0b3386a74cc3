/** Who works, and how much of it is taken. */
import { Link } from "@tanstack/react-router";
import { Server } from "lucide-react";
import { useWorkers } from "../api/lists";
import { Empty, Loaded, Panel, Slots, Status } from "../ui";

const SHOWN = 8;

export function Workers() {
  const workers = useWorkers();
  return (
    <Panel title="Workers">
      <Loaded of={workers}>
        {(found) => {
          const rows = found.rows ?? [];
          if (rows.length === 0) return <Empty icon={Server} title="No worker is connected" command="mattock worker tasks.py" />;
          return (
            <>
              <ul className="grid gap-3">
                {rows.slice(0, SHOWN).map((worker) => (
                  <li key={worker.metadata.id}>
                    <div className="mb-0.5 flex items-center justify-between gap-2">
                      <Link to="/runs" search={{ worker: worker.metadata.id }} className="truncate font-medium hover:text-accent hover:underline">
                        {worker.name}
                      </Link>
                      <Status value={worker.status ?? "INACTIVE"} />
                    </div>
                    {Object.entries(worker.slotConfig ?? {}).map(([kind, slots]) => (
                      <Slots key={kind} kind={kind} limit={slots.limit} free={slots.available ?? slots.limit} />
                    ))}
                  </li>
                ))}
              </ul>
              {rows.length > SHOWN && (
                <p className="mt-3 text-soft">
                  And{" "}
                  <Link to="/workers" className="text-accent underline">
                    {rows.length - SHOWN} more
                  </Link>
                </p>
              )}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}
