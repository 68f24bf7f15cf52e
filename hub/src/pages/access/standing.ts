/** What an agreement is to the reader: theirs, or one to decide about; and how it stands. */
import type { ListedAgreement, Session } from "../../api/types";
import type { Tone } from "../../design";
import type { accessMessages } from "../../messages/en/access";

export type Standing = keyof typeof accessMessages.standing;

export const TONES: Readonly<Record<Standing, Tone>> = {
  requested: "wait",
  active: "good",
  expiring: "care",
  expired: "care",
  rejected: "bad",
  withdrawn: "plain",
  revoked: "bad",
  none: "plain",
};

/** Time enough to ask for more. */
const SOON = 14 * 86_400_000;

export function standingOf({ agreement, standing }: ListedAgreement, now: number): Standing {
  if (agreement.state !== "approved") return agreement.state;
  if (standing !== "active") return standing;
  const { expiresAt } = agreement;
  return expiresAt !== null && Date.parse(expiresAt) - now < SOON ? "expiring" : "active";
}

type Reader = Pick<Session, "principal" | "groups" | "administrator">;

/** Whether the reader asked for it, or reads under it. */
export function isMine(
  { agreement: { consumer, requestedBy } }: ListedAgreement,
  { principal, groups }: Reader,
): boolean {
  return (
    requestedBy === principal ||
    (consumer.kind === "principal" ? consumer.name === principal : groups.includes(consumer.name))
  );
}

/** Whether the reader may decide about it: the server lists nothing else that is not theirs, and administrators decide on anything. */
export function mayDecide(listed: ListedAgreement, reader: Reader): boolean {
  return reader.administrator || !isMine(listed, reader);
}

/** Agreements that a later request is to follow, while that is not decided. */
export function renewing(all: readonly ListedAgreement[]): ReadonlySet<string> {
  return new Set(
    all.flatMap(({ agreement: { renews, state } }) => (renews !== null && state === "requested" ? [renews] : [])),
  );
}

/** Those that matter now, and those that are over. */
export function parted(all: readonly ListedAgreement[]): {
  readonly current: readonly ListedAgreement[];
  readonly past: readonly ListedAgreement[];
} {
  const matters = ({ agreement: { state }, standing }: ListedAgreement) =>
    state === "requested" || (state === "approved" && standing === "active");
  return { current: all.filter(matters), past: all.filter((one) => !matters(one)) };
}
