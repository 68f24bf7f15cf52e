import { expect, test } from "vitest";

import { type ColumnEdge, columnsOf, keyOf, productsOf, traceOf } from "./trace";

function place(text: string) {
  const [product = "", table = "", column = ""] = text.split("/");
  return { product, table, column };
}

function edge(from: string, to: string, kind: ColumnEdge["kind"] = "direct"): ColumnEdge {
  return { from: place(from), to: place(to), kind };
}

const EDGES = [
  edge("orders/input.orders/price", "orders/orders/net"),
  edge("orders/orders/net", "revenue/revenue/total"),
  edge("orders/orders/state", "revenue/revenue/total", "indirect"),
  edge("revenue/revenue/total", "care/customers/share"),
  edge("revenue/revenue/nation", "care/customers/nation"),
];

test("a column is followed both ways, as far as it goes", () => {
  const trace = traceOf(EDGES, "revenue/revenue/total");
  expect([...trace.up.keys()].sort()).toEqual([
    "orders/input.orders/price",
    "orders/orders/net",
    "orders/orders/state",
  ]);
  expect([...trace.down.keys()]).toEqual(["care/customers/share"]);
  expect(trace.edges).toHaveLength(4);
  expect(productsOf(trace.down.values())).toBe(1);
});

test("what else the columns on the way are used for is not followed", () => {
  const trace = traceOf(EDGES, "care/customers/share");
  expect([...trace.up.keys()]).not.toContain("revenue/revenue/nation");
  expect(trace.down.size).toBe(0);
});

test("a circle ends", () => {
  const trace = traceOf([edge("a/t/x", "b/t/y"), edge("b/t/y", "a/t/x")], "a/t/x");
  expect([...trace.up.keys()]).toEqual(["b/t/y"]);
  expect([...trace.down.keys()]).toEqual(["b/t/y"]);
});

test("columns of inputs cannot be chosen: only what the product itself offers", () => {
  expect([...columnsOf(EDGES, "orders")]).toEqual([["orders", ["net", "state"]]]);
  expect(keyOf(place("a/t/x"))).toBe("a/t/x");
});
