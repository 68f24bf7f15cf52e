/** The drawing of an estate: what of it is drawn depends on how near it is, so that a frame costs about the same from everywhere. */
import { at, countOf, type Model, titleOf } from "../model";
import type { Colours } from "./colours";
import { cut, margins, paintMargins } from "./labels";
import { type Block, CELL, type Layout } from "./layout";
import type { Shapes } from "./shapes";
import { isTraced, type Trace } from "./trace";
import { inDrawing, NAMES, onScreen, type Size, type View } from "./view";

export interface Scene {
  readonly model: Model;
  readonly layout: Layout;
  /** Products that are only next to those that were asked for. */
  readonly near: ReadonlySet<number>;
  readonly trace: Trace | null;
  /** What words were found in. */
  readonly hits: ReadonlySet<number> | null;
  /** What lanes and bands are called. */
  readonly laneName: (name: string) => string;
  readonly bandName: (name: Layout["bands"][number]["name"]) => string;
}

/** Edges that are drawn one by one at most; of more, the flows between blocks are. */
export const MOST_EDGES = 1_500;

/** More edges than these hide one of them. */
const CROWDED = 150;

const BOX = { width: CELL.width - CELL.gapX, height: CELL.height - CELL.gapY };
/** From this height of a box on, in pixels, products are drawn as boxes. */
const BOXES = 5;

/** What a frame is painted with. */
export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly scene: Scene;
  readonly view: View;
  /** Of the drawing, without its margins. */
  readonly size: Size;
  readonly colours: Colours;
  readonly shapes: Shapes;
  readonly pointed: number | null;
}

/** Paints a frame; the drawing begins within the margins. */
export function paint(brush: Brush, whole: Size): void {
  const { context, colours, size } = brush;
  const { left, top } = margins(whole);
  context.fillStyle = colours.water;
  context.fillRect(0, 0, whole.width, whole.height);
  context.save();
  context.translate(left, top);
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.clip();
  paintLanes(brush);
  const inSight = visible(brush);
  paintEdges(brush, inSight);
  paintProducts(brush, inSight);
  context.restore();
  paintMargins(brush, whole);
}

/** The products in sight. */
function visible({ scene: { layout }, view, size }: Brush): readonly number[] {
  const least = inDrawing(view, size, { x: 0, y: 0 });
  const most = inDrawing(view, size, { x: size.width, y: size.height });
  return layout.blocks.flatMap((block) => {
    const first = Math.max(0, Math.floor((least.y - block.top) / CELL.height));
    const last = Math.min(block.rows - 1, Math.floor((most.y - block.top) / CELL.height));
    const across = block.left + block.columns * CELL.width;
    if (last < first || across < least.x || block.left > most.x) return [];
    return block.members.slice(first * block.columns, (last + 1) * block.columns);
  });
}

/** The product at a point of the drawing; null where there is none. */
export function productAt({ blocks }: Layout, x: number, y: number): number | null {
  const within = ({ left, top, columns, rows }: Block) =>
    x >= left && y >= top && x < left + columns * CELL.width && y < top + rows * CELL.height;
  const block = blocks.find(within);
  if (!block) return null;
  const [column, row] = [Math.floor((x - block.left) / CELL.width), Math.floor((y - block.top) / CELL.height)];
  return block.members[row * block.columns + column] ?? null;
}

function paintLanes({ context, colours, scene: { layout }, view, size }: Brush): void {
  context.fillStyle = colours.rule;
  layout.lanes.forEach(({ top }, lane) => {
    const before = layout.lanes[lane - 1];
    if (!before) return;
    const y = onScreen(view, size, { x: 0, y: (before.top + before.height + top) / 2 }).y;
    if (y > 0 && y < size.height) context.fillRect(0, Math.round(y), size.width, 1);
  });
}

