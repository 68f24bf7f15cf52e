/** What values are called that nobody has said. */
import { messages } from "../../messages";
import { estateMessages } from "../../messages/en/estate";
import { type Alignment, UNSAID } from "./model";

const { unsaid } = estateMessages;

export function domainName(domain: string | null): string {
  return domain === null || domain === UNSAID ? unsaid.domain : domain;
}

export function alignmentName(alignment: Alignment | typeof UNSAID | null): string {
  return alignment === null || alignment === UNSAID ? unsaid.alignment : messages.words.alignment[alignment];
}

export function statusName(status: string | null): string {
  return status === null || status === UNSAID ? unsaid.status : status;
}
