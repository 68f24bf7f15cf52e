import { expect, test } from "vitest";

import { domainsOf } from "../domains";
import { estateOf, product } from "../estates";
import { at, modelOf } from "../model";
import { lineOf, placed } from "./place";

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
  const { islands, width } = placed(domains, 320);
  const [sources, uses] = [islands[0], islands[1]];
  if (!sources || !uses) throw new Error("both have places");
  expect([sources.x, uses.x]).toEqual([160, 160]);
  expect(Math.abs(sources.y - uses.y)).toBeGreaterThan(sources.radius + uses.radius);
  const { x } = lineOf(sources, uses);
  expect(x).toBeGreaterThan(160 + sources.radius);
  expect(x).toBeLessThan(width);
});
