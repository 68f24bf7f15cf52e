import { expect, test } from "vitest";

import type { Column, Kind } from "./column";
import { orderedBy } from "./order";

function column(kind: Kind, values: readonly (string | null)[], exact = false): Column {
  return {
    name: "a",
    type: kind,
    kind,
    text: (row) => values[row] ?? null,
    figure: (row) => {
      const value = values[row];
      return value === null || value === undefined || Number.isNaN(Number(value)) ? null : Number(value);
    },
    ...(exact && { exact: (row: number) => (values[row] === null ? null : BigInt(values[row] ?? 0)) }),
  };
}

const order = (values: Column, rows: number, descending = false) => [...orderedBy(values, rows, descending)];

test("numbers are in the order of numbers, missing ones last either way", () => {
  const numbers = column("number", ["10", null, "9", "-1", "9"]);
  expect(order(numbers, 5)).toEqual([3, 2, 4, 0, 1]);
  expect(order(numbers, 5, true)).toEqual([0, 2, 4, 3, 1]);
});

test("numbers that are too large for figures are told apart all the same", () => {
  const numbers = column("number", ["9007199254740993", "9007199254740992", "9007199254740994"], true);
  expect(order(numbers, 3)).toEqual([1, 0, 2]);
});

test("texts are in the order of texts, and what is alike stays as it came", () => {
  expect(order(column("text", ["b", "a", "b", null, "a"]), 5)).toEqual([1, 4, 0, 2, 3]);
});

test("what is no number is after all numbers, and before what is missing", () => {
  expect(order(column("number", ["NaN", "1", null]), 3)).toEqual([1, 0, 2]);
});

test("a million rows are in order within seconds", () => {
  const rows = 1_000_000;
  const figures: Column = {
    name: "n",
    type: "int32",
    kind: "number",
    text: () => "",
    figure: (row) => (row * 7_919) % rows,
  };
  const places = orderedBy(figures, rows, false);
  expect(figures.figure(places[0] ?? 0)).toBe(0);
  expect(figures.figure(places[rows - 1] ?? 0)).toBe(rows - 1);
}, 10_000);
