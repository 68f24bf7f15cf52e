/** A round number that is at least `highest`, so that an axis ends where people count. */
export function roundedUp(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 4, 5, 10].find((candidate) => candidate * power >= highest) ?? 10;
  return Math.max(1, step * power);
}
