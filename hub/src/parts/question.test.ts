import { describe, expect, test } from "vitest";

import { fragmentOf, readFragment } from "./question";

describe("a question in an address", () => {
  test("comes out as it went in", () => {
    const asking = {
      sql: "SELECT 'ü # % & 100 %25' AS \"a b\"\n-- 漢字 😀",
      purpose: "churn & more",
      view: "chart",
    } as const;
    const fragment = fragmentOf(asking);
    expect(fragment).toMatch(/^q=[\w-]+$/);
    expect(readFragment(fragment)).toEqual(asking);
    expect(readFragment(`#${fragment}`)).toEqual(asking);
  });

  test("says no more than there is to say", () => {
    expect(readFragment(fragmentOf({ sql: "SELECT 1", purpose: "", view: "rows" }))).toEqual({ sql: "SELECT 1" });
  });

  test.each(["", "#content", "q=", "q=%%%", "q=bm8", `q=${btoa("[]")}`, `q=${btoa('{"sql":1}')}`, `q=${btoa("\xff")}`])(
    "that is none is nothing: %s",
    (fragment) => expect(readFragment(fragment)).toBeNull(),
  );
});
