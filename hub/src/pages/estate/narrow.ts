/** Which products are shown. */
import { type Model, neighboursOf, type Product, titleOf, UNSAID } from "./model";
import type { EstateFilters } from "./search";

export interface Narrowed {
  /** Those that fit, by name. */
  readonly fit: readonly number[];
  /** Those that are shown because they are next to one that fits. */
  readonly near: ReadonlySet<number>;
}

export function narrowed(model: Model, filters: EstateFilters): Narrowed {
  const fits = (product: Product, index: number) =>
    (filters.domain === undefined || (product.domain ?? UNSAID) === filters.domain) &&
    (filters.alignment === undefined || (product.alignment ?? UNSAID) === filters.alignment) &&
    (filters.status === undefined || (product.status ?? UNSAID) === filters.status) &&
    (filters.quality === undefined || model.quality[index] === filters.quality);
  const fit = model.products.flatMap((product, index) => (fits(product, index) ? [index] : []));
  const near = new Set<number>();
  if (filters.near && fit.length < model.products.length) {
    const own = new Set(fit);
    for (const index of fit) {
      for (const next of [...neighboursOf(model.reads, index), ...neighboursOf(model.readers, index)]) {
        if (!own.has(next)) near.add(next);
      }
    }
  }
  return { fit, near };
}

/** Products whose name or title has all the words, among these, in their order. */
export function found(model: Model, among: readonly number[], q: string): readonly number[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return among.filter((index) => {
    const product = model.products[index];
    if (!product) return false;
    const text = `${product.name} ${titleOf(product)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface Value {
  readonly value: string;
  readonly count: number;
}

/** Values that products have, with how many have them, by name; what nobody has said comes last. */
export function valuesOf(model: Model, of: (product: Product, index: number) => string | null): readonly Value[] {
  const counts = new Map<string, number>();
  model.products.forEach((product, index) => {
    const value = of(product, index) ?? UNSAID;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  });
  const values = [...counts].map(([value, count]) => ({ value, count }));
  const last = ({ value }: Value) => (value === UNSAID ? 1 : 0);
  return values.sort((one, other) => last(one) - last(other) || one.value.localeCompare(other.value));
}
