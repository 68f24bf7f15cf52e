import type { RequestRecord } from "../../../api/administer";
import { Status, type Tone } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";

const words = administerMessages.audit;

const TONES: Readonly<Record<RequestRecord["result"]["kind"], Tone>> = {
  answered: "good",
  refused: "bad",
  limited: "care",
  failed: "bad",
  cancelled: "plain",
};

/** How a request ended. */
export function Result({ result: { kind } }: { readonly result: RequestRecord["result"] }) {
  return <Status tone={TONES[kind]}>{words.results[kind]}</Status>;
}
