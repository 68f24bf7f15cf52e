import { expect, test } from "vitest";

import type { AgreementOrder } from "../../../api/types";
import { faultsOf, schemaOf } from "./validate";

// As the server publishes it.
const schema = schemaOf({
  components: {
    schemas: {
      AgreementOrder: {
        type: "object",
        required: ["product", "port", "purpose", "seconds"],
        properties: {
          product: { type: "string" },
          port: { type: "string" },
          major: { oneOf: [{ $ref: "#/components/schemas/Major" }, { type: "null" }] },
          columns: { type: ["array", "null"], items: { type: "string" } },
          purpose: { type: "string", maxLength: 200 },
          seconds: { type: "integer", minimum: 0 },
        },
      },
      Major: { type: "integer", minimum: 0 },
    },
  },
});

const order: AgreementOrder = {
  product: "orders",
  port: "orders",
  major: 1,
  columns: null,
  purpose: "churn",
  seconds: 86_400,
};

test("a request that is as the server wants it has no faults", () => {
  expect(faultsOf(schema, order)).toEqual([]);
});

test("each fault is told of its field", () => {
  const faults = faultsOf(schema, { ...order, purpose: "x".repeat(201), seconds: 1.5 });
  expect(faults.map(({ field, rule }) => [field, rule])).toEqual([
    ["purpose", "maxLength"],
    ["seconds", "type"],
  ]);
});

test("what is referred to is looked at too", () => {
  expect(faultsOf(schema, { ...order, major: -1 })[0]).toMatchObject({ field: "major" });
});
