/** How far a token has come, and what it is good for. */
import type { Token } from "../../../api/administer";
import type { Tone } from "../../../design";
import type { TokensShown } from "../route";

export type Standing = "live" | "ending" | "expired" | "revoked";

export const TONES: Readonly<Record<Standing, Tone>> = {
  live: "good",
  ending: "care",
  expired: "plain",
  revoked: "bad",
};

const WEEK = 7 * 86_400_000;

export function standingOf({ expiresAt, revokedAt }: Token, now: number): Standing {
  if (revokedAt !== null) return "revoked";
  const left = new Date(expiresAt).getTime() - now;
  if (left <= 0) return "expired";
  return left < WEEK ? "ending" : "live";
}

/** Whether it is a session of the hub: good for nothing but what its pages call. */
export function isSession({ scope: { doors } }: Token): boolean {
  return doors?.length === 1 && doors[0] === "hub";
}

/** Those of one kind, as the page is divided. Sessions that have ended are nobody's business any more. */
export function shownOf(all: readonly Token[], show: TokensShown, now: number): readonly Token[] {
  const over = (token: Token) => ["expired", "revoked"].includes(standingOf(token, now));
  if (show === "sessions") return all.filter((token) => isSession(token) && !over(token));
  return all.filter((token) => !isSession(token) && over(token) === (show === "over"));
}
