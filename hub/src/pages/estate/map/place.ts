/**
 * Where domains lie on the map: those that others read from on the left, those that read from others on the right, and as near to
 * whom they read as there is room.
 */

import type { Domain, Domains, Flow } from "../domains";
import { at } from "../model";

/** The circle of a domain; its text hangs under it. */
export interface Island {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly column: number;
}

export interface Chart {
  /** In the order of the domains. */
  readonly islands: readonly Island[];
  readonly width: number;
  readonly height: number;
  /** The width of a column. */
  readonly column: number;
  /** Domains from left to right and from top to bottom. */
  readonly order: readonly number[];
  readonly stacks: readonly Stack[];
}

/** A column, as lines go through it. */
export interface Stack {
  readonly x: number;
  /** How far to both sides there may be a circle. */
  readonly reach: number;
  /** Heights at which a line meets neither circle nor text. */
  readonly channels: readonly number[];
}

const LARGEST = 54;
const SMALLEST = 4;
const COLUMN = 250;
const MOST_COLUMNS = 5;
/** Of `DomainMap.module.css`: the text under a circle, and the room under that. */
const TEXT = 126;
const GAP = 26;
const SWEEPS = 4;
/** Between the edge of a circle and a line that goes past it. */
const CLEAR = 10;
/** Lines of one channel, beside each other. */
const TRACKS = 5;
const TRACK = 4;
/** From the end of a line to the middle of a figure that stands at it. */
const FIGURE = 24;
/** So far the middles of two figures are from each other, beside or under each other. */
const APART = { x: 26, y: 18 } as const;

export function placed({ domains, flows }: Domains, width: number): Chart {
  const columns = Math.max(1, Math.min(MOST_COLUMNS, domains.length, Math.floor(width / COLUMN)));
  const most = Math.max(1, ...domains.map(({ products }) => products));
  const radii = domains.map(({ products }) => Math.max(SMALLEST, LARGEST * Math.sqrt(products / most)));
  const stacks = stacked(domains, flows, columns);
  const heightOf = (stack: readonly number[]) =>
    stack.reduce((sum, index) => sum + 2 * at(radii, index) + TEXT + GAP, -GAP);
  const height = Math.max(0, ...stacks.map(heightOf));
  const step = width / columns;
  const islands: Island[] = [];
  const ways = stacks.map((stack, column): Stack => {
    let top = (height - heightOf(stack)) / 2;
    const channels = [top - GAP / 2];
    for (const index of stack) {
      const radius = at(radii, index);
      islands[index] = { x: (column + 0.5) * step, y: top + radius, radius, column };
      top += 2 * radius + TEXT + GAP;
      channels.push(top - GAP / 2);
    }
    return {
      x: (column + 0.5) * step,
      reach: CLEAR + Math.max(0, ...stack.map((index) => at(radii, index))),
      channels,
    };
  });
  return { islands, width, height, column: step, order: stacks.flat(), stacks: ways };
}

/** How far to the right a domain belongs, from −2 to 2: by who reads whom, and by what its products are for. */
function leaning(domains: readonly Domain[], flows: readonly Flow[]): readonly number[] {
  const given = new Array<number>(domains.length).fill(0);
  const taken = [...given];
  for (const { from, to, count } of flows) {
    given[from] = at(given, from) + count;
    taken[to] = at(taken, to) + count;
  }
  return domains.map(({ alignments, products }, index) => {
    const flow = (at(taken, index) - at(given, index)) / Math.max(1, at(taken, index) + at(given, index));
    return flow + (alignments["consumer-aligned"] - alignments["source-aligned"]) / Math.max(1, products);
  });
}

/** Columns of domains, each from top to bottom. */
function stacked(domains: readonly Domain[], flows: readonly Flow[], columns: number): number[][] {
  const lean = leaning(domains, flows);
  const order = domains.map((_, index) => index).sort((one, other) => at(lean, one) - at(lean, other) || one - other);
  const stacks = Array.from({ length: columns }, (_, column) =>
    order.slice(Math.round((column * order.length) / columns), Math.round(((column + 1) * order.length) / columns)),
  );
  for (let sweep = 0; sweep < SWEEPS; sweep++) straighten(stacks, flows);
  return stacks;
}

/** Moves each domain to the height at which those lie that it reads or is read by. */
function straighten(stacks: number[][], flows: readonly Flow[]): void {
  const height: number[] = [];
  for (const stack of stacks)
    stack.forEach((index, row) => {
      height[index] = (row + 0.5) / stack.length;
    });
  const sums = height.map(() => ({ weight: 0, height: 0 }));
  for (const { from, to, count } of flows) {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const sum = sums[one];
      if (!sum) continue;
      sum.weight += count;
      sum.height += count * at(height, other);
    }
  }
  const wanted = sums.map(({ weight, height: sum }, index) => (weight > 0 ? sum / weight : at(height, index)));
  for (const stack of stacks) stack.sort((one, other) => at(wanted, one) - at(wanted, other) || one - other);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The line of a flow, and where figures stand at the circle that it comes from and at the one that it goes to. */
