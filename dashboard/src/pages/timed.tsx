/** Crons, one-time schedules, and a calendar of what is to come. */
import { lazy, Suspense, useState } from "react";
import { useAddress } from "../pieces/address";
import { Views } from "../pieces/view";
import { CronForm } from "../timed/cronForm";
import { CronTable } from "../timed/cronTable";
import { ScheduleForm } from "../timed/scheduleForm";
import { ScheduleTable } from "../timed/scheduleTable";
import { Button, Dialog, Page, Panel } from "../ui";

const Calendar = lazy(() => import("../timed/calendar"));
const VIEWS = [
  ["crons", "Crons"],
  ["schedules", "Schedules"],
  ["calendar", "Calendar"],
] as const;

export function Timed() {
  const { get } = useAddress();
  const view = VIEWS.find(([id]) => id === get("tab"))?.[0] ?? "crons";
  const [making, setMaking] = useState<"" | "cron" | "schedule">("");
  return (
    <Page
      title="Crons & schedules"
      actions={
        <>
          <Button onClick={() => setMaking("cron")}>New cron</Button>
          <Button onClick={() => setMaking("schedule")}>New schedule</Button>
        </>
      }
    >
      <Views label="Views" views={VIEWS} chosen={view} />
      {view === "crons" && (
        <Panel>
          <CronTable />
        </Panel>
      )}
      {view === "schedules" && (
        <Panel>
          <ScheduleTable />
        </Panel>
      )}
      {view === "calendar" && (
        <Suspense fallback={<p role="status" className="text-soft">Loading…</p>}>
          <Calendar />
        </Suspense>
      )}
      <Dialog title="New cron" open={making === "cron"} onClose={() => setMaking("")}>
        <CronForm onDone={() => setMaking("")} />
      </Dialog>
      <Dialog title="New schedule" open={making === "schedule"} onClose={() => setMaking("")}>
        <ScheduleForm onDone={() => setMaking("")} />
      </Dialog>
    </Page>
  );
}
