import { expect, test } from "vitest";

import { bytes, counted, duration, list, percent, relative } from "./format";

const NOW = Date.parse("2026-11-27T12:00:00Z");

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];

/** How a moment is told that is so many seconds ago, and one that is as many ahead. */
test.each([
  [0, "just now", "just now"],
  [1, "just now", "in a moment"],
  [MINUTE - 1, "just now", "in a moment"],
  [MINUTE, "1 minute ago", "in 1 minute"],
  [1.5 * MINUTE - 1, "1 minute ago", "in 1 minute"],
  [1.5 * MINUTE, "2 minutes ago", "in 2 minutes"],
  [59.5 * MINUTE - 1, "59 minutes ago", "in 59 minutes"],
  [59.5 * MINUTE, "1 hour ago", "in 1 hour"],
  [1.5 * HOUR - 1, "1 hour ago", "in 1 hour"],
  [1.5 * HOUR, "2 hours ago", "in 2 hours"],
  [23.5 * HOUR - 1, "23 hours ago", "in 23 hours"],
  [23.5 * HOUR, "yesterday", "tomorrow"],
  [1.5 * DAY - 1, "yesterday", "tomorrow"],
  [1.5 * DAY, "2 days ago", "in 2 days"],
  [10 * DAY, "10 days ago", "in 10 days"],
  [13.5 * DAY - 1, "13 days ago", "in 13 days"],
  [13.5 * DAY, "2 weeks ago", "in 2 weeks"],
  [30 * DAY, "4 weeks ago", "in 4 weeks"],
  [45 * DAY, "6 weeks ago", "in 6 weeks"],
  [52.5 * DAY - 1, "7 weeks ago", "in 7 weeks"],
  [52.5 * DAY, "2 months ago", "in 2 months"],
  [90 * DAY, "3 months ago", "in 3 months"],
  [365 * DAY, "12 months ago", "in 12 months"],
  [1.5 * 365.25 * DAY - 1, "18 months ago", "in 18 months"],
  [1.5 * 365.25 * DAY, "2 years ago", "in 2 years"],
  [1_000 * DAY, "3 years ago", "in 3 years"],
])("a moment %d seconds away", (seconds, past, future) => {
  const at = (ahead: number) => relative(new Date(NOW + ahead * 1_000).toISOString(), NOW);
  expect([at(-seconds), at(seconds)]).toEqual([past, future]);
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
