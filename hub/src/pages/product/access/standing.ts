import type { AccessAgreement } from "../../../api/types";

/** How an agreement stands: what was decided, and of what was approved whether it still holds. */
export function standingOf({
  state,
  standing,
}: Pick<AccessAgreement, "state" | "standing">):
  | Exclude<AccessAgreement["state"], "approved">
  | AccessAgreement["standing"] {
  return state === "approved" ? standing : state;
}
