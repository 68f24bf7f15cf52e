import { expect, test } from "vitest";

import type { Token } from "../../../api/administer";
import { isSession, shownOf, standingOf } from "./standing";

const NOW = Date.parse("2026-01-10T00:00:00Z");

function token(id: string, more: Partial<Token> = {}): Token {
  return {
    id,
    owner: "ann",
    label: "",
    scope: {},
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: "2026-04-01T00:00:00Z",
    revokedAt: null,
    lastUsedAt: null,
    ...more,
  };
}

const live = token("live");
const ending = token("ending", { expiresAt: "2026-01-11T00:00:00Z" });
const expired = token("expired", { expiresAt: "2026-01-10T00:00:00Z" });
const revoked = token("revoked", { revokedAt: "2026-01-02T00:00:00Z" });
const session = token("session", { scope: { doors: ["hub"] }, expiresAt: "2026-01-10T12:00:00Z" });
const gone = token("gone", { scope: { doors: ["hub"] }, revokedAt: "2026-01-02T00:00:00Z" });

test("a token is in force until its end, and says so a week before", () => {
  expect([live, ending, expired, revoked].map((one) => standingOf(one, NOW))).toEqual([
    "live",
    "ending",
    "expired",
    "revoked",
  ]);
});

test("a session is good for the hub alone", () => {
  expect([live, session, token("x", { scope: { doors: ["hub", "sql"] } })].map(isSession)).toEqual([
    false,
    true,
    false,
  ]);
});

test("tokens, those that are over, and sessions are told apart", () => {
  const all = [live, ending, expired, revoked, session, gone];
  const ids = (show: "live" | "over" | "sessions") => shownOf(all, show, NOW).map(({ id }) => id);
  expect(ids("live")).toEqual(["live", "ending"]);
  expect(ids("over")).toEqual(["expired", "revoked"]);
  expect(ids("sessions")).toEqual(["session"]);
});
