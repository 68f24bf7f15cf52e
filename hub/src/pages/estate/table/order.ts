/** Products in the order of a column. */
import { countOf, type Model, titleOf } from "../model";
import type { Order } from "../search";

export function ordered(model: Model, shown: readonly number[], order: Order): readonly number[] {
  if (order === "name") return byText(shown, (index) => titleOf(productAt(model, index)));
  if (order === "domain") return byText(shown, (index) => productAt(model, index).domain);
  const figure = figureOf(model, order);
  const figures = new Map(shown.map((index) => [index, figure(index)]));
  return [...shown].sort((one, other) => (figures.get(other) ?? 0) - (figures.get(one) ?? 0) || one - other);
}

/** Those without one come last. */
function byText(shown: readonly number[], of: (index: number) => string | null): readonly number[] {
  const { compare } = new Intl.Collator("en-GB", { numeric: true });
  const keys = new Map(shown.map((index) => [index, of(index)]));
  return [...shown].sort((one, other) => {
    const [a, b] = [keys.get(one) ?? null, keys.get(other) ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null) || one - other;
    return compare(a, b) || one - other;
  });
}

function figureOf(model: Model, order: Exclude<Order, "name" | "domain">): (index: number) => number {
  switch (order) {
    case "reads":
      return (index) => countOf(model.reads, index);
    case "readers":
      return (index) => countOf(model.readers, index);
    case "use":
      return (index) => productAt(model, index).use.requests;
    case "newest":
      return (index) => Date.parse(productAt(model, index).release?.publishedAt ?? "") || 0;
  }
}

function productAt(model: Model, index: number) {
  const product = model.products[index];
  if (!product) throw new RangeError(`there is no product ${index}`);
  return product;
}
