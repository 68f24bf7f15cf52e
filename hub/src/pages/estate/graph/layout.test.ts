import { expect, test } from "vitest";

import { estateOf, large, product } from "../estates";
import { at, type Model, modelOf } from "../model";
import { CELL, laidOut } from "./layout";
import { productAt } from "./paint";
import { fitting, inDrawing, onScreen, read, written, zoomed } from "./view";
import { standing, walked } from "./walk";

const all = (model: Model) => model.products.map((_, index) => index);

const chain = modelOf(
  estateOf(
    [
      product("a", { domain: "x", alignment: "source-aligned" }),
      product("b", { domain: "x", alignment: "aggregate" }),
      product("c", { domain: "x", alignment: "aggregate" }),
      product("d", { domain: "y", alignment: "consumer-aligned" }),
    ],
    [
      ["a", "b"],
      ["b", "c"],
      ["c", "d"],
      ["a", "d"],
    ],
  ),
);

/** The same array, where whoever looks at an element of it is counted. */
function counted(figures: Uint32Array, count: () => void): Uint32Array {
  return new Proxy(figures, {
    get(target, name) {
      if (typeof name === "string" && /^\d+$/.test(name)) count();
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("kinds stand from left to right, and within one what reads behind what is read", () => {
  const { x, lanes, bands, edges } = laidOut(chain, all(chain), 2);
  expect([...x].every((one, index) => index === 0 || one > at(x, index - 1))).toBe(true);
  expect(lanes.map(({ name, count }) => [name, count])).toEqual([
    ["x", 3],
    ["y", 1],
  ]);
  expect([bands.map(({ name }) => name), edges]).toEqual([["source-aligned", "aggregate", "consumer-aligned"], 4]);
});

test("products of one kind that read each other in a circle have places", () => {
  const circle = modelOf(
    estateOf(
      [product("a"), product("b")],
      [
        ["a", "b"],
        ["b", "a"],
      ],
    ),
  );
  const { x, y, block } = laidOut(circle, all(circle), 2);
  expect(Math.min(...block)).toBe(0);
  expect([at(x, 0), at(y, 0)]).not.toEqual([at(x, 1), at(y, 1)]);
});

test("what is not shown has no place and no edges", () => {
  const { block, edges } = laidOut(chain, [0, 3], 2);
  expect([[...block].map((one) => one >= 0), edges]).toEqual([[true, false, false, true], 1]);
});

test("ten thousand products and thirty thousand edges are laid out by looking at each a few times", () => {
  const model = modelOf(large(10_000, 30_000));
  let looks = 0;
  const look = () => {
    looks += 1;
  };
  const layout = laidOut(
    {
      ...model,
      from: counted(model.from, look),
      to: counted(model.to, look),
      reads: { starts: counted(model.reads.starts, look), targets: counted(model.reads.targets, look) },
      readers: { starts: counted(model.readers.starts, look), targets: counted(model.readers.targets, look) },
    },
    all(model),
    1.9,
  );
  expect(looks).toBeGreaterThan(30_000);
  expect(looks).toBeLessThan(20 * (10_000 + 30_000));
  const places = new Set(all(model).map((index) => `${at(layout.x, index)} ${at(layout.y, index)}`));
  expect([places.size, layout.edges, layout.lanes.length]).toEqual([10_000, 30_000, 20]);
  expect(layout.width / layout.height).toBeGreaterThan(1);
  expect(layout.width / layout.height).toBeLessThan(3);
  const found = productAt(layout, at(layout.x, 4_711), at(layout.y, 4_711));
  expect(found).toBe(4_711);
  expect(productAt(layout, -CELL.width, 0)).toBeNull();
});

test("an address says from where it is looked at, and what it does not say is all of it", () => {
  const [drawn, size] = [
    { width: 4_000, height: 2_000 },
    { width: 1_000, height: 500 },
  ];
  const view = { x: 1_234, y: 567, scale: 0.35 };
  expect(read(written(view), drawn)).toEqual(view);
  for (const wrong of [undefined, "", "1,2", "1,2,0", "1,2,x", "1,2,3,4"]) expect(read(wrong, drawn)).toBeNull();
  const whole = fitting(drawn, size);
  const corner = onScreen(whole, size, { x: 0, y: 0 });
  expect([corner.x >= 0, corner.y >= 0]).toEqual([true, true]);
});

test("what is under the pointer stays there where it comes nearer", () => {
  const [drawn, size] = [
    { width: 4_000, height: 2_000 },
    { width: 1_000, height: 500 },
  ];
  const [under, view] = [{ x: 400, y: 300 }, fitting(drawn, size)];
  const before = inDrawing(view, size, under);
  const after = inDrawing(zoomed(view, drawn, size, 2, under), size, under);
  expect([after.x, after.y]).toEqual([expect.closeTo(before.x), expect.closeTo(before.y)]);
});

test("keys go along edges and between those beside each other, and no further than there is something", () => {
  const layout = laidOut(chain, all(chain), 2);
  const first = walked(chain, layout, null, "right");
  expect(first?.at).toBe(0);
  const next = walked(chain, layout, standing(layout, 0), "right");
  expect([next?.at, [...(next?.beside ?? [])].sort()]).toEqual([1, [1, 3]]);
  expect(next && walked(chain, layout, next, "down")?.at).toBe(3);
  expect(walked(chain, layout, standing(layout, 3), "right")).toBeNull();
  expect(walked(chain, layout, standing(layout, 3), "left")?.beside).toHaveLength(2);
});
