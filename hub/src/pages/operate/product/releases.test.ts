import { expect, test } from "vitest";

import type { HistoryEntry, Release } from "../../../api/operate";
import type { Run } from "../../../api/types";
import { changesOf } from "./releases";

type Tables = Release["tables"];

function table(fingerprint: string, version: number, rows: number, role: "output" | "internal" = "output") {
  return { role, version: { fingerprint, path: `t/${fingerprint}`, version, rows, bytes: 1 }, major: 1 };
}

function release(number: number, tables: Tables): Release {
  return { product: "orders", number, run: `run ${number}`, publishedAt: "", tables };
}

function run(number: number, generation: number): Run {
  const [startedAt, endedAt] = ["", null];
  const product = "orders";
  return {
    id: `run ${number}`,
    product,
    state: "published",
    generation,
    startedAt,
    endedAt,
    inputs: {},
    release: number,
    error: null,
  };
}

const RELEASES = [
  release(4, { daily: table("b", 1, 30), weekly: table("c", 0, 4), between: table("x", 9, 9, "internal") }),
  release(3, { daily: table("b", 0, 20), gone: table("d", 0, 7), between: table("x", 1, 5, "internal") }),
  release(2, { daily: table("a", 0, 20), gone: table("d", 0, 7) }),
];
const RUNS = [run(4, 2), run(3, 2), run(2, 1)];
const HISTORY: readonly HistoryEntry[] = [
  { at: "", product: "orders", kind: { event: "applied", generation: 2, summary: ["`daily` changed"] } },
];

test("a release says which tables it changed, and by how many rows", () => {
  const [newest, second, oldest] = changesOf(RELEASES, RUNS, HISTORY);
  expect(newest?.tables).toEqual([
    { table: "daily", kind: "appended", rows: 30, more: 10 },
    { table: "weekly", kind: "added", rows: 4, more: 4 },
    { table: "gone", kind: "removed", rows: 0, more: -7 },
  ]);
  expect(newest?.rows).toBe(34);
  expect(second?.tables).toEqual([{ table: "daily", kind: "rebuilt", rows: 20, more: 0 }]);
  expect(oldest?.tables).toEqual([]);
});

test("what was applied stands at the first release that was made of it", () => {
  const [newest, second, oldest] = changesOf(RELEASES, RUNS, HISTORY);
  expect(newest?.applied).toBeNull();
  expect(second?.applied).toEqual({ generation: 2, summary: ["`daily` changed"] });
  expect(oldest?.applied).toEqual({ generation: 1, summary: [] });
});
