/** The order of rows that are loaded. */
import type { Column } from "./column";

export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/**
 * The rows in the order of a column, as places of the answer. Rows that are alike stay as they came; what is missing stands at the
 * end either way.
 */
export function orderedBy(column: Column, rows: number, descending: boolean): Uint32Array {
  const places = Uint32Array.from({ length: rows }, (_, row) => row);
  const compare = hasFigures(column) ? byFigure(column, rows) : byText(column, rows);
  const direction = descending ? -1 : 1;
  const missing = missingOf(column, rows);
  return places.sort((a, b) => {
    const without = (missing[a] ?? 0) - (missing[b] ?? 0);
    if (without !== 0) return without;
    return missing[a] === 1 ? a - b : direction * compare(a, b) || a - b;
  });
}

/** 1 where there is no value. A figure is sooner had than its text. */
function missingOf(column: Column, rows: number): Uint8Array {
  const missing = hasFigures(column)
    ? (row: number) => column.figure(row) === null && column.text(row) === null
    : (row: number) => column.text(row) === null;
  return Uint8Array.from({ length: rows }, (_, row) => (missing(row) ? 1 : 0));
}

function hasFigures({ kind }: Column): boolean {
  return kind === "number" || kind === "time";
}

function byFigure(column: Column, rows: number): (a: number, b: number) => number {
  // What is no number stands after all that are.
  const figures = Float64Array.from({ length: rows }, (_, row) => column.figure(row) ?? Number.POSITIVE_INFINITY);
  const { exact } = column;
  return (a, b) => {
    const [one = 0, other = 0] = [figures[a], figures[b]];
    if (one !== other) return one < other ? -1 : 1;
    if (!exact || Number.isSafeInteger(one)) return 0;
    const [digits, others] = [exact(a) ?? 0n, exact(b) ?? 0n];
    return digits < others ? -1 : digits > others ? 1 : 0;
  };
}

function byText(column: Column, rows: number): (a: number, b: number) => number {
  const texts = Array.from({ length: rows }, (_, row) => column.text(row) ?? "");
  return (a, b) => {
    const [one = "", other = ""] = [texts[a], texts[b]];
    return one < other ? -1 : one > other ? 1 : 0;
  };
}
