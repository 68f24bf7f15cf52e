// bodies.mjs [--check]: what the server wants requests to be like, taken out of the description of its API into `src/api/bodies.json`,
// so that forms are held against the schemas that programs and the command line are held against. `--check` fails where it is old.
import { readFile, writeFile } from "node:fs/promises";

const DESCRIBED = new URL("../../docs/reference/management.openapi.json", import.meta.url);
const BODIES = new URL("../src/api/bodies.json", import.meta.url);
const METHODS = ["post", "put", "patch"];

const { paths, components } = JSON.parse(await readFile(DESCRIBED, "utf8"));

/** Names of the schemas that are needed, and of all that those refer to. */
const needed = new Set();

/** A schema without what is only for people who read the description; its references lead to `$defs`. */
function bare(schema) {
  if (Array.isArray(schema)) return schema.map(bare);
  if (schema === null || typeof schema !== "object") return schema;
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.split("/").pop();
    if (!needed.has(name)) {
      needed.add(name);
      bare(components.schemas[name]);
    }
    return { $ref: `#/$defs/${name}` };
  }
  return Object.fromEntries(
    Object.entries(schema)
      // Below `properties` it is the name of a member.
      .filter(([key, value]) => key !== "description" || typeof value !== "string")
      .map(([key, value]) => [key, bare(value)]),
  );
}

/** Names in an address, none of which can be empty. */
function names(parameters = []) {
  return Object.fromEntries(
    parameters
      .filter((parameter) => parameter.in === "path")
      .map(({ name, schema }) => [name, { minLength: 1, ...bare(schema) }]),
  );
}

const operations = {};
for (const path of Object.values(paths)) {
  for (const method of METHODS) {
    const operation = path[method];
    const body = operation?.requestBody?.content?.["application/json"]?.schema;
    if (body) operations[operation.operationId] = { names: names(operation.parameters), body: bare(body) };
  }
}

const $defs = Object.fromEntries([...needed].sort().map((name) => [name, bare(components.schemas[name])]));
const text = `${JSON.stringify({ operations, $defs }, null, 2)}\n`;

if (process.argv.includes("--check")) {
  const before = await readFile(BODIES, "utf8").catch(() => "");
  if (before !== text) {
    console.error("error: src/api/bodies.json is not that of the API: scripts/hub generate");
    process.exit(1);
  }
} else {
  await writeFile(BODIES, text);
}
