import { describe, expect, test } from "vitest";

import { bytes, counted, duration, list, percent, relative } from "./format";

const NOW = Date.parse("2026-11-27T12:00:00Z");

describe("moments", () => {
  test.each([
    ["2026-11-27T11:59:50Z", "just now"],
    ["2026-11-27T12:00:10Z", "in a moment"],
    ["2026-11-27T11:58:30Z", "1 minute ago"],
    ["2026-11-27T09:00:00Z", "3 hours ago"],
    ["2026-11-26T11:00:00Z", "yesterday"],
    ["2026-11-01T12:00:00Z", "3 weeks ago"],
    ["2027-02-01T12:00:00Z", "in 2 months"],
  ])("%s is %s", (at, told) => {
    expect(relative(at, NOW)).toBe(told);
  });
});

test("a part that is not all is never told as all", () => {
  expect(percent(1)).toBe("100%");
  expect(percent(0.99999)).toBe(">99.9%");
  expect(percent(0.5)).toBe("50%");
});

test("things are counted", () => {
  expect(counted(1, "row", "rows")).toBe("1 row");
  expect(counted(0, "row", "rows")).toBe("0 rows");
  expect(counted(1_500, "row", "rows")).toBe("1,500 rows");
  expect(list(["a", "b", "c"])).toBe("a, b and c");
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1 kB"],
  [1_234_567, "1.23 MB"],
  [999_900, "1 MB"],
])("%d bytes are %s", (count, told) => {
  expect(bytes(count)).toBe(told);
});

test.each([
  [0.0421, "42 ms"],
  [12.34, "12.3 s"],
  [600, "10 minutes"],
  [7_200, "2 hours"],
  [30 * 86_400, "30 days"],
])("%d seconds are %s", (seconds, told) => {
  expect(duration(seconds)).toBe(told);
});
