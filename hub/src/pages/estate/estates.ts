/** Estates for tests. */
import type { Estate } from "../../api/types";
import type { Alignment } from "./model";
import { ALIGNMENTS } from "./model";

type Product = Estate["products"][number];

export function product(name: string, values: Partial<Product> = {}): Product {
  return {
    name,
    title: null,
    domain: null,
    alignment: null,
    status: "active",
    owner: null,
    trust: { passed: 1, failed: 0, warned: 0, checkedAt: null },
    use: { readers: 0, requests: 0, days: 30 },
    release: null,
    ...values,
  };
}

/** Each pair is what is read, and what reads it. */
export function estateOf(products: readonly Product[], edges: readonly (readonly [string, string])[]): Estate {
  return { products: [...products], edges: edges.map(([from, to]) => ({ from, to, ports: ["all"] })) };
}

/** A sequence of figures below a bound that is the same each time. */
function figures(): (below: number) => number {
  let state = 7;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** As many products and edges as are asked for, in twenty domains; none reads itself or in a circle. */
export function large(products: number, edges: number): Estate {
  const draw = figures();
  const made = Array.from({ length: products }, (_, index) =>
    product(`product-${String(index).padStart(5, "0")}`, {
      domain: `domain ${draw(20)}`,
      alignment: ALIGNMENTS[Math.floor((3 * index) / products)] as Alignment,
      trust: { passed: 3, failed: draw(20) === 0 ? 1 : 0, warned: 0, checkedAt: null },
    }),
  );
  const pairs = new Map<string, readonly [string, string]>();
  while (pairs.size < edges) {
    const [one, other] = [draw(products), draw(products)];
    if (one === other) continue;
    const [from, to] = [made[Math.min(one, other)]?.name ?? "", made[Math.max(one, other)]?.name ?? ""];
    pairs.set(`${from} ${to}`, [from, to]);
  }
  return estateOf(made, [...pairs.values()]);
}
