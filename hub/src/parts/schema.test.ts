import { expect, test } from "vitest";

import type { AgreementOrder } from "../api/types";
import { faultsOf } from "./schema";

const order: AgreementOrder = {
  product: "orders",
  port: "orders",
  major: 1,
  columns: null,
  purpose: "churn",
  seconds: 86_400,
};

test("what is as the server wants it has no faults", () => {
  expect(faultsOf("requestAgreement", { body: order })).toEqual({});
});

test("each fault is told at its field, with what would be right", () => {
  const body = { ...order, purpose: "x".repeat(201), seconds: 1.5 };
  expect(faultsOf("requestAgreement", { body })).toEqual({
    purpose: "Write at most 200 characters",
    seconds: "Write a whole number",
  });
});

test("what may be left out, and was not, is looked at too", () => {
  expect(faultsOf("requestAgreement", { body: { ...order, major: -1 } })).toEqual({ major: "Write 0 or more" });
});

test("what is missing is told at the field where it should be", () => {
  const { purpose: _, ...rest } = order;
  expect(faultsOf("requestAgreement", { body: rest })).toEqual({ purpose: "Write something here" });
  expect(faultsOf("requestAgreement", { body: { ...rest, purpose: "" } })).toEqual({ purpose: "Write something here" });
  expect(faultsOf("signIn", { body: { user: "", password: "" }, wording: { user: "Write your name" } })).toEqual({
    user: "Write your name",
    password: "Write something here",
  });
});

test("references are followed, and what is wrong deep inside is told at its field", () => {
  const body = { owner: "ann", seconds: 60, scope: { doors: [1] } };
  expect(Object.keys(faultsOf("createToken", { body }))).toEqual(["scope"]);
});

test("a name in the address cannot be empty", () => {
  const body = { kind: "user" };
  expect(faultsOf("putUser", { names: { user: "ann" }, body })).toEqual({});
  expect(faultsOf("putUser", { names: { user: "" }, body, wording: { user: "Write a name" } })).toEqual({
    user: "Write a name",
  });
});

test("a page has words of its own for a rule", () => {
  const wording = { purpose: { maxLength: "Shorter" } };
  expect(faultsOf("requestAgreement", { body: { ...order, purpose: "x".repeat(201) }, wording })).toEqual({
    purpose: "Shorter",
  });
});
