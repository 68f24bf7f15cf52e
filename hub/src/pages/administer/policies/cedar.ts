/** The text of Cedar policies, as far as it is shown: its words by kind, and where each policy begins and ends. */

export type Kind = "comment" | "text" | "effect" | "word" | "annotation" | "kind" | "sign" | "plain";

export interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const WORDS = new Set(["when", "unless", "in", "has", "like", "is", "if", "then", "else", "true", "false"]);

/** Together all of the text, in its order. */
export function tokens(text: string): readonly Token[] {
  const pattern =
    /(\/\/[^\n]*)|("(?:\\.|[^"\\])*"?)|(@[A-Za-z_]\w*)|([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)|([(){}[\],;.<>=!&|+*-]+)|(\s+|[\s\S])/g;
  return [...text.matchAll(pattern)].map(([whole, comment, string, annotation, name, sign]): Token => {
    if (comment !== undefined) return { kind: "comment", text: whole };
    if (string !== undefined) return { kind: "text", text: whole };
    if (annotation !== undefined) return { kind: "annotation", text: whole };
    if (name !== undefined) return { kind: kindOf(name), text: whole };
    return { kind: sign === undefined ? "plain" : "sign", text: whole };
  });
}

function kindOf(name: string): Kind {
  if (name === "permit" || name === "forbid") return "effect";
  if (WORDS.has(name)) return "word";
  return /^[A-Z]/.test(name) ? "kind" : "plain";
}

export interface Policy {
  /** Its `@id`; without one, the file and its number there. */
  readonly id: string;
  readonly effect: "permit" | "forbid";
  /** With the comment above it. */
  readonly text: string;
  /** Of its first word, from 1. */
  readonly line: number;
}

/** The policies of a file, by which name they are told. */
export function policiesOf(file: string, text: string): readonly Policy[] {
  const found: Policy[] = [];
  let piece: Token[] = [];
  let line = 1;
  let begun = 1;
  for (const token of tokens(text)) {
    if (piece.every(({ kind, text }) => kind === "comment" || text.trim() === "") && token.kind !== "comment")
      begun = line;
    piece.push(token);
    line += token.text.split("\n").length - 1;
    if (token.kind !== "sign" || !token.text.includes(";")) continue;
    const policy = policyOf(piece, `${file}#${found.length + 1}`, begun);
    if (policy) found.push(policy);
    piece = [];
  }
  return found;
}

function policyOf(piece: readonly Token[], name: string, line: number): Policy | null {
  const effect = piece.find(({ kind }) => kind === "effect")?.text;
  if (effect !== "permit" && effect !== "forbid") return null;
  const text = piece.map(({ text }) => text).join("");
  return { id: idOf(piece) ?? name, effect, text: text.replace(/^\s*\n/, "").trim(), line };
}

/** What stands behind `@id`. */
function idOf(piece: readonly Token[]): string | null {
  const at = piece.findIndex(({ kind, text }) => kind === "annotation" && text === "@id");
  const value = at < 0 ? undefined : piece.slice(at + 1).find(({ kind }) => kind === "text");
  return value ? value.text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : null;
}
