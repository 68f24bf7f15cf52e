import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import type { Bundle } from "../bundles";
import { check } from "./check";
import { isDocument } from "./standards";

const EXAMPLES = new URL("../../../../../../examples/", import.meta.url);

function bundleOf(files: Readonly<Record<string, string>>): Bundle {
  return { root: "b", files: new Map(Object.entries(files).map(([path, text]) => [path, { text }])), bytes: 0 };
}

/** What is wrong, as `file:line:column code message`. */
async function wrong(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const found = await check([bundleOf(files)]);
  return found.map(({ file, span, code, message }) => `${file}:${span?.line}:${span?.column} ${code} ${message}`);
}

/** Files of a folder of the examples that are held against schemas. */
function documentsOf(folder: string): Readonly<Record<string, string>> {
  const root = new URL(`${folder}/`, EXAMPLES);
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(isDocument);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, root), "utf8")]));
}

const RETAIL = readdirSync(new URL("retail/", EXAMPLES), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `retail/${name}`);

// Schemas of standards are large, which is felt where the machine has other work.
const LONG = 60_000;

test.each([...RETAIL, "breaking-change/customers"])(
  "nothing is wrong with %s",
  async (folder) => {
    const documents = documentsOf(folder);
    expect(Object.keys(documents)).toContain("product.odps.yaml");
    expect(await wrong(documents)).toEqual([]);
  },
  LONG,
);

test("a key that is not known is told at its place, beside a value of the wrong kind", async () => {
  const text = "apiVersion: outport/v1\ninptus: {}\nproduct: [a]\n";
  expect(await wrong({ "outport.yaml": text })).toEqual([
    "b/outport.yaml:3:1 OP0103 `product` must be a text",
    "b/outport.yaml:2:1 OP0101 The key `inptus` is not known here",
  ]);
});

test("what is missing or not allowed in a contract is told with what would be right", async () => {
  const text =
    "apiVersion: v3.1.0\nkind: DataContracts\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n    properties: x\n";
  expect(await wrong({ "contracts/a.odcs.yaml": text })).toEqual([
    "b/contracts/a.odcs.yaml:1:1 OP0102 The document has no `status`",
    "b/contracts/a.odcs.yaml:2:7 OP0104 `kind` is not one of what is allowed",
    "b/contracts/a.odcs.yaml:7:17 OP0103 `properties` must be a list",
  ]);
});

test("what is no YAML is told where it ends to be some", async () => {
  expect(await wrong({ "outport.yaml": "a: [1\nb: 2\n" })).toContainEqual(
    expect.stringMatching(/^b\/outport\.yaml:\d+:\d+ OP0003 This is not YAML$/),
  );
});

test("variables, other files and versions that only the server knows are left to it", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of the document
  expect(await wrong({ "outport.yaml": "apiVersion: ${VERSION}\n" })).toEqual([]);
  expect(await wrong({ "models/a.sql": "SELECT", "notes.yaml": "x: [" })).toEqual([]);
  expect(await wrong({ "product.odps.yaml": "apiVersion: v0.9.0\n" })).toEqual([]);
});
