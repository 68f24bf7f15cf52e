/** A column of an answer, as everything that shows rows knows it. */

/** What can be done with values: what stands at the end of a cell, what an axis can be of. */
export type Kind = "number" | "time" | "text" | "boolean" | "other";

export interface Column {
  readonly name: string;
  /** For people, as `decimal(15,2)`. */
  readonly type: string;
  readonly kind: Kind;
  /** The value as it is shown and copied; null where it is missing. */
  readonly text: (row: number) => string | null;
  /** The value on an axis and in an order, of numbers and times; null where it is missing or no number. */
  readonly figure: (row: number) => number | null;
  /** Whole numbers behind a figure that may be too large for it to be exact. */
  readonly exact?: (row: number) => bigint | null;
}

/** What was read of an answer so far. Rows are only ever added. */
export interface Loaded {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** In memory. */
  readonly bytes: number;
}
