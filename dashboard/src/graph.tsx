/** A run's tasks as a graph, with their states. */
import dagre from "@dagrejs/dagre";
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import type { Schema } from "./api/client";
import { between, count } from "./format";
import { StatusMark } from "./kit/status";
import { useTick } from "./kit/time";
import { useIsDark } from "./shell/theme";

type Task = Schema["TaskSummary"];
const WIDTH = 190;
const HEIGHT = 54;
const BORDERS: Record<string, string> = { COMPLETED: "var(--good)", FAILED: "var(--bad)", RUNNING: "var(--busy)", QUEUED: "var(--wait)" };
const NOTHING = "00000000-0000-0000-0000-000000000000";

type Data = { name: string; status: string; note: string; isChosen: boolean };
const TYPES = { task: TaskNode };

function TaskNode({ data }: NodeProps<Node<Data>>) {
  return (
    <div
      className="flex h-full flex-col justify-center rounded-lg bg-panel px-3 text-left shadow-panel"
      style={{ border: `1px solid ${BORDERS[data.status] ?? "var(--line)"}`, outline: data.isChosen ? "2px solid var(--accent)" : undefined, outlineOffset: 2 }}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className="!opacity-0" />
      <span className="flex items-center gap-1.5 font-medium">
        <StatusMark value={data.status || "QUEUED"} size={14} />
        <span className="truncate">{data.name}</span>
      </span>
      <span className="truncate text-xs text-soft tabular-nums">{data.note}</span>
      <Handle type="source" position={Position.Right} isConnectable={false} className="!opacity-0" />
    </div>
  );
}

const isSkipped = (task: Task | undefined) => (task?.output as { skipped?: unknown } | undefined)?.skipped === true;

function noteOf(task: Task | undefined): string {
  if (!task) return "not begun";
  if (isSkipped(task)) return "skipped";
  const children = task.numSpawnedChildren ? ` · ${count(task.numSpawnedChildren)} children` : "";
  const again = (task.attempt ?? 1) > 1 ? ` · attempt ${task.attempt}` : "";
  return `${task.status.toLowerCase()}${task.startedAt ? ` · ${between(task.startedAt, task.finishedAt)}` : ""}${again}${children}`;
}

type GraphProps = { shape: Schema["ShapeItem"][]; tasks: Task[]; chosen: string; onChoose: (id: string) => void };
export default function Graph({ shape, tasks, chosen, onChoose }: GraphProps) {
  const key = shape.map((item) => `${item.stepId}>${item.childrenStepIds.join()}`).join(";");
  const isDark = useIsDark();
  // biome-ignore lint: the layout depends on the shape alone
  const places = useMemo(() => layout(shape), [key]);
  useTick(tasks.some((task) => task.status === "RUNNING") ? 1000 : 0);
  const byId = new Map(tasks.map((task) => [task.taskExternalId, task]));
  const nodes: Node<Data>[] = shape.map((item) => {
    const task = byId.get(item.taskExternalId);
    const status = isSkipped(task) ? "SKIPPED" : (task?.status ?? "");
    const note = noteOf(task);
    return {
      id: item.stepId,
      type: "task",
      position: places.get(item.stepId) ?? { x: 0, y: 0 },
      width: WIDTH,
      height: HEIGHT,
      data: { name: item.taskName, status, note, isChosen: task !== undefined && item.taskExternalId === chosen },
      ariaLabel: `${item.taskName}, ${note}`,
    };
  });
  const edges: Edge[] = shape.flatMap((item) => {
    const isDone = byId.get(item.taskExternalId)?.status === "COMPLETED";
    return item.childrenStepIds.map((child) => ({ id: `${item.stepId}-${child}`, source: item.stepId, target: child, style: { stroke: isDone ? "var(--soft)" : "var(--line)", strokeWidth: 1.5 } }));
  });
  const height = Math.max(...[...places.values()].map((place) => place.y)) + HEIGHT;
  return (
    <div style={{ height: Math.min(420, Math.max(140, height + 70)) }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={isDark ? "dark" : "light"}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        style={{ background: "transparent" }}
        onNodeClick={(_, node) => choose(node.id)}
        onNodesChange={(changes) => {
          for (const change of changes) if (change.type === "select" && change.selected) choose(change.id);
        }}
      >
        <Background />
        <Controls showInteractive={false} position="bottom-left" />
      </ReactFlow>
    </div>
  );

  function choose(step: string) {
    const task = shape.find((item) => item.stepId === step)?.taskExternalId;
    if (task && task !== NOTHING) onChoose(task);
  }
}

function layout(shape: Schema["ShapeItem"][]) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 48 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const item of shape) graph.setNode(item.stepId, { width: WIDTH, height: HEIGHT });
  for (const item of shape) for (const child of item.childrenStepIds) graph.setEdge(item.stepId, child);
  dagre.layout(graph);
  return new Map(shape.map((item) => [item.stepId, { x: graph.node(item.stepId).x - WIDTH / 2, y: graph.node(item.stepId).y - HEIGHT / 2 }]));
}
