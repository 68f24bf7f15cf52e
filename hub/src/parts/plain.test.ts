import { expect, test } from "vitest";

import { plain } from "./plain";

/** Hits stand between brackets of their own: `‹…›`. */
function said(text: string): string {
  const parts = text
    .split(/(‹[^›]*›)/)
    .filter((part) => part !== "")
    .map((part) => ({ text: part.replace(/[‹›]/g, ""), hit: part.startsWith("‹") }));
  return plain(parts)
    .map(({ text, hit }) => (hit ? `‹${text}›` : text))
    .join("");
}

test("what sets a text is gone, and what it says stays", () => {
  expect(said("a **‹late› delivery** and *more*, ~~old~~ `code`")).toBe("a ‹late› delivery and more, old code");
  expect(said("# Title\n- one ‹two›\n1. three")).toBe("Title\none ‹two›\nthree");
  expect(said("**‹late›**")).toBe("‹late›");
});

test("links are their words, also where the piece begins or ends in one", () => {
  expect(said("see [the ‹late› ones](https://example.org/a) now")).toBe("see the ‹late› ones now");
  expect(said("‹late› ones](../orders.md) of [this](x.md")).toBe("‹late› ones of this");
  expect(said("![a ‹map›](map.png)")).toBe("a ‹map›");
});

test("tables are their cells", () => {
  expect(said("| column | means |\n|---|---|\n| ‹late› | days |")).toBe(" column means ‹late› days ");
});

test("what only looks like it is left", () => {
  for (const text of ["SELECT * FROM ‹orders›", "2 * 3 = 6", "a_b__c ‹x›", "list[0] (‹x›)", "C# and ‹F#›"]) {
    expect(said(text)).toBe(text);
  }
});
