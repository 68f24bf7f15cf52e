import { describe, expect, test } from "vitest";

import { type Asked, asked, readHistory } from "./history";

const entry = (sql: string, at = "2026-11-27T12:00:00Z"): Asked => ({
  sql,
  purpose: null,
  at,
  outcome: "answered",
  rows: 1,
  milliseconds: 12,
});

describe("what was asked", () => {
  test("is there once, where it was asked last", () => {
    const list = asked(asked(asked([], entry("a")), entry("b")), entry("a", "2026-11-27T13:00:00Z"));
    expect(list.map(({ sql }) => sql)).toEqual(["a", "b"]);
    expect(list[0]?.at).toBe("2026-11-27T13:00:00Z");
  });

  test("is another question where it is for another purpose", () => {
    expect(asked([entry("a")], { ...entry("a"), purpose: "churn" })).toHaveLength(2);
  });

  test("does not grow for ever", () => {
    let list: readonly Asked[] = [];
    for (let count = 0; count < 60; count++) list = asked(list, entry(`SELECT ${count}`));
    expect(list).toHaveLength(50);
    expect(list[0]?.sql).toBe("SELECT 59");
  });

  test("is read with what makes sense of it", () => {
    const kept: unknown = JSON.parse(
      JSON.stringify([entry("a"), { sql: 1 }, null, { ...entry("b"), outcome: "hacked" }]),
    );
    expect(readHistory(kept)).toEqual([entry("a")]);
    expect(readHistory("no list")).toEqual([]);
  });
});
