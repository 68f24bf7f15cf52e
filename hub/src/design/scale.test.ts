import { expect, test } from "vitest";

import { roundedUp } from "./scale";

test.each([
  [0, 1],
  [0.4, 1],
  [1, 1],
  [3, 4],
  [7, 10],
  [41, 50],
  [100, 100],
  [101, 200],
  [23_400, 40_000],
])("an axis for %d ends at %d", (highest, end) => {
  expect(roundedUp(highest)).toBe(end);
});
