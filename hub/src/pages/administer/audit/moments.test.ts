import { expect, test } from "vitest";

import { exact, local } from "./moments";

test("a moment is the same, there and back", () => {
  const at = "2026-01-31T08:05:00.000Z";
  expect(exact(local(at))).toBe(at);
});

test("what is no moment is nothing", () => {
  expect(local(undefined)).toBe("");
  expect(local("soon")).toBe("");
  expect(exact("soon")).toBeNull();
});
