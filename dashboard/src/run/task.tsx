/** One task of a run: its result and log, attempts, children, history. */
import { RotateCcw } from "lucide-react";
import { api, read, type Schema, useChange, useLive } from "../api/client";
import type { RunView } from "../filters";
import { between } from "../format";
import { Progress } from "../progress";
import { change as changeRuns } from "../runs/change";
import { ownInput } from "../runs/start";
import { useKeys } from "../shell/keys";
import { Button, Json, Panel, Problem, Status, type Tab, Tabs, toast, useTick } from "../ui";
import { attemptsOf } from "./attempts";
import { Children } from "./children";
import { Attempts, WorkerName } from "./compare";
import { Happened } from "./happened";
import { History } from "./history";
import { Logs } from "./logs";
import { Result } from "./result";
import { Streamed } from "./streamed";
import { isEnded } from "./tree";

type TaskProps = { details: Schema["WorkflowRunDetails"]; task: Schema["TaskSummary"]; view: RunView; set: (change: Partial<RunView>) => void };

export function OneTask({ details, task, view, set }: TaskProps) {
  const id = task.taskExternalId;
  const isOver = isEnded(task.status);
  const fresh = useLive(["task", id], () => read(api.GET("/api/v1/stable/tasks/{task}", { params: { path: { task: id } } })), 1000, !isOver);
  const now = !isOver && fresh.data && !isEnded(fresh.data.status) ? fresh.data : { ...task, waitReason: isOver ? undefined : fresh.data?.waitReason };
  useTick(isOver ? 0 : 1000);
  const events = details.taskEvents.filter((event) => event.taskId === id);
  const attempts = attemptsOf(task, details.taskEvents);
  const given = ownInput(details.run.input);
  const tabs: Tab[] = [
    { id: "result", name: "Result and log", content: <><Progress of={now} /><Result task={now} /><Streamed task={id} /><Logs task={id} attempts={attempts.length} isOver={isOver} /></> },
    { id: "input", name: "Input", content: <Json label="Input" value={given} /> },
    {
      id: "attempts",
      name: "Attempts",
      count: attempts.length,
      content: <Attempts task={task} attempts={attempts} one={view.attempt} other={view.compare} isOver={isOver} onChoose={(attempt, compare) => set({ attempt, compare })} />,
    },
    ...(task.numSpawnedChildren > 0 ? [{ id: "children", name: "Children", count: task.numSpawnedChildren, content: <Children task={id} isOver={isOver} /> }] : []),
    ...(task.isDurable ? [{ id: "history", name: "History", content: <History task={id} given={given} /> }] : []),
    { id: "events", name: "What happened", count: events.length, content: <Happened events={events} /> },
  ];
  useKeys(Object.fromEntries(tabs.map((tab, place) => [String(place + 1), () => set({ tab: place ? tab.id : undefined })])));
  return (
    <Panel title={<>Task {task.displayName.replace(/-\d{10,}$/, "")}</>} actions={details.tasks.length > 1 && isEnded(details.run.status) && <ReplayTask id={id} />}>
      <p className="mb-3 flex flex-wrap items-center gap-x-6 gap-y-1 text-soft">
        <Status value={now.isEvicted ? "QUEUED" : now.status} />
        <span>attempt {now.attempt ?? 1}</span>
        {now.waitReason && <span className="text-wait">waits for {now.waitReason}</span>}
        <span className="tabular-nums">{now.startedAt ? `ran ${between(now.startedAt, now.finishedAt)}` : "not begun"}</span>
        {attempts.at(-1)?.worker && (
          <span>
            at worker <WorkerName id={attempts.at(-1)?.worker} />
          </span>
        )}
      </p>
      <Tabs label="What of the task" tabs={tabs} chosen={view.tab ?? "result"} onChoose={(tab) => set({ tab: tab === "result" ? undefined : tab })} />
    </Panel>
  );
}

function ReplayTask({ id }: { id: string }) {
  const replay = useChange(async () => {
    await changeRuns("replay", [id]);
    toast("The task runs again, with all that comes after it");
  });
  return (
    <>
      <Problem error={replay.error} />
      <Button disabled={replay.isPending} onClick={() => replay.mutate(undefined)}>
        <RotateCcw aria-hidden="true" size={13} />
        Replay from this task
      </Button>
    </>
  );
}