function paintEdges(brush: Brush, inSight: readonly number[]): void {
  const { context, colours, scene } = brush;
  const { model, layout, trace } = scene;
  const around = inSight.reduce((sum, index) => sum + countOf(model.reads, index) + countOf(model.readers, index), 0);
  // Of what is told of something, the rest is the ground: the more of it, the fainter.
  context.globalAlpha = trace || scene.hits ? (around > CROWDED ? 0.12 : 0.35) : 1;
  if (layout.edges <= MOST_EDGES || around <= MOST_EDGES) paintAround(brush, inSight);
  else paintFlows(brush);
  context.globalAlpha = 1;
  if (!trace) return;
  context.strokeStyle = colours.mark;
  context.lineWidth = trace.edges.length > 400 ? 1 : 1.75;
  context.beginPath();
  for (let edge = 0; edge < trace.edges.length; edge += 2)
    line(brush, at(trace.edges, edge), at(trace.edges, edge + 1));
  context.stroke();
}

/** The edges of what is in sight. */
function paintAround(brush: Brush, inSight: readonly number[]): void {
  const {
    context,
    colours,
    scene: { model, layout },
  } = brush;
  const own = new Set(inSight);
  context.strokeStyle = colours.edge;
  context.lineWidth = brush.view.scale > 0.3 ? 1.25 : 0.75;
  context.beginPath();
  for (const index of inSight) {
    const { starts, targets } = model.reads;
    for (let edge = at(starts, index); edge < at(starts, index + 1); edge++) line(brush, at(targets, edge), index);
    const readers = model.readers;
    for (let edge = at(readers.starts, index); edge < at(readers.starts, index + 1); edge++) {
      const reader = at(readers.targets, edge);
      if (!own.has(reader) && at(layout.block, reader) >= 0) line(brush, index, reader);
    }
  }
  context.stroke();
}

/** A line from the right side of one product to the left side of another. */
function line({ context, scene: { layout }, view, size }: Brush, from: number, to: number): void {
  if (at(layout.block, from) < 0 || at(layout.block, to) < 0) return;
  const half = BOX.width / 2;
  const start = onScreen(view, size, { x: at(layout.x, from) + half, y: at(layout.y, from) });
  const end = onScreen(view, size, { x: at(layout.x, to) - half, y: at(layout.y, to) });
  curve(context, start.x, start.y, end.x, end.y, 46 * view.scale);
}

function curve(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number, least: number): void {
  const reach = Math.max(least, Math.abs(x2 - x1) * 0.45);
  context.moveTo(x1, y1);
  context.bezierCurveTo(x1 + reach, y1, x2 - reach, y2, x2, y2);
}

/** Flows between blocks, as broad as there are edges. */
function paintFlows({ context, colours, scene: { layout }, view, size }: Brush): void {
  const most = layout.flows[0]?.count ?? 1;
  context.strokeStyle = colours.edge;
  const alpha = context.globalAlpha;
  for (const { from, to, count } of layout.flows) {
    const [one, other] = [layout.blocks[from], layout.blocks[to]];
    if (!one || !other) continue;
    const strength = Math.sqrt(count / most);
    context.globalAlpha = alpha * (0.1 + 0.35 * strength);
    context.lineWidth = 0.5 + 6 * strength;
    const start = onScreen(view, size, { x: one.left + one.columns * CELL.width, y: middle(one) });
    const end = onScreen(view, size, { x: other.left, y: middle(other) });
    context.beginPath();
    curve(context, start.x, start.y, end.x, end.y, 40);
    context.stroke();
  }
  context.globalAlpha = alpha;
}

function middle({ top, rows }: Block): number {
  return top + (rows * CELL.height) / 2;
}

function paintProducts(brush: Brush, inSight: readonly number[]): void {
  const { scene, view } = brush;
  const told = scene.trace
    ? (index: number) => isTraced(scene.trace as Trace, index)
    : scene.hits
      ? (index: number) => scene.hits?.has(index) ?? false
      : () => true;
  const faint = inSight.filter((index) => !told(index));
  const clear = faint.length === 0 ? inSight : inSight.filter(told);
  const height = BOX.height * view.scale;
  const paintThem = height < BOXES ? paintDots : paintBoxes;
  brush.context.globalAlpha = 0.28;
  paintThem(brush, faint);
  brush.context.globalAlpha = 1;
  paintThem(brush, clear);
  if (scene.trace) paintRing(brush, scene.trace.start);
  if (brush.pointed !== null && brush.pointed !== scene.trace?.start) paintRing(brush, brush.pointed);
}

