/** A workflow's tasks as a graph, each with what its definition says. */
import { span } from "../format";
import { useAddress } from "../pieces/address";
import { type GraphEdge, type GraphNode, TaskGraph } from "../pieces/taskGraph";
import { Facts } from "../pieces/view";
import { Button, Panel } from "../ui";
import type { Definition, Task } from "./data";

export default function DefinitionGraph({ definition }: { definition: Definition }) {
  const { get, set } = useAddress();
  const tasks = definition.on_failure ? [...definition.tasks, definition.on_failure] : definition.tasks;
  const chosen = tasks.find((task) => task.name === get("task")) ?? tasks[0];
  const nodes = tasks.map((task): GraphNode => ({ id: task.name, name: task.name, note: noteOf(task, task === definition.on_failure), isChosen: task === chosen }));
  return (
    <>
      <Panel title={tasks.length === 1 ? "One task" : `${tasks.length} tasks`}>
        <TaskGraph nodes={nodes} edges={definition.tasks.flatMap(edgesTo)} onChoose={(task) => set({ task })} />
        <div role="group" aria-label="Tasks" className="mt-3 flex flex-wrap gap-1">
          {tasks.map((task) => (
            <Button key={task.name} aria-pressed={task === chosen} className={task === chosen ? "!border-accent" : ""} onClick={() => set({ task: task.name })}>
              {task.name}
            </Button>
          ))}
        </div>
      </Panel>
      {chosen && (
        <Panel title={`Task ${chosen.name}`}>
          <OneTask task={chosen} />
        </Panel>
      )}
    </>
  );
}

function OneTask({ task }: { task: Task }) {
  const list = (texts: string[]) => (texts.length ? texts.map((text) => <code key={text} className="block break-all">{text}</code>) : "–");
  return (
    <Facts
      of={[
        ["Action", <code key="action">{task.action}</code>],
        ["After", task.parents.join(", ") || "the start of the run"],
        ["Kind", task.durable ? "durable" : task.batch ? `batches of up to ${task.batch.max_size}, or after ${span(task.batch.interval)}` : "ordinary"],
        ["Retries", task.retries ? `${task.retries}${task.backoff_factor ? `, each ${task.backoff_factor} times as late as the one before` : ", at once"}` : "none"],
        ["May run for", task.execution_timeout_text],
        ["May wait for", span(task.schedule_timeout)],
        ["Slots", task.slots.map(([kind, units]) => `${units} ${kind}`).join(", ") || "none"],
        ["Concurrency", list(task.concurrency.map((each) => `${each.max_runs_expression || each.max_runs} at once by ${each.expression}`))],
        ["Rate limits", list(task.rates.map((each) => `${each.units_expression || each.units} of ${each.key || each.key_expression}`))],
        ["Worker labels", list(task.labels.map((each) => `${each.key} ${each.comparator.toLowerCase().replaceAll("_", " ")} ${each.value}${each.required ? " (required)" : ""}`))],
        ["Conditions", list(task.conditions.map((each) => `${each.action.toLowerCase()} on ${each.event_key || each.sleep_text || each.parent} ${each.expression}`.trim()))],
      ]}
    />
  );
}

function noteOf(task: Task, isOnFailure: boolean): string {
  const notes = [isOnFailure && "when a task fails", task.durable && "durable", task.retries > 0 && `${task.retries} retries`, task.conditions.length > 0 && "conditions"];
  return notes.filter(Boolean).join(", ") || task.execution_timeout_text;
}

/** From the tasks that it follows, and, dashed, from those that only its conditions look at. */
function edgesTo(task: Task): GraphEdge[] {
  const before = new Set([...task.parents, ...task.conditions.map((each) => each.parent).filter(Boolean)]);
  return [...before].map((from) => ({ from, to: task.name, color: "var(--soft)", isDashed: !task.parents.includes(from) }));
}
