import { describe, expect, test } from "vitest";

import type { Agreement, ListedAgreement } from "../../api/types";
import { isMine, mayDecide, parted, renewing, standingOf } from "./standing";

const now = Date.parse("2026-11-27T12:00:00Z");

function listed(change: Partial<Agreement>, standing: ListedAgreement["standing"] = "none"): ListedAgreement {
  return {
    standing,
    agreement: {
      id: "1",
      port: { product: "orders", port: "orders", major: 1 },
      columns: null,
      consumer: { kind: "principal", name: "ann" },
      purpose: "churn",
      justification: null,
      state: "requested",
      requestedBy: "ann",
      requestedAt: "2026-11-01T12:00:00Z",
      seconds: 86_400,
      expiresAt: null,
      renews: null,
      decision: null,
      ...change,
    },
  };
}

const ann = { principal: "ann", groups: ["analysts"], administrator: false };
const pia = { principal: "pia", groups: [], administrator: false };
const root = { principal: "root", groups: [], administrator: true };

describe("an agreement", () => {
  test("stands as it was decided, and of what was approved as long as it holds", () => {
    const approved = (expiresAt: string, standing: ListedAgreement["standing"]) =>
      standingOf(listed({ state: "approved", expiresAt }, standing), now);
    expect(standingOf(listed({}), now)).toBe("requested");
    expect(approved("2027-06-01T12:00:00Z", "active")).toBe("active");
    expect(approved("2026-12-01T12:00:00Z", "active")).toBe("expiring");
    expect(approved("2026-11-01T12:00:00Z", "expired")).toBe("expired");
    expect(standingOf(listed({ state: "revoked", expiresAt: "2027-06-01T12:00:00Z" }, "none"), now)).toBe("revoked");
  });

  test("is of whoever asked, and of whom it is for", () => {
    const forGroup = listed({ consumer: { kind: "group", name: "analysts" }, requestedBy: "root" });
    expect([isMine(listed({}), ann), isMine(forGroup, ann), isMine(listed({}), pia)]).toEqual([true, true, false]);
  });

  test("is decided by others, and by administrators", () => {
    expect([
      mayDecide(listed({}), ann),
      mayDecide(listed({}), pia),
      mayDecide(listed({ requestedBy: "root" }), root),
    ]).toEqual([false, true, true]);
  });

  test("is renewed while the request that follows it waits", () => {
    const waiting = listed({ id: "2", renews: "1" });
    expect([...renewing([listed({ state: "approved" }, "active"), waiting])]).toEqual(["1"]);
    expect(renewing([listed({ id: "2", renews: "1", state: "rejected" })]).size).toBe(0);
  });

  test("is past where nothing can come of it any more", () => {
    const all = [
      listed({}),
      listed({ state: "approved" }, "active"),
      listed({ state: "approved" }, "expired"),
      listed({ state: "withdrawn" }),
    ];
    const { current, past } = parted(all);
    expect([current.length, past.length]).toEqual([2, 2]);
  });
});
