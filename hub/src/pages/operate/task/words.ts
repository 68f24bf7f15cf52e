/** What a task does, in words. */
import type { TaskEvent } from "../../../api/operate";
import { operateMessages } from "../../../messages/en/operate";
import { duration } from "../../../messages/format";
import type { ProductProgress } from "./progress";

const words = operateMessages.task;

const ORDER = ["failed", "published", "unchanged", "running", "cancelled", "skipped", "notBegun"] as const;

/** `2 released, 1 running`. */
export function tallied(tally: Readonly<Record<ProductProgress["state"], number>>): string {
  const parts = ORDER.flatMap((state) => (tally[state] > 0 ? [words.tally[state](tally[state])] : []));
  return parts.length === 0 ? "" : words.summary(parts);
}

/** What a product came to. */
export function standing({ state, release, becauseOf }: ProductProgress): string {
  switch (state) {
    case "published":
    case "unchanged":
      return words.product[state](release);
    case "skipped":
      return words.product.skipped(becauseOf ?? "");
    default:
      return words.product[state];
  }
}

/** One thing that was told, in a line. */
export function lineOf(event: TaskEvent): string {
  return `${event.product}: ${what(event)}`;
}

function what(event: TaskEvent): string {
  switch (event.event) {
    case "runStarted":
      return words.line.runStarted(event.steps);
    case "inputChecked":
      return [
        `${words.part.input(event.port)}: ${words.inputRead(event.rows)}`,
        event.quarantined > 0 ? words.inputHeld(event.quarantined) : "",
        event.violations > 0 ? words.inputUnmet(event.violations) : "",
        duration(event.milliseconds / 1000),
      ]
        .filter(Boolean)
        .join(", ");
    case "modelStarted":
      return words.line.modelStarted(event.model);
    case "modelBuilt": {
      const built = event.reused ? words.reused(event.rows) : words.built(event.rows);
      return `${event.model}: ${built}, ${duration(event.milliseconds / 1000)}`;
    }
    case "audited":
      return [
        `${words.part.audit(event.port)}: ${words.audited(event.passed)}`,
        event.violations.length > 0 ? words.unmet(event.violations.length) : "",
        duration(event.milliseconds / 1000),
      ]
        .filter(Boolean)
        .join(", ");
    case "runEnded":
      return [event.state, event.error, duration(event.milliseconds / 1000)].filter(Boolean).join(", ");
    case "skipped":
      return words.line.skipped(event.becauseOf);
    case "notBegun":
      return words.line.notBegun;
  }
}
