/** Tasks as a graph: from left to right, on a phone from top to bottom; arrows go round what is in their way. */
import dagre from "@dagrejs/dagre";
import { Background, BaseEdge, Controls, type Edge, type EdgeProps, Handle, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { type ReactNode, useMemo } from "react";
import { useIsNarrow } from "../shell/narrow";
import { useIsDark } from "../shell/theme";

const WIDTH = 190;
const HEIGHT = 54;

/** `border` is the colour of its edge. */
export type GraphNode = { id: string; name: string; note: string; mark?: ReactNode; border?: string; isChosen: boolean };
export type GraphEdge = { from: string; to: string; color: string; isDashed?: boolean };

type Point = { x: number; y: number };
type Data = Omit<GraphNode, "id"> & { isDown: boolean };
const NODES = { task: TaskNode };
const EDGES = { routed: Routed };

function TaskNode({ data: { name, note, mark, border, isChosen, isDown } }: NodeProps<Node<Data>>) {
  return (
    <div
      className="flex h-full flex-col justify-center rounded-lg bg-panel px-3 text-left shadow-panel"
      style={{ border: `1px solid ${border ?? "var(--line)"}`, outline: isChosen ? "2px solid var(--accent)" : undefined, outlineOffset: 2 }}
    >
      <Handle type="target" position={isDown ? Position.Top : Position.Left} isConnectable={false} className="!opacity-0" />
      <span className="flex items-center gap-1.5 font-medium">
        {mark}
        <span className="truncate">{name}</span>
      </span>
      <span className="truncate text-xs text-soft tabular-nums">{note}</span>
      <Handle type="source" position={isDown ? Position.Bottom : Position.Right} isConnectable={false} className="!opacity-0" />
    </div>
  );
}

function Routed({ data, style }: EdgeProps<Edge<{ path: string }>>) {
  return <BaseEdge path={data?.path ?? ""} style={style} />;
}

type TaskGraphProps = { nodes: GraphNode[]; edges: GraphEdge[]; onChoose: (id: string) => void };
export function TaskGraph({ nodes, edges, onChoose }: TaskGraphProps) {
  const isDown = useIsNarrow();
  const isDark = useIsDark();
  const shape = `${nodes.map((node) => node.id).join()}|${edges.map((edge) => `${edge.from}>${edge.to}`).join()}`;
  // biome-ignore lint: the layout depends on the shape alone
  const { places, paths, height } = useMemo(() => layout(nodes, edges, isDown), [shape, isDown]);
  return (
    <div style={{ height: Math.min(isDown ? 560 : 440, Math.max(140, height + 70)) }}>
      <ReactFlow
        key={String(isDown)}
        nodes={nodes.map(({ id, ...rest }) => ({
          id,
          type: "task",
          position: places.get(id) ?? { x: 0, y: 0 },
          width: WIDTH,
          height: HEIGHT,
          data: { ...rest, isDown },
          ariaLabel: `${rest.name}, ${rest.note}`,
        }))}
        edges={edges.map(({ from, to, color, isDashed }) => ({
          id: `${from}-${to}`,
          type: "routed",
          source: from,
          target: to,
          data: { path: paths.get(`${from}-${to}`) ?? "" },
          style: { stroke: color, strokeWidth: 1.5, strokeDasharray: isDashed ? "4 3" : undefined },
        }))}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        colorMode={isDark ? "dark" : "light"}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.1 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        style={{ background: "transparent" }}
        onNodeClick={(_, node) => onChoose(node.id)}
        onNodesChange={(changes) => {
          for (const change of changes) if (change.type === "select" && change.selected) onChoose(change.id);
        }}
      >
        <Background />
        {/* A phone zooms by two fingers, and has no room for buttons beside the tasks. */}
        {!isDown && <Controls showInteractive={false} position="bottom-left" />}
      </ReactFlow>
    </div>
  );
}

function layout(nodes: GraphNode[], edges: GraphEdge[], isDown: boolean) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: isDown ? "TB" : "LR", nodesep: 20, edgesep: 20, ranksep: isDown ? 36 : 50 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(edge.from, edge.to);
  dagre.layout(graph);
  const places = new Map(nodes.map(({ id }) => [id, { x: graph.node(id).x - WIDTH / 2, y: graph.node(id).y - HEIGHT / 2 }]));
  const paths = new Map(edges.map(({ from, to }) => [`${from}-${to}`, route(graph.node(from), graph.node(to), graph.edge(from, to).points, isDown)]));
  return { places, paths, height: Math.max(...[...places.values()].map((place) => place.y)) + HEIGHT };
}

/** A line from one task to another, straight beside those that stand between them, bent in the gaps. */
function route(from: Point, to: Point, bends: Point[], isDown: boolean): string {
  const along = isDown ? { x: 0, y: HEIGHT / 2 } : { x: WIDTH / 2, y: 0 };
  const before = (point: Point) => ({ x: point.x - along.x, y: point.y - along.y });
  const after = (point: Point) => ({ x: point.x + along.x, y: point.y + along.y });
  // Between the ends, every second point lies in a rank that the line passes; the others lie in the gaps.
  const passed = bends.slice(1, -1).filter((_, place) => place % 2 === 1);
  const stops = [after(from), ...passed.flatMap((point) => [before(point), after(point)]), before(to)];
  return stops.map((stop, place) => (place === 0 ? `M${stop.x},${stop.y}` : place % 2 === 0 ? `L${stop.x},${stop.y}` : bend(stops[place - 1] ?? stop, stop, isDown))).join("");
}

function bend(from: Point, to: Point, isDown: boolean): string {
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  return isDown ? `C${from.x},${middle.y} ${to.x},${middle.y} ${to.x},${to.y}` : `C${middle.x},${from.y} ${middle.x},${to.y} ${to.x},${to.y}`;
}
