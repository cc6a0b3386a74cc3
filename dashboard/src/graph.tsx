/** A run's tasks as a graph, with their states. */
import dagre from "@dagrejs/dagre";
import { Background, type Edge, type Node, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import type { Schema } from "./api/client";

type Task = Schema["TaskSummary"];
const WIDTH = 170;
const HEIGHT = 44;
const BORDERS: Record<string, string> = { COMPLETED: "var(--good)", FAILED: "var(--bad)", RUNNING: "var(--busy)", QUEUED: "var(--wait)" };

type GraphProps = { shape: Schema["ShapeItem"][]; tasks: Task[]; chosen: string; onChoose: (id: string) => void };
export default function Graph({ shape, tasks, chosen, onChoose }: GraphProps) {
  const key = shape.map((item) => `${item.stepId}>${item.childrenStepIds.join()}`).join(";");
  // biome-ignore lint: the layout depends on the shape alone
  const places = useMemo(() => layout(shape), [key]);
  const statuses = new Map(tasks.map((task) => [task.taskExternalId, task]));
  const nodes: Node[] = shape.map((item) => {
    const task = statuses.get(item.taskExternalId);
    const status = task?.status ?? "";
    return {
      id: item.stepId,
      position: places.get(item.stepId) ?? { x: 0, y: 0 },
      data: { label: `${item.taskName} · ${status.toLowerCase() || "waits"}` },
      style: {
        width: WIDTH,
        background: "var(--ground)",
        color: "var(--text)",
        border: `${item.taskExternalId === chosen ? 3 : 2}px solid ${BORDERS[status] ?? "var(--line)"}`,
      },
      ariaLabel: `${item.taskName}, ${status.toLowerCase()}`,
    };
  });
  const edges: Edge[] = shape.flatMap((item) =>
    item.childrenStepIds.map((child) => ({ id: `${item.stepId}-${child}`, source: item.stepId, target: child, style: { stroke: "var(--soft)" } })),
  );
  return (
    <div style={{ height: Math.min(420, 120 + Math.max(0, ...[...places.values()].map((place) => place.y))) }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        fitView
        nodesDraggable={false}
        nodesConnectable={false}
        proOptions={{ hideAttribution: false }}
        onNodeClick={(_, node) => onChoose(shape.find((item) => item.stepId === node.id)?.taskExternalId ?? "")}
      >
        <Background />
      </ReactFlow>
    </div>
  );
}

function layout(shape: Schema["ShapeItem"][]) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 36 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const item of shape) graph.setNode(item.stepId, { width: WIDTH, height: HEIGHT });
  for (const item of shape) for (const child of item.childrenStepIds) graph.setEdge(item.stepId, child);
  dagre.layout(graph);
  return new Map(shape.map((item) => [item.stepId, { x: graph.node(item.stepId).x - WIDTH / 2, y: graph.node(item.stepId).y - HEIGHT / 2 }]));
}
