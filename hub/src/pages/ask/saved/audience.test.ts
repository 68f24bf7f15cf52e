import { expect, test } from "vitest";

import type { Audience } from "../../../api/types";
import { audienceOf, formOf } from "./audience";

test("who sees it is named once, whatever stands between the names", () => {
  expect(audienceOf({ kind: "named", people: " bob,ann , ,bob", groups: "staff" })).toEqual({
    kind: "named",
    who: [
      { kind: "principal", name: "bob" },
      { kind: "principal", name: "ann" },
      { kind: "group", name: "staff" },
    ],
  });
  expect(audienceOf({ kind: "named", people: " , ", groups: "" })).toBeNull();
  expect(audienceOf({ kind: "everyone", people: "bob", groups: "" })).toEqual({ kind: "everyone" });
});

test("a form has what the server has", () => {
  const named: Audience = {
    kind: "named",
    who: [
      { kind: "group", name: "staff" },
      { kind: "principal", name: "bob" },
    ],
  };
  expect(formOf(named)).toEqual({ kind: "named", people: "bob", groups: "staff" });
  for (const audience of [{ kind: "owner" }, { kind: "everyone" }] as const) {
    expect(audienceOf(formOf(audience))).toEqual(audience);
  }
  expect(formOf(null).kind).toBe("owner");
});
