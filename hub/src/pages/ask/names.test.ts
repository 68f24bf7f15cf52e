import { expect, test } from "vitest";

import type { Card, ProductPage } from "../../api/types";
import { namespaceOf, readable, tablesOf, wanted } from "./names";

const card = (name: string, access: Card["access"], title: string | null = null) =>
  ({ name, access, title, purpose: null }) as Card;

const customers = {
  name: "customer-360",
  outputs: [
    {
      readable: true,
      tables: [
        {
          sqlName: "customer_360.customers",
          description: "A row for each customer",
          columns: [
            { name: "nation", type: "text", description: "Where they live", access: "plain" },
            { name: "secret", type: "text", description: null, access: "none" },
          ],
        },
      ],
    },
    { readable: false, tables: [{ sqlName: "customer_360.margins", description: null, columns: [] }] },
  ],
} as unknown as ProductPage;

test("only what can be read is offered, by title", () => {
  const cards = [
    card("b", "open", "Zebra"),
    card("a", "requestable"),
    card("c", "agreement", "Apple"),
    card("d", "none"),
  ];
  expect(readable(cards).map(({ name }) => name)).toEqual(["c", "b"]);
  expect(tablesOf(customers).map(({ sqlName }) => sqlName)).toEqual(["customer_360.customers"]);
});

test("tables are asked for where there are few products, or the text speaks of them", () => {
  const many = Array.from({ length: 100 }, (_, index) => card(`product-${index}`, "open"));
  expect(wanted(many.slice(0, 3), "")).toEqual(["product-0", "product-1", "product-2"]);
  expect(wanted(many, 'SELECT * FROM product_7.a JOIN "product_9" . b')).toEqual(["product-7", "product-9"]);
});

test("completion has products, tables and columns, and what they mean", () => {
  expect(namespaceOf([card("customer-360", "open", "Customer 360"), card("orders", "open")], [customers])).toEqual({
    customer_360: {
      self: { label: "customer_360", type: "namespace", detail: "Customer 360" },
      children: {
        customers: {
          self: { label: "customers", type: "class", info: "A row for each customer" },
          children: [{ label: "nation", type: "property", detail: "text", info: "Where they live" }],
        },
      },
    },
    orders: { self: { label: "orders", type: "namespace" }, children: {} },
  });
});
