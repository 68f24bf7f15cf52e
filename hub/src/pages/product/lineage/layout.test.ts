import { expect, test } from "vitest";

import { placed } from "./layout";

const BOX = { width: 200, height: 60 };

test("what is read stands to the left of what reads it, and nothing lies over anything else", () => {
  const boxes = ["a", "b", "c", "d"].map((id) => ({ id, ...BOX }));
  const places = placed(boxes, [
    { from: "a", to: "b" },
    { from: "a", to: "c" },
    { from: "b", to: "d" },
    { from: "c", to: "d" },
  ]);
  const at = (id: string) => places.get(id) ?? { x: Number.NaN, y: Number.NaN };
  expect(at("a").x + BOX.width).toBeLessThan(at("b").x);
  expect(at("b").x).toBe(at("c").x);
  expect(Math.abs(at("b").y - at("c").y)).toBeGreaterThanOrEqual(BOX.height);
  expect(at("c").x + BOX.width).toBeLessThan(at("d").x);
});
