import { expect, test } from "vitest";

import { excerptOf } from "./excerpt";

const TEXT = "a: 1\nb: é x\nc: 3\nd: 4\ne: 5\n";

test("the fault stands in its line, with lines around it", () => {
  // `x` follows `é`, which has two bytes.
  expect(excerptOf(TEXT, { start: 11, end: 12 })).toEqual({
    first: 1,
    lines: ["a: 1", "b: é x", "c: 3", "d: 4"],
    at: 1,
    before: "b: é ",
    fault: "x",
    after: "",
  });
});

test("a fault over several lines is shown in the first of them", () => {
  expect(excerptOf(TEXT, { start: 13, end: 22 })).toMatchObject({ at: 2, before: "", fault: "c: 3", after: "" });
});

test("a place at the very end is one, and one behind it is none", () => {
  expect(excerptOf("x", { start: 1, end: 1 })).toMatchObject({ at: 0, before: "x", fault: "", after: "" });
  expect(excerptOf("x", { start: 1, end: 2 })).toBeNull();
});
