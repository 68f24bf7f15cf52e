import { expect, test } from "vitest";

import { domainsOf } from "./domains";
import { estateOf, product } from "./estates";
import { traced } from "./graph/trace";
import { modelOf, neighboursOf, UNSAID } from "./model";
import { found, narrowed } from "./narrow";

const failing = { passed: 1, failed: 2, warned: 0, checkedAt: null };

const model = modelOf(
  estateOf(
    [
      product("a", { domain: "sales", alignment: "source-aligned" }),
      product("b", { domain: "sales", alignment: "aggregate", title: "Big orders", trust: failing }),
      product("c", { domain: "care", alignment: "consumer-aligned", use: { readers: 2, requests: 7, days: 30 } }),
      product("d"),
    ],
    [
      ["a", "b"],
      ["a", "c"],
      ["b", "c"],
      ["unseen", "c"],
    ],
  ),
);

test("neighbours are known from both sides, and what is not there has none", () => {
  expect(model.products.map((_, index) => neighboursOf(model.reads, index))).toEqual([[], [0], [0, 1], []]);
  expect(model.products.map((_, index) => neighboursOf(model.readers, index))).toEqual([[1, 2], [2], [], []]);
});

test("domains have what their products have, and flows are between different ones", () => {
  const { domains, flows, days } = domainsOf(model);
  expect(domains.map(({ name, products, requests }) => [name, products, requests])).toEqual([
    ["care", 1, 7],
    ["sales", 2, 0],
    [UNSAID, 1, 0],
  ]);
  expect(domains[1]?.qualities).toEqual({ passed: 1, failed: 1, warned: 0, unchecked: 0 });
  expect(domains[1]?.alignments).toMatchObject({ "source-aligned": 1, aggregate: 1 });
  expect([flows, days]).toEqual([[{ from: 1, to: 0, count: 2 }], 30]);
});

test("products are narrowed down by all that is asked, and have their neighbours where that is asked for", () => {
  expect(narrowed(model, { domain: "sales", quality: "failed" }).fit).toEqual([1]);
  expect(narrowed(model, { domain: UNSAID }).fit).toEqual([3]);
  const { fit, near } = narrowed(model, { domain: "care", near: "yes" });
  expect([fit, [...near].sort()]).toEqual([[2], [0, 1]]);
});

test("words are found in names and titles, all of them in one", () => {
  const all = [0, 1, 2, 3];
  expect([found(model, all, "ORD big"), found(model, all, "big c"), found(model, all, " ")]).toEqual([[1], [], []]);
});

test("a product is followed to everything before and after it", () => {
  const { up, down, edges, complete } = traced(model, 1);
  expect([[...up], [...down], edges, complete]).toEqual([[0], [2], [0, 1, 1, 2], true]);
});

test("products that read each other in a circle are followed once", () => {
  const circle = modelOf(
    estateOf(
      [product("a"), product("b")],
      [
        ["a", "b"],
        ["b", "a"],
      ],
    ),
  );
  expect([...traced(circle, 0).up]).toEqual([1]);
});
