/** The estate by numbers: a product is its place in the answer, so that ten thousand of them are walked through at once. */
import type { Estate } from "../../api/types";
import { type Quality, qualityOf } from "../../parts/trust";

export type Product = Estate["products"][number];

export type Alignment = NonNullable<Product["alignment"]>;

/** From where data comes to where it is used. */
export const ALIGNMENTS: readonly Alignment[] = ["source-aligned", "aggregate", "consumer-aligned"];

/** What stands in an address for a value that nobody has said. */
export const UNSAID = "(none)";

/** Of each product its neighbours on one side: those of `i` are `targets[starts[i]]` to `targets[starts[i + 1] - 1]`. */
export interface Neighbours {
  readonly starts: Uint32Array;
  readonly targets: Uint32Array;
}

export interface Model {
  readonly products: readonly Product[];
  readonly indexOf: ReadonlyMap<string, number>;
  readonly quality: readonly Quality[];
  /** Of each edge what is read, and what reads it. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** What a product reads. */
  readonly reads: Neighbours;
  /** Who reads a product. */
  readonly readers: Neighbours;
}

export function modelOf({ products, edges }: Estate): Model {
  const indexOf = new Map(products.map(({ name }, index) => [name, index]));
  const known = edges.flatMap((edge) => {
    const [from, to] = [indexOf.get(edge.from), indexOf.get(edge.to)];
    return from === undefined || to === undefined || from === to ? [] : [[from, to] as const];
  });
  const from = Uint32Array.from(known, ([index]) => index);
  const to = Uint32Array.from(known, ([, index]) => index);
  return {
    products,
    indexOf,
    quality: products.map(({ trust }) => qualityOf(trust)),
    from,
    to,
    reads: neighbours(products.length, to, from),
    readers: neighbours(products.length, from, to),
  };
}

function neighbours(count: number, of: Uint32Array, targets: Uint32Array): Neighbours {
  const starts = new Uint32Array(count + 1);
  for (const index of of) starts[index + 1] = at(starts, index + 1) + 1;
  for (let index = 0; index < count; index++) starts[index + 1] = at(starts, index + 1) + at(starts, index);
  const next = starts.slice(0, count);
  const found = new Uint32Array(of.length);
  of.forEach((index, edge) => {
    found[at(next, index)] = at(targets, edge);
    next[index] = at(next, index) + 1;
  });
  return { starts, targets: found };
}

/** A figure of an array that is known to be long enough. */
export function at(figures: { readonly [index: number]: number }, index: number): number {
  return figures[index] ?? 0;
}

export function neighboursOf({ starts, targets }: Neighbours, index: number): readonly number[] {
  const found: number[] = [];
  for (let edge = at(starts, index); edge < at(starts, index + 1); edge++) found.push(at(targets, edge));
  return found;
}

export function countOf({ starts }: Neighbours, index: number): number {
  return at(starts, index + 1) - at(starts, index);
}

export function titleOf({ title, name }: Product): string {
  return title ?? name;
}
