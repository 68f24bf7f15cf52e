import { expect, test } from "vitest";

import type { Operated } from "../../api/operate";
import { countsOf, narrowed, needing, needsOf } from "./needs";

const run = { id: "1", startedAt: "", endedAt: "", error: null };
const well: Operated = {
  name: "orders",
  title: "Orders",
  domain: "sales",
  owner: "pia",
  version: "1.0.0",
  appliedAt: "",
  pending: false,
  release: { number: 2, publishedAt: "" },
  lastRun: { ...run, state: "published", release: 2 },
  checks: { passed: 3, failed: 0, warned: 0 },
  behind: [],
  missing: [],
};
const failed: Operated = {
  ...well,
  name: "flights",
  lastRun: { ...run, state: "failed", release: null },
  pending: true,
};
const fresh: Operated = { ...well, name: "new", title: null, release: null, lastRun: null, pending: true };
const held: Operated = { ...well, name: "held", lastRun: { ...run, state: "published", release: 3 }, behind: ["a"] };

test("a product that is as it should be needs nothing", () => {
  expect(needsOf(well)).toEqual([]);
});

test("what is wrong is told the worst first, and no fault twice", () => {
  expect(needsOf(failed)).toEqual(["failed"]);
  expect(needsOf({ ...failed, lastRun: { ...run, state: "cancelled", release: null } })).toEqual(["stopped"]);
  expect(needsOf(fresh)).toEqual(["unreleased"]);
  expect(needsOf(held)).toEqual(["behind", "held"]);
  expect(needsOf({ ...well, pending: true, checks: { passed: 1, failed: 1, warned: 1 } })).toEqual([
    "unmet",
    "pending",
    "warned",
  ]);
  expect(needing([well, held, fresh, failed]).map(({ product }) => product.name)).toEqual(["flights", "new", "held"]);
});

test("what reads something that is gone is not told that a run helps", () => {
  const cut: Operated = { ...well, behind: ["stock"], missing: ["outport:///ledger/daily@1"] };
  expect(needsOf(cut)).toEqual(["missing"]);
  expect(countsOf([well, cut])).toMatchObject({ needing: 1, missing: 1, behind: 0 });
  expect(needing([held, cut]).map(({ needs }) => needs[0])).toEqual(["missing", "behind"]);
});

test("products are counted by what they need, and narrowed by that and by words", () => {
  const all = [well, failed, fresh, held];
  expect(countsOf(all)).toMatchObject({ needing: 3, failed: 1, unreleased: 1, behind: 1, held: 1, pending: 0 });
  expect(narrowed(all, "", "needing")).toHaveLength(3);
  expect(narrowed(all, "", "held")).toEqual([held]);
  expect(narrowed(all, "PIA sales fl", undefined)).toEqual([failed]);
});
