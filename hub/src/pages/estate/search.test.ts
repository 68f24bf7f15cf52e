import { expect, test } from "vitest";

import { changed, filtered, isFiltered, readSearch } from "./search";

test("what an address does not mean is left out", () => {
  expect(
    readSearch({ view: "globe", quality: "failed", alignment: "sideways", product: "orders", order: "x" }),
  ).toEqual({
    quality: "failed",
    product: "orders",
  });
});

test("other filters are looked at as a whole, with the same product", () => {
  const before = readSearch({ view: "products", product: "orders", at: "1,2,0.5", domain: "sales" });
  expect(filtered(before, { domain: undefined, quality: "failed" })).toEqual({
    view: "products",
    product: "orders",
    quality: "failed",
  });
  expect(changed(before, { product: undefined })).toEqual({ view: "products", at: "1,2,0.5", domain: "sales" });
  expect([isFiltered(before), isFiltered({ near: "yes" })]).toEqual([true, false]);
});
