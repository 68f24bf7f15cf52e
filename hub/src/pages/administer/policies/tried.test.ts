import { expect, test } from "vitest";

import { orderOf } from "./tried";

const about = { product: "orders", table: "orders" };

test("nothing is asked until it is said who asks, and for what", () => {
  expect(orderOf({ user: "ann" })).toBeNull();
  expect(orderOf({ ...about })).toBeNull();
});

test("someone on record", () => {
  expect(orderOf({ ...about, user: "ann", purpose: "churn", door: "mcp" })).toEqual({
    ...about,
    user: "ann",
    purpose: "churn",
    door: "mcp",
  });
});

test("someone made up, with an agreement for their purpose", () => {
  expect(orderOf({ ...about, made: "yes", groups: "a,b", clearance: "2", purpose: "churn", agreement: "yes" })).toEqual(
    {
      ...about,
      door: "sql",
      principal: { id: "someone", kind: "user", groups: ["a", "b"], clearance: 2 },
      purpose: "churn",
      agreement: { purpose: "churn" },
    },
  );
});

test("a door that there is not is none", () => {
  expect(orderOf({ ...about, user: "ann", door: "window" })?.door).toBe("sql");
});
