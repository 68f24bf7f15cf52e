import { describe, expect, test } from "vitest";

import { areaOf, copied, holds, moved } from "./selection";

const EXTENT = { rows: 100, columns: 5, page: 10 };
const at = (row: number, column: number) => ({ anchor: { row, column }, focus: { row, column } });
const key = (name: string, held: Partial<{ shiftKey: boolean; ctrlKey: boolean }> = {}) => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  ...held,
});

describe("keys", () => {
  test.each([
    ["ArrowDown", at(1, 1), at(2, 1)],
    ["ArrowUp", at(0, 1), at(0, 1)],
    ["ArrowRight", at(0, 4), at(0, 4)],
    ["PageDown", at(95, 0), at(99, 0)],
    ["Home", at(3, 3), at(3, 0)],
    ["End", at(3, 3), at(3, 4)],
  ])("%s goes on from a cell", (name, before, after) => {
    expect(moved(before, key(name), EXTENT)).toEqual(after);
  });

  test("with Ctrl go to the end", () => {
    expect(moved(at(3, 3), key("ArrowDown", { ctrlKey: true }), EXTENT)).toEqual(at(99, 3));
    expect(moved(at(3, 3), key("End", { ctrlKey: true }), EXTENT)).toEqual(at(99, 4));
  });

  test("with Shift leave the other end where it is", () => {
    const selection = moved(at(3, 3), key("ArrowUp", { shiftKey: true }), EXTENT);
    expect(selection && areaOf(selection)).toEqual({ top: 2, bottom: 3, left: 3, right: 3 });
  });

  test("choose everything, or are not about cells", () => {
    const all = moved(at(3, 3), key("a", { ctrlKey: true }), EXTENT);
    expect(all && holds(areaOf(all), 99, 4)).toBe(true);
    expect(moved(at(3, 3), key("x"), EXTENT)).toBeNull();
  });
});

describe("what is copied", () => {
  const rows = [
    ["a", 'say "b"'],
    [null, "c\td"],
  ];
  const text = (row: number, column: number) => rows[row]?.[column] ?? null;

  test("is a value where it is one cell", () => {
    expect(copied({ top: 0, bottom: 0, left: 1, right: 1 }, text, null)).toBe('say "b"');
    expect(copied({ top: 1, bottom: 1, left: 0, right: 0 }, text, null)).toBe("");
  });

  test("is rows of cells where it is more, and what would end a cell is in quotes", () => {
    expect(copied({ top: 0, bottom: 1, left: 0, right: 1 }, text, ["one", "two"])).toBe(
      'one\ttwo\na\t"say ""b"""\n\t"c\td"',
    );
  });
});
