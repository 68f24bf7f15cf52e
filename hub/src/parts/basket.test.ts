import { expect, test } from "vitest";

import { put, readBasket, type Wanted, without } from "./basket";

const customers: Wanted = { product: "customer-360", port: "customers", major: 1, columns: null };
const orders: Wanted = { product: "orders", port: "orders", major: 2, columns: ["order_id"] };

test("a port is in the basket once, where it was put first", () => {
  const basket = put(put(put([], customers), orders), { ...customers, columns: ["region"] });
  expect(basket).toEqual([{ ...customers, columns: ["region"] }, orders]);
  expect(put(basket, { ...customers, major: 2 })).toHaveLength(3);
});

test("what is taken out is out", () => {
  expect(without([customers, orders], ["customer-360.customers@1"])).toEqual([orders]);
});

test("a basket is read with what makes sense of it", () => {
  expect(readBasket(JSON.parse(JSON.stringify([customers, orders])))).toEqual([customers, orders]);
  expect(readBasket([{ product: 1 }, null, { ...orders, major: "2" }, { ...orders, columns: ["a", 1] }])).toEqual([
    { ...orders, columns: ["a"] },
  ]);
  expect(readBasket(undefined)).toEqual([]);
});
