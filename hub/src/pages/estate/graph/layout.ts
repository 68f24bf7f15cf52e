/**
 * Where products stand: kinds side by side, from sources to uses; within a kind what reads before what is read; domains one under
 * the other, so that each has a lane through all of it. Where a lane and a layer meet, the products stand in rows.
 *
 * It takes a number of steps that grows with products and edges, and no faster but for putting products in order.
 */
import { ALIGNMENTS, at, type Model, UNSAID } from "../model";

/** Room for a product, and what of that is between it and the next. */
export const CELL = { width: 212, height: 48, gapX: 30, gapY: 14 } as const;
/** Room for edges, between layers of one kind and between kinds. */
const LAYER_GAP = 90;
const BAND_GAP = 150;
const LANE_GAP = 44;
const SWEEPS = 3;
/** Flows that are drawn at most, the strongest. */
export const MOST_FLOWS = 600;

/** Products of one domain in one layer. */
export interface Block {
  readonly lane: number;
  readonly layer: number;
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** In rows from left to right. */
  readonly members: readonly number[];
}

export interface Lane {
  readonly name: string;
  readonly top: number;
  readonly height: number;
  readonly count: number;
}

/** Layers of one kind. */
export interface Band {
  readonly name: (typeof ALIGNMENTS)[number] | typeof UNSAID;
  readonly left: number;
  readonly width: number;
}

/** How many products of one block are read by products of another. */
export interface BlockFlow {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface Layout {
  readonly shown: readonly number[];
  /** The middle of each product that is shown, by its place in the model. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The block of each product; −1 where it is not shown. */
  readonly block: Int32Array;
  readonly blocks: readonly Block[];
  readonly lanes: readonly Lane[];
  readonly bands: readonly Band[];
  /** The strongest first. */
  readonly flows: readonly BlockFlow[];
  /** How many flows there are, those left out too. */
  readonly allFlows: number;
  /** Edges between products that are shown. */
  readonly edges: number;
  readonly width: number;
  readonly height: number;
}

/** `aspect` is how wide it should be, for its height. */
export function laidOut(model: Model, shown: readonly number[], aspect: number): Layout {
  const size = model.products.length;
  const layers = layersOf(model, shown);
  const lanes = lanesOf(model, shown);
  const groups = grouped(shown, lanes, layers);
  const widths = columnsOf(groups, lanes.names.length, layers.bands.length, aspect);
  const across = acrossOf(layers.bands, widths);
  const down = downOf(groups, widths, lanes.names.length);
  const blocks = groups.map(({ lane, layer, members }) => ({
    lane,
    layer,
    left: at(across.lefts, layer),
    top: at(down.tops, lane),
    columns: at(widths, layer),
    rows: Math.ceil(members.length / at(widths, layer)),
    members,
  }));
  const places = { x: new Float32Array(size), y: new Float32Array(size), block: new Int32Array(size).fill(-1) };
  blocks.forEach((block, index) => {
    for (const member of block.members) places.block[member] = index;
    settle(block, places);
  });
  for (let sweep = 0; sweep < SWEEPS; sweep++) straighten(model, blocks, places);
  const counts = new Array<number>(lanes.names.length).fill(0);
  for (const { lane, members } of blocks) counts[lane] = at(counts, lane) + members.length;
  return {
    shown,
    ...places,
    blocks,
    lanes: lanes.names.map((name, lane) => ({
      name,
      top: at(down.tops, lane),
      height: at(down.heights, lane),
      count: at(counts, lane),
    })),
    bands: across.bands,
    ...flowsOf(model, blocks.length, places.block),
    width: across.width,
    height: down.height,
  };
}

interface Layers {
  /** The layer of each product, by its place in the model. */
  readonly of: Int32Array;
  /** The band of each layer. */
  readonly bands: readonly number[];
}

const BANDS: readonly Band["name"][] = [...ALIGNMENTS, UNSAID];

function layersOf(model: Model, shown: readonly number[]): Layers {
  const band = new Int8Array(model.products.length).fill(-1);
  for (const index of shown) band[index] = BANDS.indexOf(model.products[index]?.alignment ?? UNSAID);
  const depth = depthsOf(model, shown, band);
  const keys = [...new Set(shown.map((index) => keyOf(at(band, index), at(depth, index))))].sort((a, b) => a - b);
  const layer = new Map(keys.map((key, place) => [key, place]));
  const of = new Int32Array(model.products.length).fill(-1);
  for (const index of shown) of[index] = layer.get(keyOf(at(band, index), at(depth, index))) ?? 0;
  return { of, bands: keys.map((key) => Math.floor(key / DEEPEST)) };
}

const DEEPEST = 1_000_000;

function keyOf(band: number, depth: number): number {
  return band * DEEPEST + depth;
}

/** How many products of the same kind a product's data has come through; of those that read each other in a circle, as far as it goes. */
function depthsOf(model: Model, shown: readonly number[], band: Int8Array): Int32Array {
  const depth = new Int32Array(model.products.length);
  const waiting = new Int32Array(model.products.length);
  for (let edge = 0; edge < model.from.length; edge++) {
    const [from, to] = [at(model.from, edge), at(model.to, edge)];
    if (at(band, from) >= 0 && at(band, from) === at(band, to)) waiting[to] = at(waiting, to) + 1;
  }
  const open = shown.filter((index) => at(waiting, index) === 0);
  const { starts, targets } = model.readers;
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const end = at(starts, index + 1);
    for (let edge = at(starts, index); edge < end; edge++) {
      const reader = at(targets, edge);
      if (at(band, reader) !== at(band, index)) continue;
      depth[reader] = Math.max(at(depth, reader), at(depth, index) + 1);
      waiting[reader] = at(waiting, reader) - 1;
      if (at(waiting, reader) === 0) open.push(reader);
    }
  }
  return depth;
}

