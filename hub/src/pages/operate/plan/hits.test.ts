import { expect, test } from "vitest";

import type { Plan, PortChange, ProductPlan } from "../../../api/operate";
import type { ListedAgreement } from "../../../api/types";
import { agreedOn, brokenBy, downstreamOf, readOf, verdictOf } from "./hits";

const PORT: PortChange = {
  port: "customers",
  major: 1,
  action: "change",
  contract: [
    { table: "customers", column: "nation", kind: { change: "columnRemoved" } },
    { table: "customers", column: "country", kind: { change: "columnAdded" } },
    { table: "customers", column: "name", kind: { change: "described" } },
  ],
  demanded: "major",
  fromVersion: "1.0.0",
  toVersion: "1.1.0",
};
const PRODUCT: ProductPlan = {
  product: "customers",
  action: "change",
  fromVersion: "1.0.0",
  toVersion: "1.1.0",
  files: [],
  ports: [PORT],
  rebuilt: ["customers"],
  pending: false,
  affected: [
    { product: "revenue", table: "revenue", column: "nation", becauseOf: "customers.customers.nation" },
    { product: "revenue", table: "revenue", column: "nation", becauseOf: "customers.customers.segment" },
    { product: "revenue", table: "revenue", column: null, becauseOf: "customers.customers.nation" },
  ],
  refusals: [{ reason: "versionSaysLess", port: "customers", atLeast: "2.0.0", written: "1.1.0" }],
};

function plan(...products: ProductPlan[]): Plan {
  return { workspace: "dev", products, garbage: [] };
}

test("what breaks is what a consumer loses, and nothing else", () => {
  expect(brokenBy(plan(PRODUCT))).toEqual([
    { product: "customers", port: "customers", table: "customers", column: "nation" },
  ]);
  expect(brokenBy(plan({ ...PRODUCT, ports: [{ ...PORT, action: "create" }] }))).toEqual([]);
  expect(brokenBy(plan({ ...PRODUCT, action: "remove", ports: [] }))).toEqual([
    { product: "customers", port: null, table: null, column: null },
  ]);
});

test("columns downstream are told once, with all that they depend on", () => {
  expect(downstreamOf(plan(PRODUCT))).toEqual([
    {
      product: "revenue",
      columns: [
        {
          name: "revenue.nation",
          whole: false,
          becauseOf: ["customers.customers.nation", "customers.customers.segment"],
        },
        { name: "revenue", whole: true, becauseOf: ["customers.customers.nation"] },
      ],
    },
  ]);
});

test("someone is hit who reads what breaks", () => {
  const broken = brokenBy(plan(PRODUCT));
  const reads = (table: string, ...columns: string[]) => readOf({ columns: [{ table, columns }] }, broken);
  expect(reads("customers", "nation", "name")).toEqual(["customers.nation"]);
  expect(reads("customers", "name")).toEqual([]);
  expect(reads("others", "nation")).toEqual([]);
  const all = [{ product: "customers", port: null, table: null, column: null }];
  expect(readOf({ columns: [{ table: "customers", columns: ["name"] }] }, all)).toEqual(["customers.name"]);
});

test("agreements count that are in force on what breaks", () => {
  const listed = (columns: string[] | null, standing: ListedAgreement["standing"] = "active"): ListedAgreement => ({
    standing,
    agreement: {
      id: "1",
      port: { product: "customers", port: "customers", major: 1 },
      columns,
      consumer: { kind: "group", name: "analysts" },
      purpose: "care",
      justification: null,
      state: "approved",
      requestedBy: "ann",
      requestedAt: "",
      seconds: 1,
      expiresAt: null,
      renews: null,
      decision: null,
    },
  });
  const broken = brokenBy(plan(PRODUCT));
  const all = [
    listed(null),
    listed(["nation"]),
    listed(["customers.nation"]),
    listed(["name"]),
    listed(null, "expired"),
  ];
  expect(agreedOn(all, "customers", broken)).toHaveLength(3);
  expect(agreedOn(all, "orders", broken)).toHaveLength(0);
});

test("a plan is refused, may be forced, breaks, is harmless or does nothing", () => {
  expect(verdictOf(plan(PRODUCT))).toBe("refused");
  expect(verdictOf(plan({ ...PRODUCT, refusals: [{ reason: "stillRead", what: "customers", by: ["x"] }] }))).toBe(
    "forcible",
  );
  expect(verdictOf(plan({ ...PRODUCT, refusals: [] }))).toBe("breaking");
  expect(verdictOf(plan({ ...PRODUCT, refusals: [], ports: [] }))).toBe("harmless");
  expect(verdictOf(plan({ ...PRODUCT, refusals: [], ports: [], action: "unchanged" }))).toBe("nothing");
  expect(verdictOf({ ...plan(), garbage: ["old"] })).toBe("harmless");
});
