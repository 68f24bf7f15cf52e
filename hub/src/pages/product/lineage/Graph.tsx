import { Link } from "@tanstack/react-router";
import {
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "./xyflow.css";
import { createContext, useContext, useEffect, useMemo } from "react";

import type { ProductLineage } from "../../../api/types";
import { IconButton } from "../../../design";
import { classes } from "../../../design/classes";
import { productMessages } from "../../../messages/en/product";
import { list } from "../../../messages/format";
import styles from "./Graph.module.css";
import { placed } from "./layout";
import { type ColumnPlace, keyOf, type Trace } from "./trace";

const words = productMessages.lineage;

/** As `Graph.module.css` has them. */
const WIDTH = 230;
const HEAD = 60;
const ROW = 24;
const FOOT = 7;

interface Props {
  readonly answer: ProductLineage;
  /** The product whose page is shown. */
  readonly here: string;
  /** The column that is followed. */
  readonly trace: Trace | null;
  readonly onColumn: (column: string) => void;
}

interface ProductData extends Record<string, unknown> {
  readonly node: ProductLineage["nodes"][number];
  readonly here: boolean;
  /** Its columns that are on the way of what is followed; null where nothing is. */
  readonly columns: readonly ColumnPlace[] | null;
}

const Choose = createContext<{ readonly start: string | null; readonly onColumn: (column: string) => void }>({
  start: null,
  onColumn: () => {},
});

/** Products and who reads whom, drawn; and the way of one column through them. */
export function Graph(props: Props) {
  const { answer, here, trace, onColumn } = props;
  const nodes = useMemo(() => nodesOf(answer, here, trace), [answer, here, trace]);
  const edges = useMemo(() => edgesOf(answer, trace), [answer, trace]);
  const choose = useMemo(() => ({ start: trace?.start ?? null, onColumn }), [trace, onColumn]);
  return (
    <Choose value={choose}>
      <section className={styles.frame} aria-label={words.graph}>
        <ReactFlowProvider>
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={NODE_TYPES}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            zoomOnScroll={false}
            preventScrolling={false}
            minZoom={0.2}
            maxZoom={1.5}
            fitView
            fitViewOptions={FIT}
          />
          <Tools of={nodes} />
        </ReactFlowProvider>
      </section>
    </Choose>
  );
}

const FIT = { padding: 0.12, maxZoom: 1 } as const;

function Tools({ of }: { readonly of: readonly Node[] }) {
  const flow = useReactFlow();
  // What is drawn has changed: all of it is shown.
  useEffect(() => {
    if (of.length > 0) void flow.fitView(FIT);
  }, [of, flow]);
  return (
    <div className={styles.tools}>
      <IconButton small icon="plus" label={words.zoomIn} onClick={() => void flow.zoomIn()} />
      <IconButton small icon="minus" label={words.zoomOut} onClick={() => void flow.zoomOut()} />
      <IconButton small icon="fit" label={words.fit} onClick={() => void flow.fitView(FIT)} />
    </div>
  );
}

function Product({ data: { node, here, columns } }: NodeProps<Node<ProductData>>) {
  const { start, onColumn } = useContext(Choose);
  const title = node.title ?? node.product;
  return (
    <div className={classes(styles.node, here && styles.here, columns?.length === 0 && styles.aside)}>
      <Handle type="target" position={Position.Left} />
      <Handle type="source" position={Position.Right} />
      <div className={styles.head}>
        {here ? (
          <strong>{title}</strong>
        ) : (
          <Link to="/products/$product/lineage" params={{ product: node.product }} title={title}>
            {title}
          </Link>
        )}
        <small>{node.domain ?? words.ports(list(node.ports))}</small>
      </div>
      {columns && columns.length > 0 ? (
        <ul className={styles.columns}>
          {columns.map((place) => {
            const key = keyOf(place);
            return (
              <li key={key}>
                <Handle id={key} type="target" position={Position.Left} />
                <button
                  type="button"
                  className="nopan"
                  aria-pressed={key === start}
                  onClick={() => onColumn(key)}
                  title={`${place.table}.${place.column}`}
                >
                  {place.table}.{place.column}
                </button>
                <Handle id={key} type="source" position={Position.Right} />
              </li>
            );
          })}
        </ul>
      ) : null}
    </div>
  );
}

const NODE_TYPES = { product: Product };

function nodesOf(answer: ProductLineage, here: string, trace: Trace | null): Node<ProductData>[] {
  const boxes = answer.nodes.map((node) => {
    const columns = trace ? onTheWay(answer, trace, node.product) : null;
    const rows = columns && columns.length > 0 ? columns.length * ROW + FOOT : 0;
    return { id: node.product, width: WIDTH, height: HEAD + rows, node, columns };
  });
  const places = placed(boxes, answer.edges);
  return boxes.map(({ id, width, height, node, columns }) => ({
    id,
    type: "product",
    position: places.get(id) ?? { x: 0, y: 0 },
    width,
    height,
    data: { node, here: id === here, columns },
  }));
}

function onTheWay({ columns }: ProductLineage, trace: Trace, product: string): readonly ColumnPlace[] {
  const found = new Map<string, ColumnPlace>();
  for (const place of columns.flatMap(({ from, to }) => [from, to])) {
    const key = keyOf(place);
    const followed = key === trace.start || trace.up.has(key) || trace.down.has(key);
    if (place.product === product && followed) found.set(key, place);
  }
  return [...found.values()];
}

function edgesOf(answer: ProductLineage, trace: Trace | null): Edge[] {
  const pairs = new Map(answer.edges.map(({ from, to }) => [`${from} ${to}`, { from, to }]));
  const products = [...pairs].map(([id, { from, to }]) => ({
    id,
    source: from,
    target: to,
    className: trace ? "faint" : "",
  }));
  // What goes on within a product is in the list below the drawing.
  const between = (trace?.edges ?? []).filter(({ from, to }) => from.product !== to.product);
  const columns = between.map(({ from, to, kind }) => ({
    id: `${keyOf(from)} ${keyOf(to)} ${kind}`,
    source: from.product,
    sourceHandle: keyOf(from),
    target: to.product,
    targetHandle: keyOf(to),
    className: classes("traced", kind === "indirect" && "decides"),
  }));
  return [...products, ...columns];
}