interface Lanes {
  readonly names: readonly string[];
  /** The lane of each product, by its place in the model. */
  readonly of: Int32Array;
}

function lanesOf(model: Model, shown: readonly number[]): Lanes {
  const nameOf = (index: number) => model.products[index]?.domain ?? UNSAID;
  const last = (name: string) => (name === UNSAID ? 1 : 0);
  const names = [...new Set(shown.map(nameOf))].sort(
    (one, other) => last(one) - last(other) || one.localeCompare(other),
  );
  const lane = new Map(names.map((name, place) => [name, place]));
  const of = new Int32Array(model.products.length).fill(-1);
  for (const index of shown) of[index] = lane.get(nameOf(index)) ?? 0;
  return { names, of };
}

interface Group {
  readonly lane: number;
  readonly layer: number;
  readonly members: number[];
}

function grouped(shown: readonly number[], lanes: Lanes, layers: Layers): readonly Group[] {
  const groups = new Map<number, Group>();
  for (const index of shown) {
    const [lane, layer] = [at(lanes.of, index), at(layers.of, index)];
    const key = lane * layers.bands.length + layer;
    const group = groups.get(key) ?? { lane, layer, members: [] };
    groups.set(key, group);
    group.members.push(index);
  }
  return [...groups.values()];
}

/** How many products stand side by side in each layer, so that all of it has the wanted form. */
function columnsOf(groups: readonly Group[], lanes: number, layers: number, aspect: number): readonly number[] {
  const widths = (rows: number) => {
    const found = new Array<number>(layers).fill(1);
    for (const { layer, members } of groups)
      found[layer] = Math.max(at(found, layer), Math.ceil(members.length / rows));
    return found;
  };
  const form = (columns: readonly number[]) => {
    const width = columns.reduce((sum, count) => sum + count * CELL.width + LAYER_GAP, 0);
    return width / downOf(groups, columns, lanes).height;
  };
  let [least, most] = [1, Math.max(1, ...groups.map(({ members }) => members.length))];
  while (least < most) {
    const rows = Math.floor((least + most) / 2);
    if (form(widths(rows)) <= aspect) most = rows;
    else least = rows + 1;
  }
  return widths(least);
}

function acrossOf(bandOf: readonly number[], widths: readonly number[]) {
  const lefts: number[] = [];
  const bands: { name: Band["name"]; left: number; width: number }[] = [];
  let [x, before] = [0, -1];
  bandOf.forEach((band, layer) => {
    if (layer > 0) x += band === before ? LAYER_GAP : BAND_GAP;
    if (band !== before) bands.push({ name: BANDS[band] ?? UNSAID, left: x, width: 0 });
    lefts.push(x);
    x += at(widths, layer) * CELL.width;
    const last = bands[bands.length - 1];
    if (last) last.width = x - last.left;
    before = band;
  });
  return { lefts, bands, width: Math.max(x, CELL.width) };
}

function downOf(groups: readonly Group[], widths: readonly number[], lanes: number) {
  const rows = new Array<number>(lanes).fill(1);
  for (const { lane, layer, members } of groups)
    rows[lane] = Math.max(at(rows, lane), Math.ceil(members.length / at(widths, layer)));
  const tops: number[] = [];
  const heights = rows.map((count) => count * CELL.height);
  let y = 0;
  for (const height of heights) {
    tops.push(y);
    y += height + LANE_GAP;
  }
  return { tops, heights, height: Math.max(y - LANE_GAP, CELL.height) };
}

interface Places {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly block: Int32Array;
}

function settle({ left, top, columns, members }: Block, { x, y }: Places): void {
  members.forEach((member, place) => {
    x[member] = left + ((place % columns) + 0.5) * CELL.width;
    y[member] = top + (Math.floor(place / columns) + 0.5) * CELL.height;
  });
}

/** Moves each product, within its block, to the height at which those stand that it reads or is read by. */
function straighten(model: Model, blocks: readonly (Block & { readonly members: number[] })[], places: Places): void {
  const wanted = new Float32Array(places.y);
  const weight = new Float32Array(places.y.length).fill(1);
  for (let edge = 0; edge < model.from.length; edge++) {
    const [from, to] = [at(model.from, edge), at(model.to, edge)];
    const [here, there] = [at(places.block, from), at(places.block, to)];
    if (here < 0 || there < 0 || here === there) continue;
    wanted[from] = at(wanted, from) + at(places.y, to);
    wanted[to] = at(wanted, to) + at(places.y, from);
    weight[from] = at(weight, from) + 1;
    weight[to] = at(weight, to) + 1;
  }
  for (let index = 0; index < wanted.length; index++) wanted[index] = at(wanted, index) / at(weight, index);
  for (const block of blocks) {
    block.members.sort((one, other) => at(wanted, one) - at(wanted, other) || one - other);
    settle(block, places);
  }
}

function flowsOf(model: Model, blocks: number, block: Int32Array) {
  const counts = new Map<number, number>();
  let edges = 0;
  for (let edge = 0; edge < model.from.length; edge++) {
    const [from, to] = [at(block, at(model.from, edge)), at(block, at(model.to, edge))];
    if (from < 0 || to < 0) continue;
    edges += 1;
    if (from === to) continue;
    counts.set(from * blocks + to, (counts.get(from * blocks + to) ?? 0) + 1);
  }
  const flows = [...counts].map(([key, count]) => ({ from: Math.floor(key / blocks), to: key % blocks, count }));
  flows.sort((one, other) => other.count - one.count || one.from - other.from || one.to - other.to);
  return { flows: flows.slice(0, MOST_FLOWS), allFlows: flows.length, edges };
}
