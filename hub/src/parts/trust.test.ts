import { expect, test } from "vitest";

import { dimensionsOf, qualityOf } from "./trust";

test("one broken rule is not hidden by many that hold", () => {
  expect(qualityOf({ passed: 40, failed: 1, warned: 3 })).toBe("failed");
  expect(qualityOf({ passed: 40, failed: 0, warned: 1 })).toBe("warned");
  expect(qualityOf({ passed: 40, failed: 0, warned: 0 })).toBe("passed");
});

test("what nothing is known of is not called good", () => {
  expect(qualityOf({ passed: 0, failed: 0, warned: 0 })).toBe("unchecked");
});

test("dimensions without a check are shown as such, and coverage only where it is checked", () => {
  const counts = { passed: 1, failed: 0, warned: 0 };
  expect(dimensionsOf({ uniqueness: counts }).map(([name, { passed }]) => [name, passed])).toEqual([
    ["completeness", 0],
    ["uniqueness", 1],
    ["conformity", 0],
    ["accuracy", 0],
    ["consistency", 0],
    ["timeliness", 0],
  ]);
  expect(dimensionsOf({ coverage: counts }).at(-1)).toEqual(["coverage", counts]);
});