/** From afar: a dash for each product, and a shape on those that someone should look at. */
function paintDots(
  { context, scene: { model, layout }, colours, shapes, view, size }: Brush,
  products: readonly number[],
): void {
  const [width, height] = [Math.max(2, BOX.width * view.scale), Math.max(1.25, BOX.height * view.scale)];
  const place = (index: number) => onScreen(view, size, { x: at(layout.x, index), y: at(layout.y, index) });
  const alpha = context.globalAlpha;
  for (const quality of ["unchecked", "passed", "warned", "failed"] as const) {
    context.fillStyle = colours.quality[quality];
    context.globalAlpha = alpha * (quality === "failed" || quality === "warned" ? 1 : quality === "passed" ? 0.6 : 0.3);
    context.beginPath();
    for (const index of products) {
      if (model.quality[index] !== quality) continue;
      const { x, y } = place(index);
      context.rect(x - width / 2, y - height / 2, width, height);
    }
    context.fill();
  }
  context.globalAlpha = alpha;
  for (const index of products) {
    const quality = model.quality[index];
    if (quality !== "failed" && quality !== "warned") continue;
    const { x, y } = place(index);
    shapes.draw(context, quality, x, y, quality === "failed" ? 8 : 6);
  }
}

/** From near: boxes with their shapes, and names where there is room to read them. */
function paintBoxes(brush: Brush, products: readonly number[]): void {
  const {
    context,
    scene: { model, layout, near },
    colours,
    shapes,
    view,
    size,
  } = brush;
  const [width, height] = [BOX.width * view.scale, BOX.height * view.scale];
  const named = view.scale >= NAMES;
  const round = Math.min(6, height / 4);
  const mark = Math.min(17, Math.max(5, height * 0.62));
  const places = products.map((index) => onScreen(view, size, { x: at(layout.x, index), y: at(layout.y, index) }));
  context.strokeStyle = colours.edge;
  context.lineWidth = 1;
  for (const only of [false, true]) {
    context.fillStyle = only ? colours.water : colours.sheet;
    context.setLineDash(only ? [3, 3] : []);
    context.beginPath();
    products.forEach((index, place) => {
      const { x, y } = places[place] ?? { x: 0, y: 0 };
      if (near.has(index) === only) context.roundRect(x - width / 2, y - height / 2, width, height, round);
    });
    context.fill();
    if (height >= 10) context.stroke();
  }
  context.setLineDash([]);
  context.font = `600 14px ${colours.sans}`;
  context.textBaseline = "middle";
  context.fillStyle = colours.ink;
  products.forEach((index, place) => {
    const { x, y } = places[place] ?? { x: 0, y: 0 };
    const left = x - width / 2 + (named ? 8 : Math.min(8, height * 0.19));
    shapes.draw(context, model.quality[index] ?? "unchecked", left + mark / 2, y, mark);
    const product = model.products[index];
    if (named && product) context.fillText(cut(context, titleOf(product), width - mark - 22), left + mark + 6, y + 1);
  });
}

function paintRing({ context, scene: { layout }, colours, view, size }: Brush, index: number): void {
  if (at(layout.block, index) < 0) return;
  const { x, y } = onScreen(view, size, { x: at(layout.x, index), y: at(layout.y, index) });
  const [width, height] = [Math.max(9, BOX.width * view.scale) + 6, Math.max(6, BOX.height * view.scale) + 6];
  context.strokeStyle = colours.mark;
  context.lineWidth = 2.5;
  context.beginPath();
  context.roundRect(x - width / 2, y - height / 2, width, height, Math.min(8, height / 3));
  context.stroke();
}
