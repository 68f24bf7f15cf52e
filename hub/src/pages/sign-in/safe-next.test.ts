import { expect, test } from "vitest";

import { safeNext } from "./safe-next";

test("whoever has signed in goes on where they wanted to be, in the hub alone", () => {
  expect(safeNext("/products/orders?tab=1")).toBe("/products/orders?tab=1");
  for (const elsewhere of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "",
    undefined,
  ]) {
    expect(safeNext(elsewhere)).toBeUndefined();
  }
});

test("signing in does not lead to signing in", () => {
  expect(safeNext("/sign-in?next=/")).toBeUndefined();
});
