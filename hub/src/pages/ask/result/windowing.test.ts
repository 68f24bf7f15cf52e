import { describe, expect, test } from "vitest";

import { columnsIn, scaleOf, scrollFor, windowOf } from "./windowing";

const ROW = 32;
const VIEW = 480;

describe("a grid", () => {
  test("of few rows shows all of them", () => {
    expect(windowOf(0, VIEW, 3, ROW)).toEqual({ first: 0, end: 3, top: 0 });
    expect(windowOf(0, VIEW, 0, ROW)).toEqual({ first: 0, end: 0, top: 0 });
  });

  test("of many shows those in sight, where they belong", () => {
    const { first, end, top } = windowOf(3_200, VIEW, 10_000, ROW);
    expect([first, end]).toEqual([94, 121]);
    expect(top).toBe(94 * ROW);
  });

  test("of a million rows is no taller than browsers can, and its last row can be reached", () => {
    const rows = 1_000_000;
    const { height } = scaleOf(rows, ROW, VIEW);
    expect(height).toBeLessThan(17_000_000);
    const end = height - VIEW;
    const shown = windowOf(end, VIEW, rows, ROW);
    expect(shown.end).toBe(rows);
    // The last row ends where the grid ends.
    expect(Math.round(shown.top + (rows - shown.first) * ROW)).toBe(height);
  });

  test.each([10_000, 1_000_000])("of %d rows brings any row into sight, and leaves one that is", (rows) => {
    for (const row of [0, 1, 4_711, rows - 1]) {
      const to = scrollFor(row, 100_000, VIEW, rows, ROW);
      expect(to).not.toBeNull();
      const { first, end } = windowOf(to ?? 0, VIEW, rows, ROW, 0);
      expect(first <= row && row < end).toBe(true);
      expect(scrollFor(row, (to ?? 0) + (row === 0 ? 0 : 1e-6), VIEW, rows, ROW) ?? to).toBeCloseTo(to ?? 0, 3);
    }
    expect(scrollFor(5, 0, VIEW, rows, ROW)).toBeNull();
  });

  test("of many columns shows those in sight", () => {
    const widths = Array.from({ length: 100 }, () => 100);
    const starts = widths.map((width, index) => index * width);
    expect(columnsIn(starts, widths, 0, 300)).toEqual([0, 1, 2, 3]);
    expect(columnsIn(starts, widths, 5_000, 300)).toEqual([49, 50, 51, 52, 53]);
  });
});
