/** A workflow's tasks as a graph, each with what its definition says. */
import dagre from "@dagrejs/dagre";
import { Background, type Edge, type Node, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { span } from "../format";
import { useAddress } from "../pieces/address";
import { Facts } from "../pieces/view";
import { Button, Panel } from "../ui";
import type { Definition, Task } from "./data";

const WIDTH = 190;
const HEIGHT = 54;

export default function DefinitionGraph({ definition }: { definition: Definition }) {
  const { get, set } = useAddress();
  const tasks = definition.on_failure ? [...definition.tasks, definition.on_failure] : definition.tasks;
  const chosen = tasks.find((task) => task.name === get("task")) ?? tasks[0];
  const { nodes, edges, height } = useMemo(() => layout(definition), [definition]);
  return (
    <>
      <Panel title={tasks.length === 1 ? "One task" : `${tasks.length} tasks`}>
        <div style={{ height: Math.min(460, height + 60) }}>
          <ReactFlow
            nodes={nodes.map((node) => ({ ...node, style: { ...node.style, borderColor: node.id === chosen?.name ? "var(--accent)" : "var(--line)" } }))}
            edges={edges}
            fitView
            fitViewOptions={{ maxZoom: 1.1 }}
            nodesDraggable={false}
            nodesConnectable={false}
            onNodeClick={(_, node) => set({ task: node.id })}
          >
            <Background />
          </ReactFlow>
        </div>
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

function layout(definition: Definition): { nodes: Node[]; edges: Edge[]; height: number } {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 20, ranksep: 50 });
  graph.setDefaultEdgeLabel(() => ({}));
  const tasks = definition.on_failure ? [...definition.tasks, definition.on_failure] : definition.tasks;
  for (const task of tasks) graph.setNode(task.name, { width: WIDTH, height: HEIGHT });
  const edges: Edge[] = [];
  for (const task of definition.tasks) {
    const after = new Set([...task.parents, ...task.conditions.map((each) => each.parent).filter(Boolean)]);
    for (const parent of after) {
      graph.setEdge(parent, task.name);
      edges.push({ id: `${parent}-${task.name}`, source: parent, target: task.name, style: { stroke: "var(--soft)", strokeDasharray: task.parents.includes(parent) ? undefined : "4 3" } });
    }
  }
  dagre.layout(graph);
  const nodes = tasks.map((task): Node => {
    const place = graph.node(task.name);
    const notes = [task === definition.on_failure && "when a task fails", task.durable && "durable", task.retries > 0 && `${task.retries} retries`, task.conditions.length > 0 && "conditions"].filter(Boolean);
    return {
      id: task.name,
      position: { x: place.x - WIDTH / 2, y: place.y - HEIGHT / 2 },
      sourcePosition: Position.Right,
      targetPosition: Position.Left,
      data: { label: <span className="block truncate">{task.name}<span className="block truncate text-xs text-soft">{notes.join(", ") || task.execution_timeout_text}</span></span> },
      style: { width: WIDTH, background: "var(--ground)", color: "var(--text)", border: "2px solid var(--line)" },
      ariaLabel: task.name,
    };
  });
  return { nodes, edges, height: Math.max(HEIGHT, ...nodes.map((node) => node.position.y + HEIGHT)) };
}
