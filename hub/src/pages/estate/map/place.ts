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
}

const LARGEST = 54;
const SMALLEST = 4;
const COLUMN = 250;
const MOST_COLUMNS = 5;
/** Of `DomainMap.module.css`: the text under a circle, and the room under that. */
const TEXT = 126;
const GAP = 26;
const SWEEPS = 4;

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
  stacks.forEach((stack, column) => {
    let top = (height - heightOf(stack)) / 2;
    for (const index of stack) {
      const radius = at(radii, index);
      islands[index] = { x: (column + 0.5) * step, y: top + radius, radius, column };
      top += 2 * radius + TEXT + GAP;
    }
  });
  return { islands, width, height, column: step, order: stacks.flat() };
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

/** The line of a flow, from the edge of one circle to that of another, and the place of its figure. */
export function lineOf(from: Island, to: Island): { readonly path: string; readonly x: number; readonly y: number } {
  if (from.column === to.column) {
    const bow = 44 + Math.min(60, Math.abs(to.y - from.y) * 0.12);
    const [x1, x2] = [from.x + from.radius + 2, to.x + to.radius + 8];
    const out = Math.max(x1, x2) + bow;
    return {
      path: `M${x1} ${from.y}C${out} ${from.y} ${out} ${to.y} ${x2} ${to.y}`,
      ...middle(x1, from.y, out, out, to.y, x2),
    };
  }
  const way = from.column < to.column ? 1 : -1;
  const [x1, x2] = [from.x + way * (from.radius + 2), to.x - way * (to.radius + 8)];
  const half = (x2 - x1) / 2;
  return {
    path: `M${x1} ${from.y}C${x1 + half} ${from.y} ${x2 - half} ${to.y} ${x2} ${to.y}`,
    ...middle(x1, from.y, x1 + half, x2 - half, to.y, x2),
  };
}

function middle(x1: number, y1: number, c1: number, c2: number, y2: number, x2: number) {
  return { x: (x1 + 3 * c1 + 3 * c2 + x2) / 8, y: (y1 + y2) / 2 };
}
