/** A piece of Markdown as plain text: what it says without how it is set. A piece may begin and end anywhere. */

export interface Part {
  readonly text: string;
  /** Whether it is what was looked for. */
  readonly hit: boolean;
}

/** Marks a hit while the text is looked at as a whole; no document has these characters. */
const [BEGIN, END] = ["\uE000", "\uE001"];

/** Each with what stands in its place. */
const RULES: readonly (readonly [RegExp, string])[] = [
  // Links and images, also those that the piece has only the end or the beginning of.
  [/!?\[([^[\]]*)\]\([^()]*\)/g, "$1"],
  [/^([^[\]]*)\]\([^()]*\)/, "$1"],
  [/!?\[([^[\]]*)\]\([^()]*$/, "$1"],
  [/`+/g, ""],
  [/\*\*|~~/g, ""],
  [/(?<![^\s(\uE000\uE001])\*(?=[^\s*])/g, ""],
  [/(?<=[^\s*])\*(?![^\s.,;:!?)\uE000\uE001])/g, ""],
  [/(?<=^|\s)#{1,6}\s+/g, ""],
  [/(?<=^|\n)\s*(?:[-*+>]|\d+\.)\s+/g, ""],
  // Lines of tables.
  [/\s*\|[\s|:-]*/g, " "],
];

/** The same parts, without what only says how they are set. */
export function plain(parts: readonly Part[]): readonly Part[] {
  const marked = parts.map(({ text, hit }) => (hit ? `${BEGIN}${text}${END}` : text)).join("");
  const text = RULES.reduce((text, [pattern, place]) => text.replace(pattern, place), marked);
  return text
    .split(/(\uE000[^\uE001]*\uE001)/)
    .filter((part) => part !== "")
    .map((part) => ({ text: part.replaceAll(BEGIN, "").replaceAll(END, ""), hit: part.startsWith(BEGIN) }));
}
