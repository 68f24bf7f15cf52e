import { expect, test } from "vitest";

import type { CheckResult } from "../../../api/types";
import { counted, narrowed } from "./narrow";

function result(
  id: string,
  outcome: CheckResult["outcome"],
  dimension: CheckResult["check"]["dimension"],
): CheckResult {
  const check = {
    id,
    name: id,
    table: "orders",
    column: null,
    kind: { metric: "rowCount" },
    threshold: "none",
    unit: "rows" as const,
    dimension,
    severity: "error" as const,
    description: null,
    pointer: "/",
  };
  const none = { measured: null, rows: null, failedRows: null, sampleQuery: null, message: null };
  return { port: "orders", check, outcome, method: "scan", ...none };
}

const RESULTS = [
  result("a", "pass", "uniqueness"),
  result("b", "warn", "completeness"),
  result("c", "error", "completeness"),
  result("d", "skip", "accuracy"),
  result("e", "fail", "uniqueness"),
];

test("what could not be measured is not good", () => {
  expect(counted(RESULTS)).toEqual({ passed: 1, warned: 1, failed: 2 });
});

test("the worst stand first", () => {
  const ids = (failing: boolean, dimension: string | null) =>
    narrowed(RESULTS, { failing, dimension }).map(({ check }) => check.id);
  expect(ids(false, null)).toEqual(["c", "e", "b", "d", "a"]);
  expect(ids(true, null)).toEqual(["c", "e", "b", "d"]);
  expect(ids(false, "uniqueness")).toEqual(["e", "a"]);
});
