/** Holds the documents of bundles against the schemas that the server has, before anything is sent. The server knows more of them. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

import type { Diagnostic } from "../../../../api/operate";
import { operateMessages } from "../../../../messages/en/operate";
import { list } from "../../../../messages/format";
import type { Bundle } from "../bundles";
import { type Fault, faultsOf } from "./faults";
import { isDocument, schemaOf } from "./standards";

const words = operateMessages.plan.check;

/** What is wrong with them, file by file, each fault with its place. */
export async function check(bundles: readonly Bundle[]): Promise<readonly Diagnostic[]> {
  const documents = bundles.flatMap(({ root, files }) =>
    [...files]
      .filter(([path]) => isDocument(path))
      .map(([path, content]) => ({ path, content, shown: root === "." ? path : `${root}/${path}` })),
  );
  const found = documents.map(({ path, content, shown }) =>
    "text" in content ? checkDocument(path, shown, content.text) : [],
  );
  return (await Promise.all(found)).flat();
}

async function checkDocument(path: string, file: string, text: string): Promise<readonly Diagnostic[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const told = (code: string, message: string, [start, end]: readonly [number, number], help: string | null = null) => {
    const { line, col: column } = lines.linePos(start);
    const span = { start: bytesOf(text, start), end: bytesOf(text, end), line, column };
    return { code, severity: "error", message, file, span, label: null, pointer: null, help } satisfies Diagnostic;
  };
  if (document.errors.length > 0) {
    return document.errors.map(({ pos }) => told(CODES.yaml, words.yaml, pos));
  }
  const value: unknown = document.toJS();
  const version = isMap(document.contents) ? document.get("apiVersion") : undefined;
  const schema = await schemaOf(path, version);
  if (schema === null) return [];
  return faultsOf(schema, value)
    .filter(({ path }) => !isVariable(value, path))
    .map((fault) => told(codeOf(fault), messageOf(fault), placeOf(document.contents, fault), helpOf(fault)));
}

/** The server fills these in before it looks. */
function isVariable(value: unknown, path: readonly string[]): boolean {
  let here = value;
  for (const step of path) here = (here as Readonly<Record<string, unknown>> | undefined)?.[step];
  return typeof here === "string" && here.includes("${");
}

/** Places are counted in bytes. */
function bytesOf(text: string, end: number): number {
  return new TextEncoder().encode(text.slice(0, end)).length;
}

/** Where someone has to look: at a key that is unknown or lacks something, else at the value. */
function placeOf(root: Node | null, { path, rule, key }: Fault): readonly [number, number] {
  const way = rule === "false" && key !== undefined ? [...path, key] : path;
  let here: Node | null = root;
  let named: Node | null = null;
  for (const step of way) {
    if (isMap(here)) {
      const pair = here.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      named = (pair?.key ?? null) as Node | null;
      here = (pair?.value ?? null) as Node | null;
    } else if (isSeq(here)) {
      here = (here.items[Number(step)] ?? null) as Node | null;
      named = null;
    }
  }
  const atKey = rule === "false" || rule === "required" || !isScalar(here);
  const [start, end] = ((atKey ? (named ?? here) : here) ?? root)?.range ?? [0, 0];
  // Of several lines only the beginning is pointed at.
  return named === null && !isScalar(here) ? [start, start] : [start, end];
}

/** As the server calls the same. */
const CODES = {
  yaml: "OP0003",
  unknownKey: "OP0101",
  missingKey: "OP0102",
  type: "OP0103",
  list: "OP0104",
  form: "OP0105",
  range: "OP0106",
  schema: "OP0113",
} as const;

const RANGES = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems"];

function codeOf({ rule }: Fault): string {
  if (rule === "false") return CODES.unknownKey;
  if (rule === "required") return CODES.missingKey;
  if (rule === "type") return CODES.type;
  if (rule === "enum" || rule === "const") return CODES.list;
  if (rule === "pattern") return CODES.form;
  return RANGES.includes(rule) ? CODES.range : CODES.schema;
}

function messageOf({ path, rule, limit, key = "" }: Fault): string {
  const name = nameOf(path);
  if (rule === "false") return words.unknownKey(key);
  if (rule === "required") return words.missingKey(name, key);
  if (rule === "type") return words.type(name, [limit].flat().map(String));
  if (rule === "enum" || rule === "const") return words.list(name);
  if (rule === "pattern") return words.form(name, String(limit));
  return words.rules[rule]?.(name, Number(limit)) ?? words.otherwise(name);
}

function helpOf({ rule, limit, key = "" }: Fault): string | null {
  if (rule === "required") return words.add(key);
  if (rule !== "enum" && rule !== "const") return null;
  return words.allowed(list([limit].flat().map((value) => `\`${value}\``)));
}

/** How messages call a place: by its key, or by the list that it is in. */
function nameOf(path: readonly string[]): string {
  const last = path.at(-1);
  if (last === undefined) return words.document;
  const owner = path.findLast((step) => !/^\d+$/.test(step));
  return /^\d+$/.test(last) ? words.item(owner ?? last) : `\`${last}\``;
}
