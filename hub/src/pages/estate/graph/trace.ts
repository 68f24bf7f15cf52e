/** What a product's data comes from, and what it goes into. */
import { at, type Model, type Neighbours } from "../model";

/** Edges that are drawn of it at most, those next to the product first. */
export const MOST_TRACED = 2_000;

export interface Trace {
  readonly start: number;
  readonly up: ReadonlySet<number>;
  readonly down: ReadonlySet<number>;
  /** What is read and what reads it, one after the other; the nearest first, as many as are drawn. */
  readonly edges: readonly number[];
  /** Whether all of them are there. */
  readonly complete: boolean;
}

export function traced(model: Model, start: number): Trace {
  const edges: number[] = [];
  const up = follow(model.reads, start, (reader, read) => edges.push(read, reader));
  const down = follow(model.readers, start, (read, reader) => edges.push(read, reader));
  return { start, up, down, edges: edges.slice(0, 2 * MOST_TRACED), complete: edges.length <= 2 * MOST_TRACED };
}

/** Everything on one side, the nearest first. */
function follow(
  { starts, targets }: Neighbours,
  start: number,
  tell: (from: number, to: number) => void,
): ReadonlySet<number> {
  const found = new Set<number>([start]);
  // A set goes on with what is added to it while it is gone through.
  for (const index of found) {
    for (let edge = at(starts, index); edge < at(starts, index + 1); edge++) {
      const next = at(targets, edge);
      tell(index, next);
      found.add(next);
    }
  }
  found.delete(start);
  return found;
}

export function isTraced({ start, up, down }: Trace, index: number): boolean {
  return index === start || up.has(index) || down.has(index);
}
