import { expect, test } from "vitest";

import type { TaskEvent } from "../../../api/operate";
import { progressOf, tallyOf } from "./progress";

const EVENTS: readonly TaskEvent[] = [
  { event: "runStarted", product: "orders", run: "1", steps: 2 },
  { event: "inputChecked", product: "orders", port: "raw", rows: 10, quarantined: 1, violations: 2, milliseconds: 5 },
  { event: "modelStarted", product: "orders", model: "daily" },
  { event: "runStarted", product: "stock", run: "2", steps: 1 },
  { event: "modelBuilt", product: "orders", model: "daily", rows: 9, reused: false, milliseconds: 7 },
  { event: "audited", product: "orders", port: "daily", passed: 4, violations: [], milliseconds: 3 },
  { event: "runEnded", product: "orders", run: "1", state: "published", release: 3, error: null, milliseconds: 20 },
  { event: "runEnded", product: "stock", run: "2", state: "failed", release: null, error: "no", milliseconds: 2 },
  { event: "skipped", product: "report", becauseOf: "stock" },
  { event: "notBegun", product: "shipments" },
];

test("what is told of products that run at the same time is kept apart", () => {
  const [orders, stock, report, shipments] = progressOf(EVENTS);
  expect(orders).toMatchObject({ product: "orders", state: "published", steps: 2, done: 2, release: 3 });
  expect(orders?.parts.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["input raw", "model daily", "audit daily"]);
  expect(stock).toMatchObject({ state: "failed", error: "no" });
  expect(report).toMatchObject({ state: "skipped", becauseOf: "stock" });
  expect(shipments).toMatchObject({ state: "notBegun", becauseOf: null });
  expect(tallyOf(progressOf(EVENTS))).toMatchObject({ published: 1, failed: 1, skipped: 1, notBegun: 1, running: 0 });
});

test("a model that is being computed is there before it is built, and once", () => {
  const [orders] = progressOf(EVENTS.slice(0, 3));
  expect(orders).toMatchObject({ state: "running", done: 1 });
  expect(orders?.parts.at(-1)).toEqual({ kind: "model", name: "daily", built: null });
  const [later] = progressOf(EVENTS.slice(0, 5));
  expect(later?.parts).toHaveLength(2);
});
