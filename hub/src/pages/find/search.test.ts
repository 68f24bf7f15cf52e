import { expect, test } from "vitest";

import { chosen, filtersOf, readSearch, toggled } from "./search";

test("an address is read, and what it should not say is not in it", () => {
  expect(readSearch({ q: "late", domain: ["sales", "care"], owner: "ann", colour: "red" })).toEqual({
    q: "late",
    domain: ["sales", "care"],
    owner: ["ann"],
  });
  expect(readSearch({})).toEqual({});
});

test("a value is chosen, and chosen off again", () => {
  const once = toggled({ q: "late" }, "domain", "sales");
  expect(once).toEqual({ q: "late", domain: ["sales"] });
  const twice = toggled(once, "domain", "care");
  expect(chosen(filtersOf(twice))).toEqual([
    ["domain", "sales"],
    ["domain", "care"],
  ]);
  expect(toggled(toggled(twice, "domain", "sales"), "domain", "care")).toEqual({ q: "late" });
});
