/** A place in a text as the server tells it: both from 1, a column for each character. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** As editors count; the end of a line or of the text where a place is beyond it. */
export function offsetOf(text: string, { line, column }: Place): number {
  const lines = text.split("\n");
  const index = Math.min(Math.max(1, line), lines.length) - 1;
  const before = lines.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
  // A character may be two units of JavaScript's.
  const characters = Array.from(lines[index] ?? "").slice(0, Math.max(1, column) - 1);
  return before + characters.join("").length;
}

/** Where a problem says that the text is wrong. */
export function placeOf(problem: Readonly<Record<string, unknown>>): Place | null {
  const { line, column } = problem;
  return typeof line === "number" && typeof column === "number" ? { line, column } : null;
}
