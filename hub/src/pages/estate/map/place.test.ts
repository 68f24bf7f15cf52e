import { expect, test } from "vitest";

import { domainsOf } from "../domains";
import { estateOf, large, product } from "../estates";
import { at, modelOf } from "../model";
import { figuresOn, lineOf, placed } from "./place";

const domains = domainsOf(
  modelOf(
    estateOf(
      [
        product("a", { domain: "uses" }),
        product("b", { domain: "sources" }),
        product("c", { domain: "sources" }),
        product("d", { domain: "sources" }),
        product("e", { domain: "sources" }),
      ],
      [["b", "a"]],
    ),
  ),
);

test("who is read lies left of who reads, and circles are as large as there are products", () => {
  const { islands, order } = placed(domains, 1_000);
  expect(order.map((index) => domains.domains[index]?.name)).toEqual(["sources", "uses"]);
  const [sources, uses] = [islands[0], islands[1]];
  expect(
    at(
      islands.map(({ x }) => x),
      0,
    ),
  ).toBeLessThan(uses?.x ?? 0);
  expect(sources?.radius).toBe(2 * (uses?.radius ?? 0));
});

test("where there is no room they lie under each other, and lines go round", () => {
  const chart = placed(domains, 320);
  const { islands, width } = chart;
  const [sources, uses] = [islands[0], islands[1]];
  if (!sources || !uses) throw new Error("both have places");
  expect([sources.x, uses.x]).toEqual([160, 160]);
  expect(Math.abs(sources.y - uses.y)).toBeGreaterThan(sources.radius + uses.radius);
  const x = lineOf(chart, 0, 1)?.along[0]?.x;
  expect(x).toBeGreaterThan(160 + sources.radius);
  expect(x).toBeLessThan(width);
});

test("no line goes through a circle that it is not of", () => {
  const whole = domainsOf(modelOf(large(400, 900)));
  for (const width of [320, 800, 1_200]) {
    const chart = placed(whole, width);
    const wrong = whole.flows.filter(({ from, to }) =>
      pointsOf(lineOf(chart, from, to)?.path ?? "").some(({ x, y }) =>
        chart.islands.some((island) => Math.hypot(island.x - x, island.y - y) < island.radius),
      ),
    );
    expect(wrong).toEqual([]);
  }
});

test("figures of a few lines stand apart, on a phone too", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const reads = ["ab", "ac", "ad", "ae", "af", "bc", "bd", "be", "cd", "ce", "cf", "df", "ef"];
  const whole = domainsOf(
    modelOf(
      estateOf(
        names.map((name) => product(name, { domain: name })),
        reads.map(([from = "", to = ""]) => [from, to] as const),
      ),
    ),
  );
  for (const width of [320, 358, 800, 1_200]) {
    const chart = placed(whole, width);
    const lines = whole.flows.flatMap(({ from, to }) => lineOf(chart, from, to) ?? []);
    const figures = figuresOn(lines);
    expect(figures).toHaveLength(reads.length);
    const near = figures.filter((one, place) =>
      figures.some(
        (other, beside) => beside < place && Math.abs(one.x - other.x) < 20 && Math.abs(one.y - other.y) < 16,
      ),
    );
    expect([width, near]).toEqual([width, []]);
    expect(figures.every(({ x }) => x > 0 && x <= width - 10)).toBe(true);
  }
});

/** Points along a path of `M`, `H` and `C`. */
function pointsOf(path: string): { x: number; y: number }[] {
  const found: { x: number; y: number }[] = [];
  let [x, y] = [0, 0];
  for (const [, kind, text] of path.matchAll(/([MHC])([^MHC]*)/g)) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = (text ?? "").split(" ").map(Number);
    const [x0, y0] = [x, y];
    if (kind === "C") [x, y] = [e, f];
    else if (kind === "H") x = a;
    else [x, y] = [a, b];
    for (let step = 0; step <= 50; step++) {
      const t = step / 50;
      const mix = (p0: number, p1: number, p2: number, p3: number) =>
        (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t ** 2 * p2 + t ** 3 * p3;
      if (kind === "C") found.push({ x: mix(x0, a, c, e), y: mix(y0, b, d, f) });
      if (kind === "H") found.push({ x: x0 + t * (x - x0), y });
    }
  }
  return found;
}
