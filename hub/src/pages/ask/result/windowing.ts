/** Which part of a large grid is in sight. Browsers cannot lay out a page of any height, so that a long grid is scrolled in larger steps. */

/** Below what browsers lay out (Firefox: 17.9 million). */
const TALLEST = 12_000_000;

export interface Scale {
  /** Of what is scrolled. */
  readonly height: number;
  /** Rows for each pixel of scrolling, times the height of a row: 1 where everything has its place. */
  readonly factor: number;
}

export function scaleOf(rows: number, rowHeight: number, viewport: number): Scale {
  const whole = rows * rowHeight;
  if (whole <= TALLEST) return { height: whole, factor: 1 };
  return { height: TALLEST, factor: (whole - viewport) / (TALLEST - viewport) };
}

export interface Window {
  readonly first: number;
  /** Not in it any more. */
  readonly end: number;
  /** Where the first row is drawn, in pixels from the top of what is scrolled. */
  readonly top: number;
}

/** The rows in sight, with a few around them. */
export function windowOf(scrollTop: number, viewport: number, rows: number, rowHeight: number, around = 6): Window {
  const { factor } = scaleOf(rows, rowHeight, viewport);
  const offset = Math.max(0, scrollTop) * factor;
  const first = Math.max(0, Math.min(rows, Math.floor(offset / rowHeight)) - around);
  const end = Math.min(rows, Math.ceil((offset + viewport) / rowHeight) + around);
  return { first, end: Math.max(first, end), top: scrollTop - (offset - first * rowHeight) };
}

/** Where to scroll so that a row is in sight; null where it is. */
export function scrollFor(
  row: number,
  scrollTop: number,
  viewport: number,
  rows: number,
  rowHeight: number,
): number | null {
  const { factor } = scaleOf(rows, rowHeight, viewport);
  const offset = scrollTop * factor;
  const top = row * rowHeight;
  if (top < offset) return top / factor;
  if (top + rowHeight > offset + viewport) return (top + rowHeight - viewport) / factor;
  return null;
}

/** Columns in sight, by where each begins and how wide it is. */
export function columnsIn(
  starts: readonly number[],
  widths: readonly number[],
  scrollLeft: number,
  viewport: number,
): readonly number[] {
  return starts.flatMap((start, index) =>
    start + (widths[index] ?? 0) > scrollLeft - 80 && start < scrollLeft + viewport + 80 ? [index] : [],
  );
}
