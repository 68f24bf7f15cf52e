import { expect, test } from "vitest";

import { offsetOf, placeOf } from "./place";

test.each([
  [1, 1, 0],
  [1, 8, 7],
  [2, 1, 9],
  [2, 99, 17],
  [9, 1, 9],
  [0, 0, 0],
])("line %d, column %d is at %d", (line, column, offset) => {
  expect(offsetOf("SELECT a\nFROM b.c", { line, column })).toBe(offset);
});

test("a character that takes two units is one column", () => {
  expect(offsetOf("'😀' + x", { line: 1, column: 5 })).toBe(5);
});

test("a problem without a place has none", () => {
  expect(placeOf({ line: 1, column: 8 })).toEqual({ line: 1, column: 8 });
  expect(placeOf({ line: 1 })).toBeNull();
  expect(placeOf({})).toBeNull();
});
