import { expect, test } from "vitest";

import { changeOf, found, type Picked, read, textOf, variablesOf } from "./bundles";

function picked(...paths: string[]): readonly Picked[] {
  return paths.map((path) => ({ path, file: new Blob([`of ${path}`]) }));
}

function roots(...paths: string[]) {
  const { bundles, others } = found(picked(...paths));
  return { others, bundles: bundles.map(({ root, files }) => `${root}: ${files.map(({ path }) => path).join(" ")}`) };
}

test("a folder with a descriptor is a bundle, and so are those in a folder", () => {
  expect(roots("a/product.odps.yaml", "a/models/x.sql")).toEqual({
    bundles: ["a: product.odps.yaml models/x.sql"],
    others: 0,
  });
  expect(roots("r/b/product.odps.yaml", "r/a/product.odps.yaml", "r/notes.md")).toEqual({
    bundles: ["r/a: product.odps.yaml", "r/b: product.odps.yaml"],
    others: 1,
  });
});

test("what is hidden, too deep or inside another bundle is none of its own", () => {
  expect(roots("a/product.odps.yaml", "a/.git/product.odps.yaml").bundles).toEqual(["a: product.odps.yaml"]);
  expect(roots("a/b/c/d/e/product.odps.yaml").bundles).toEqual([]);
  expect(roots("a/product.odps.yaml", "a/old/product.odps.yaml").bundles).toEqual([
    "a: product.odps.yaml old/product.odps.yaml",
  ]);
});

test("files without a folder go where they belong", () => {
  expect(roots("product.odps.yaml", "x.odcs.yaml", "x.sql", "usage.md", "outport.yaml").bundles).toEqual([
    ".: product.odps.yaml contracts/x.odcs.yaml models/x.sql docs/usage.md outport.yaml",
  ]);
  expect(roots("x.sql")).toEqual({ bundles: [], others: 1 });
});

test("text is sent as it is, anything else in base64, and variables where they have a value", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what a document has
  const yaml = "scale: ${SCALE:-0.01}\nkey: ${KEY}\nno: $X ${Y";
  const files = [
    { path: "product.odps.yaml", file: new Blob([yaml]) },
    { path: "data.bin", file: new Blob([new Uint8Array([0xff, 0x00])]) },
  ];
  const bundle = await read({ root: "a", files });
  expect(variablesOf([bundle])).toEqual(
    new Map([
      ["KEY", null],
      ["SCALE", "0.01"],
    ]),
  );
  expect(changeOf([bundle], { KEY: "k", SCALE: "" }, ["old"])).toEqual({
    bundles: [{ root: "a", files: { "data.bin": { base64: "/wA=" }, "product.odps.yaml": yaml } }],
    variables: { KEY: "k" },
    remove: ["old"],
  });
  expect(textOf([bundle], "a/product.odps.yaml")).toBe(yaml);
  expect(textOf([bundle], "a/data.bin")).toBeNull();
  expect(textOf([bundle], "b/product.odps.yaml")).toBeNull();
});
