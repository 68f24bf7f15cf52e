/** Where boxes stand: in layers from left to right, each layer as long as it is, no line longer than it has to be. */
import { Graph, layout } from "@dagrejs/dagre";

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The upper left corner of each box. */
export function placed(
  boxes: readonly Box[],
  lines: readonly { readonly from: string; readonly to: string }[],
): ReadonlyMap<string, Place> {
  const graph = new Graph().setGraph({ rankdir: "LR", nodesep: 28, ranksep: 96 }).setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of lines) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    boxes.map(({ id, width, height }) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { x: x - width / 2, y: y - height / 2 }];
    }),
  );
}
