import { number } from "../format";

/** Words of parts that every page uses. */
export const common = {
  loading: "Loading",
  optional: "optional",
  retry: "Try again",
  dismiss: "Dismiss",
  close: "Close",
  cancel: "Cancel",
  copy: "Copy",
  copied: (what: string) => `Copied: ${what}`,
  notCopied: "The browser does not let pages copy here. Select the text and copy it yourself.",
  none: "none",
  unknown: "not said",
  more: "Show more",
  all: (count: number) => `Show all ${number(count)}`,
  by: (name: string) => `by ${name}`,
  goToProduct: (title: string) => `Go to ${title}`,
};
