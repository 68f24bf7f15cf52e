import { expect, test } from "vitest";

import { type Owner, readTrail } from "./trail";

const ann: Owner = { principal: "ann", workspace: "dev", expiresAt: "2026-11-27T18:00:00Z" };
const noon = Date.parse("2026-11-27T12:00:00Z");
const kept = JSON.stringify({ owner: ann, steps: { basket: [1] } });

test("a trail is there for whose it is", () => {
  expect(readTrail(kept, ann, noon)).toEqual({ basket: [1] });
});

test("the end of a session may be written with more digits", () => {
  const long = { ...ann, expiresAt: "2026-11-27T18:00:00.000000310Z" };
  expect(readTrail(JSON.stringify({ owner: long, steps: { basket: [1] } }), ann, noon)).toEqual({ basket: [1] });
});

test.each([
  ["someone else", { ...ann, principal: "eve" }, noon],
  ["another workspace", { ...ann, workspace: "prod" }, noon],
  ["a later session", { ...ann, expiresAt: "2026-11-28T18:00:00Z" }, noon],
  ["a session that has ended", ann, Date.parse("2026-11-27T18:00:00Z")],
])("and not for %s", (_who, owner, now) => {
  expect(readTrail(kept, owner, now)).toEqual({});
});

test.each([null, "", "null", "[]", "{", '{"owner":null}'])("what is no trail is none: %s", (text) => {
  expect(readTrail(text, ann, noon)).toEqual({});
});
