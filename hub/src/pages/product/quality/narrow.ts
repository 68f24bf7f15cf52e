import type { CheckResult } from "../../../api/types";
import type { Counts } from "../../../parts/trust";

/** How checks are counted everywhere: what could not be measured counts as failed, what was left out not at all. */
export function counted(results: readonly CheckResult[]): Counts {
  const of = (...outcomes: CheckResult["outcome"][]) =>
    results.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return { passed: of("pass"), warned: of("warn"), failed: of("fail", "error") };
}

export interface Narrowed {
  readonly failing: boolean;
  readonly dimension: string | null;
}

const WORST_FIRST: readonly CheckResult["outcome"][] = ["error", "fail", "warn", "skip", "pass"];

/** Those that are wanted, the worst first. */
export function narrowed(results: readonly CheckResult[], { failing, dimension }: Narrowed): readonly CheckResult[] {
  return results
    .filter(
      ({ check, outcome }) => (!failing || outcome !== "pass") && (dimension === null || check.dimension === dimension),
    )
    .toSorted((one, other) => WORST_FIRST.indexOf(one.outcome) - WORST_FIRST.indexOf(other.outcome));
}
