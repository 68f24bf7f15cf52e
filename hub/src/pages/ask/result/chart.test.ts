import { describe, expect, test } from "vitest";

import { chosenPlan, drawing, planOf, settingsOf } from "./chart";
import type { Column, Kind, Loaded } from "./column";

function answer(rows: number, ...columns: [string, Kind, (row: number) => string | number | null][]): Loaded {
  return {
    rows,
    bytes: 0,
    columns: columns.map(
      ([name, kind, value]): Column => ({
        name,
        kind,
        type: kind,
        text: (row) => (value(row) === null ? null : String(value(row))),
        figure: (row) => (value(row) === null || kind === "text" ? null : Number(value(row))),
      }),
    ),
  };
}

const DAY = 86_400_000;

describe("a chart", () => {
  test("of names and figures is bars", () => {
    const loaded = answer(5, ["region", "text", (row) => `r${row}`], ["customers", "number", (row) => row * 10]);
    expect(chosenPlan(loaded)).toEqual({ form: "bars", along: 0, values: [1], split: null });
  });

  test("of times and figures is a line, in the order of time", () => {
    const loaded = answer(3, ["n", "number", (row) => row], ["day", "time", (row) => (3 - row) * DAY]);
    const plan = chosenPlan(loaded);
    expect(plan).toEqual({ form: "line", along: 1, values: [0], split: null });
    expect(plan && drawing(loaded, null, plan)?.series[0]?.points).toEqual([
      [DAY, 2],
      [2 * DAY, 1],
      [3 * DAY, 0],
    ]);
  });

  test("of a few names over time has a line for each", () => {
    const loaded = answer(
      6,
      ["year", "number", (row) => 1992 + Math.floor(row / 2)],
      ["nation", "text", (row) => ["A", "B"][row % 2] ?? ""],
      ["revenue", "number", (row) => row],
    );
    // A year is a number, and names go before it.
    expect(chosenPlan(loaded)).toMatchObject({ form: "bars", along: 1, values: [2] });
    const overTime = answer(
      6,
      ["day", "time", (row) => Math.floor(row / 2) * DAY],
      ["nation", "text", (row) => ["A", "B"][row % 2] ?? ""],
      ["revenue", "number", (row) => row],
    );
    const plan = chosenPlan(overTime);
    expect(plan).toEqual({ form: "line", along: 0, values: [2], split: 1 });
    expect(plan && drawing(overTime, null, plan)?.series.map(({ name, points }) => [name, points.length])).toEqual([
      ["A", 3],
      ["B", 3],
    ]);
  });

  test("of a year and a figure is a line", () => {
    const loaded = answer(3, ["year", "number", (row) => 1992 + row], ["orders", "number", (row) => row]);
    expect(chosenPlan(loaded)).toEqual({ form: "line", along: 0, values: [1], split: null });
  });

  test("of two figures is points", () => {
    const loaded = answer(3, ["discount", "number", (row) => row], ["margin", "number", (row) => row]);
    expect(chosenPlan(loaded)).toEqual({ form: "points", along: 0, values: [1], split: null });
  });

  test("draws no numbers that are names, and nothing that another axis is for", () => {
    const loaded = answer(
      3,
      ["name", "text", (row) => `c${row}`],
      ["customer_id", "number", (row) => row],
      ["revenue", "number", () => 1_000_000],
      ["orders", "number", () => 12],
      ["cost", "number", () => 400_000],
    );
    expect(chosenPlan(loaded)?.values).toEqual([2, 4]);
  });

  test("of nothing that can be drawn is none", () => {
    expect(chosenPlan(answer(0, ["a", "text", () => "x"], ["b", "number", () => 1]))).toBeNull();
    expect(chosenPlan(answer(3, ["a", "text", () => "x"]))).toBeNull();
    expect(chosenPlan(answer(3, ["a", "number", () => 1]))).toBeNull();
  });

  test("says how much of an answer it draws, and goes along with its order", () => {
    const loaded = answer(100, ["name", "text", (row) => `c${row}`], ["n", "number", (row) => row]);
    const plan = chosenPlan(loaded);
    const reversed = Uint32Array.from({ length: 100 }, (_, index) => 99 - index);
    const drawn = plan && drawing(loaded, reversed, plan);
    expect(drawn?.cut).toBe(60);
    expect(drawn?.series[0]?.points[0]).toEqual(["c99", 99]);
  });
});

describe("how it is drawn", () => {
  const { columns } = answer(
    3,
    ["n", "number", (row) => row],
    ["day", "time", (row) => row * DAY],
    ["region", "text", (row) => `r${row}`],
  );
  const plan = { form: "line", along: 1, values: [0], split: 2 } as const;
  const settings = { form: "line", along: "day", values: ["n"], split: "region" } as const;

  test("is kept by the names of columns", () => {
    expect(settingsOf(plan, columns)).toEqual(settings);
    expect(planOf({ ...settings, values: ["n"] }, columns)).toEqual(plan);
    expect(planOf({ ...settings, values: ["n"] }, columns.toReversed())).toEqual({ ...plan, values: [2], split: 0 });
  });

  test("is chosen anew where a column is not there or is of another kind", () => {
    expect(planOf(null, columns)).toBeNull();
    expect(planOf({ ...settings, values: ["n", "m"] }, columns)).toBeNull();
    expect(planOf({ ...settings, values: ["region"] }, columns)).toBeNull();
    expect(planOf({ form: "points", along: "region", values: ["n"], split: null }, columns)).toBeNull();
    expect(planOf({ ...settings, values: ["n"], split: "day" }, columns)).toBeNull();
  });
});
