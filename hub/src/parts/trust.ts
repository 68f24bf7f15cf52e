import type { Trust } from "../api/types";
import type { Tone } from "../design";

/** What checks came to, in one word; the words are those of the facet `quality`. */
export type Quality = "passed" | "warned" | "failed" | "unchecked";

/** How many checks of something passed, failed and warned. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly warned: number;
}

export function qualityOf({ passed, failed, warned }: Counts): Quality {
  if (failed > 0) return "failed";
  if (warned > 0) return "warned";
  return passed > 0 ? "passed" : "unchecked";
}

export const TONE_OF: Readonly<Record<Quality, Tone>> = {
  passed: "good",
  warned: "care",
  failed: "bad",
  unchecked: "plain",
};

export type Dimension =
  | "accuracy"
  | "completeness"
  | "conformity"
  | "consistency"
  | "coverage"
  | "timeliness"
  | "uniqueness";

/** The six that every product is judged by, in the order in which they are shown. */
export const DIMENSIONS: readonly Dimension[] = [
  "completeness",
  "uniqueness",
  "conformity",
  "accuracy",
  "consistency",
  "timeliness",
];

/** The six, and coverage where some check is about it. */
export function dimensionsOf(dimensions: Trust["dimensions"]): readonly (readonly [Dimension, Counts])[] {
  const none: Counts = { passed: 0, failed: 0, warned: 0 };
  const shown: readonly Dimension[] = "coverage" in dimensions ? [...DIMENSIONS, "coverage"] : DIMENSIONS;
  return shown.map((dimension) => [dimension, dimensions[dimension] ?? none]);
}
