/** A value of a row as text. Figures stay as they came: a number in a table is not rounded. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}
