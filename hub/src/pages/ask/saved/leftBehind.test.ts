import { expect, test } from "vitest";

import { readLeftBehind } from "./leftBehind";

test("what a browser kept is read with what makes sense of it", () => {
  expect(readLeftBehind('[{"name":"a","sql":"SELECT 1","purpose":""},{"name":2}]')).toEqual([
    { name: "a", sql: "SELECT 1", purpose: null },
  ]);
  expect(readLeftBehind("{")).toEqual([]);
  expect(readLeftBehind(null)).toEqual([]);
});
