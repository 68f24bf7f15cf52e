/** The place in a file that a message is about. */

export interface Excerpt {
  /** The number of the first line. */
  readonly first: number;
  readonly lines: readonly string[];
  /** The line with the fault, from the first on, in three parts. */
  readonly at: number;
  readonly before: string;
  readonly fault: string;
  readonly after: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Lines shown before and after the one with the fault. */
const AROUND = 2;

/** Places are counted in bytes. Null where the text has no such place. */
export function excerptOf(text: string, { start, end }: Span): Excerpt | null {
  const bytes = new TextEncoder().encode(text);
  if (start > end || end > bytes.length) return null;
  const part = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
  const NEWLINE = 0x0a;
  const begin = start === 0 ? 0 : bytes.lastIndexOf(NEWLINE, start - 1) + 1;
  const newline = bytes.indexOf(NEWLINE, start);
  const finish = newline < 0 ? bytes.length : newline;
  const lines = text.split("\n");
  const line = part(0, begin).split("\n").length - 1;
  const from = Math.max(0, line - AROUND);
  const until = Math.min(finish, Math.max(start, end));
  return {
    first: from + 1,
    lines: lines.slice(from, line + AROUND + 1),
    at: line - from,
    before: part(begin, start),
    fault: part(start, until),
    after: part(until, finish),
  };
}
