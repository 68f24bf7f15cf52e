import { expect, test } from "vitest";

import { policiesOf, tokens } from "./cedar";

const TEXT = `// Of the workspace; nothing here ends with a sign.
// Everyone.
@id("catalog")
permit(principal, action in [Action::"discover", Action::"request"], resource);

forbid(principal in Group::"a;b", action == Action::"readRow", resource)
unless { resource has region && resource.region like "EU*" }; // at the end
`;

test("the words of a text are all of it", () => {
  expect(
    tokens(TEXT)
      .map(({ text }) => text)
      .join(""),
  ).toBe(TEXT);
});

test("words are of a kind", () => {
  const kinds = tokens('@id("x") permit(principal is User, a) when { true };')
    .filter(({ text }) => text.trim() !== "")
    .map(({ kind, text }) => `${text} ${kind}`);
  expect(kinds).toEqual([
    "@id annotation",
    "( sign",
    '"x" text',
    ") sign",
    "permit effect",
    "( sign",
    "principal plain",
    "is word",
    "User kind",
    ", sign",
    "a plain",
    ") sign",
    "when word",
    "{ sign",
    "true word",
    "}; sign",
  ]);
});

test("a policy has its id, else its place in the file", () => {
  const found = policiesOf("all", TEXT);
  expect(found.map(({ id, effect, line }) => [id, effect, line])).toEqual([
    ["catalog", "permit", 3],
    ["all#2", "forbid", 6],
  ]);
  expect(found[0]?.text).toMatch(/^\/\/ Of the workspace[\s\S]*resource\);$/);
});

test("a text that is not whole is shown all the same", () => {
  expect(tokens('permit("').at(-1)).toEqual({ kind: "text", text: '"' });
  expect(policiesOf("x", "permit(principal")).toEqual([]);
  expect(policiesOf("x", "")).toEqual([]);
});
