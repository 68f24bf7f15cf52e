import { expect, test } from "vitest";

import type { User } from "../../../api/administer";
import { faultsOf } from "../../../parts/schema";
import { differences, labelsOf, linesOf, orderOf, read, words } from "./order";

const ann: User = {
  principal: { id: "ann", kind: "user", groups: ["analysts"], region: "EUROPE", labels: { team: "north" } },
  disabled: false,
  createdAt: "2026-01-01T00:00:00Z",
};

const wrong = (line: string) => `not: ${line}`;

function entered(fields: Record<string, string>, password = "") {
  return { kind: "user" as const, groups: ["analysts"], text: (name: string) => fields[name] ?? "", password };
}

test("an order is what is on record, without the name that stands in the address", () => {
  expect(orderOf(ann)).toEqual({
    kind: "user",
    groups: ["analysts"],
    region: "EUROPE",
    labels: { team: "north" },
    disabled: false,
  });
});

test("a form is read as the server takes it", () => {
  const [order, faults] = read(entered({ otherGroups: "new, analysts", region: "ASIA", clearance: "3" }), wrong);
  expect(order).toEqual({
    kind: "user",
    groups: ["analysts", "new"],
    department: null,
    region: "ASIA",
    clearance: 3,
    labels: {},
  });
  expect(faults).toEqual({});
});

test("what is no label is told", () => {
  const [, faults] = read(entered({ labels: "a\nb = c" }), wrong);
  expect(faults).toEqual({ labels: "not: a" });
});

test("what the server would refuse is told before", () => {
  const [order] = read(entered({ otherGroups: "1st", clearance: "much" }, "short"), wrong);
  const found = faultsOf("putUser", { names: { user: "ann" }, body: order, wording: { clearance: "whole" } });
  expect(found).toEqual({
    groups: "This has a sign that cannot be here",
    clearance: "whole",
    password: "Write at least 12 characters",
  });
});

test("labels are lines, there and back", () => {
  const { labels } = labelsOf("team = north\n\nsite = a=b ");
  expect(labels).toEqual({ team: "north", site: "a=b" });
  expect(labelsOf(linesOf(labels)).labels).toEqual(labels);
  expect(labelsOf("= x").wrong).toBe("= x");
});

test("words between commas, each once", () => {
  expect(words(" a, b,,a ")).toEqual(["a", "b"]);
});

test("what someone else changed is named, and what only looks otherwise is not", () => {
  const now: User = {
    ...ann,
    disabled: true,
    principal: { ...ann.principal, groups: ["auditors", "analysts"], department: null },
  };
  expect(differences(ann, now).map(({ member }) => member)).toEqual(["groups", "disabled"]);
  expect(differences(ann, { ...ann, principal: { ...ann.principal, department: null, clearance: null } })).toEqual([]);
});