export interface Line {
  readonly path: string;
  /** Where a figure may stand on it, the best first: its middle, and more and more to both sides. */
  readonly along: readonly Point[];
  readonly start: Point;
  readonly end: Point;
}

/** From the edge of one circle to that of another, past all those between. */
export function lineOf(chart: Chart, from: number, to: number): Line | null {
  const [one, other] = [chart.islands[from], chart.islands[to]];
  if (!one || !other) return null;
  return one.column === other.column ? bowed(chart, one, other) : through(chart, one, other, (from + 3 * to) % TRACKS);
}

/** Parts of a curve at which a figure may stand, from its middle on. */
const PARTS = [0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74];

/** Places on a curve that begins and ends by going to the side. */
function alongCurve(from: Point, controls: readonly [number, number], to: Point): readonly Point[] {
  return PARTS.map((part) => {
    const rest = 1 - part;
    const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * part, 3 * rest * part ** 2, part ** 3];
    return { x: a * from.x + b * controls[0] + c * controls[1] + d * to.x, y: (a + b) * from.y + (c + d) * to.y };
  });
}

/** Within a column: on the right of its circles, the farther out the longer it is, so that each has a way of its own. */
function bowed({ stacks, column, height }: Chart, from: Island, to: Island): Line {
  const [x1, x2] = [from.x + from.radius + 2, to.x + to.radius + 8];
  const past = from.x + (stacks[from.column]?.reach ?? 0);
  const room = Math.max(0, from.x + column / 2 - FIGURE / 2 - past);
  const peak = past + room * Math.min(1, 0.2 + (0.8 * Math.abs(to.y - from.y)) / Math.max(1, height));
  // So far out lie the points that pull a curve to its peak.
  const out = (8 * peak - x1 - x2) / 6;
  const [start, end] = [
    { x: x1, y: from.y },
    { x: x2, y: to.y },
  ];
  return {
    path: `M${x1} ${from.y}C${out} ${from.y} ${out} ${to.y} ${x2} ${to.y}`,
    along: alongCurve(start, [out, out], end),
    start: { x: x1 + FIGURE, y: from.y },
    end: { x: x2 + FIGURE, y: to.y },
  };
}

/** To another column: level where there are circles to both sides, and up or down between columns alone. */
function through({ stacks }: Chart, from: Island, to: Island, track: number): Line {
  const way = from.column < to.column ? 1 : -1;
  const [start, end] = [
    { x: from.x + way * (from.radius + 2), y: from.y },
    { x: to.x - way * (to.radius + 8), y: to.y },
  ];
  let [path, steepest, along]: [string, number, readonly Point[]] = [`M${start.x} ${start.y}`, -1, [start]];
  let [y, column] = [from.y, from.column];
  while (column !== to.column) {
    const next = column + way;
    const [here, there] = [stacks[column], stacks[next]];
    if (!here || !there) break;
    const left = Math.abs(to.column - column);
    const height = next === to.column ? to.y : nearest(there.channels, y + (to.y - y) / left) + (track - 2) * TRACK;
    const [x1, x2] = [here.x + way * here.reach, there.x - way * there.reach];
    const half = (x1 + x2) / 2;
    path += `H${x1}C${half} ${y} ${half} ${height} ${x2} ${height}`;
    if (Math.abs(height - y) > steepest)
      [steepest, along] = [Math.abs(height - y), alongCurve({ x: x1, y }, [half, half], { x: x2, y: height })];
    [y, column] = [height, next];
  }
  return {
    path: `${path}H${end.x}`,
    along,
    start: { x: start.x + way * FIGURE, y: start.y },
    end: { x: end.x - way * FIGURE, y: end.y },
  };
}

/** Where the figures of lines stand: each on its line, and none on another as far as there is room. */
export function figuresOn(lines: readonly Line[]): readonly Point[] {
  const taken: Point[] = [];
  for (const { along, start } of lines) {
    const free = along.find(({ x, y }) =>
      taken.every((other) => Math.abs(other.x - x) >= APART.x || Math.abs(other.y - y) >= APART.y),
    );
    taken.push(free ?? along[0] ?? start);
  }
  return taken;
}

function nearest(heights: readonly number[], wanted: number): number {
  return heights.reduce(
    (best, height) => (Math.abs(height - wanted) < Math.abs(best - wanted) ? height : best),
    heights[0] ?? wanted,
  );
}
