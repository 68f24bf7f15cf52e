/** What a column is made of, and what is made of it. */
import type { ProductLineage } from "../../../api/types";

export type ColumnEdge = ProductLineage["columns"][number];
export type ColumnPlace = ColumnEdge["from"];

/** A column's name among all of them, as it stands in an address. */
export function keyOf({ product, table, column }: ColumnPlace): string {
  return `${product}/${table}/${column}`;
}

export interface Trace {
  readonly start: string;
  /** Columns that it is made of, however far away. */
  readonly up: ReadonlyMap<string, ColumnPlace>;
  /** Columns that are made of it. */
  readonly down: ReadonlyMap<string, ColumnPlace>;
  /** The edges between any of them. */
  readonly edges: readonly ColumnEdge[];
}

export function traceOf(edges: readonly ColumnEdge[], start: string): Trace {
  const up = reached(edges, start, "up");
  const down = reached(edges, start, "down");
  const above = (key: string) => key === start || up.has(key);
  const below = (key: string) => key === start || down.has(key);
  return {
    start,
    up,
    down,
    edges: edges.filter(({ from, to }) => {
      const [source, target] = [keyOf(from), keyOf(to)];
      return (above(source) && above(target)) || (below(source) && below(target));
    }),
  };
}

function reached(edges: readonly ColumnEdge[], start: string, way: "up" | "down"): Map<string, ColumnPlace> {
  const next = new Map<string, ColumnPlace[]>();
  for (const { from, to } of edges) {
    const [here, there] = way === "up" ? [to, from] : [from, to];
    const key = keyOf(here);
    next.set(key, [...(next.get(key) ?? []), there]);
  }
  const found = new Map<string, ColumnPlace>();
  const waiting = [start];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const place of next.get(key) ?? []) {
      const other = keyOf(place);
      if (other === start || found.has(other)) continue;
      found.set(other, place);
      waiting.push(other);
    }
  }
  return found;
}

/** The columns of a product that can be followed, by table. */
export function columnsOf(edges: readonly ColumnEdge[], product: string): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, Set<string>>();
  for (const place of edges.flatMap(({ from, to }) => [from, to])) {
    if (place.product !== product || place.table.startsWith("input.")) continue;
    const columns = tables.get(place.table) ?? new Set();
    tables.set(place.table, columns.add(place.column));
  }
  return new Map([...tables].sort(byName).map(([table, columns]) => [table, [...columns].sort()]));
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one.localeCompare(other);
}

/** How many products some columns belong to. */
export function productsOf(places: Iterable<ColumnPlace>): number {
  return new Set([...places].map(({ product }) => product)).size;
}
