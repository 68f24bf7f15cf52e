// Someone who may not know of a product goes everywhere: every page, every address of the product, every answer of the management
// API. Nothing of it is in what they are shown, nor in anything that the server sent. Whoever looks after it finds all of it there.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { as } from "../browser.mjs";
import { PAGES } from "../pages.mjs";

/** What the reader knows by chance, and can put into an address. */
const PRODUCT = "quokka-vault";
const TABLE = "platypus";
const COLUMN = "numbat";

/** What the reader has never heard of, by where it is kept. */
const SECRETS = {
  "the title": "Bandicoot Vault",
  "the purpose": "Counts bilbies",
  "the owner": "echidna",
  "the contract": "Kept by a kookaburra",
  "the column": "Weighed by a dingo",
  "a tag": "taipan",
  "a value": "potoroo",
  feedback: "Where do wallabies sleep",
  "a rating": "as a currawong",
  "a saved question": "Cassowaries by weight",
  "the purpose of a request": "thylacine study",
  "why access is asked for": "as a bunyip wants it",
  "what was read for": "lyrebird songs",
  "a policy of the product": "wombat-rule",
  "a policy of the workspace": "goanna-rule",
};

const DESCRIPTOR = `apiVersion: v1.0.0
kind: DataProduct
id: ${PRODUCT}
name: ${SECRETS["the title"]}
version: 1.0.0
status: active
domain: sales
description: {purpose: ${SECRETS["the purpose"]}., limitations: None., usage: For keepers.}
inputPorts:
  - {name: animals, version: 1.0.0, contractId: ${PRODUCT}.input}
outputPorts:
  - {name: ${TABLE}, version: 1.0.0, type: tables, contractId: ${PRODUCT}.${TABLE}}
team: {name: keepers, members: [{username: ${SECRETS["the owner"]}@example.com, role: owner}]}
`;

function contract(id, more, table) {
  return `apiVersion: v3.1.0
kind: DataContract
id: ${PRODUCT}.${id}
version: 1.0.0
status: active
description: {purpose: ${SECRETS["the contract"]}.}
tags: [${SECRETS["a tag"]}]
${more}schema:
  - name: ${table}
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: ${COLUMN}, logicalType: string, description: ${SECRETS["the column"]}.}
`;
}

const FILES = {
  "product.odps.yaml": DESCRIPTOR,
  "outport.yaml": "apiVersion: outport/v1\ninputs:\n  animals: {server: files}\n",
  "contracts/input.odcs.yaml": (data) =>
    contract("input", `servers:\n  - {server: files, type: local, path: ${data}, format: csv}\n`, "animals"),
  [`contracts/${TABLE}.odcs.yaml`]: () => contract(TABLE, "", TABLE),
  [`models/${TABLE}.sql`]: `SELECT id, ${COLUMN} FROM input.animals\n`,
  "policies/keepers.cedar": `@id("${SECRETS["a policy of the product"]}")
permit(principal in Group::"keepers", action in Action::"read", resource in Product::"${PRODUCT}");
`,
};

const POLICY = `@id("${SECRETS["a policy of the workspace"]}")
forbid(principal, action, resource in Product::"${PRODUCT}")
unless { principal in Group::"stewards" || principal in Group::"administrators" };
`;

export default async function (world) {
  const folder = await mkdtemp(join(tmpdir(), "outport-hidden-"));
  try {
    const ids = await hides(world, folder);
    const paths = await addresses(ids);
    await findsIt(world, "root", paths);
    await findsNothing(world, "eve", paths, ids);
  } finally {
    await world.server.outport("delete", PRODUCT, "--yes").catch(() => {});
    await world.server.outport("access", "policy", "remove", "sanctuary").catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes the product and everything that there can be about it. Gives the ids of it. */
async function hides({ server }, folder) {
  const { outport } = server;
  const data = join(folder, "animals.csv");
  await writeFile(data, `id,${COLUMN}\n1,${SECRETS["a value"]}\n`);
  for (const [name, content] of Object.entries(FILES)) {
    const path = join(folder, "bundle", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === "function" ? content(data) : content);
  }
  const policy = join(folder, "sanctuary.cedar");
  await writeFile(policy, POLICY);
  // First the policy: at no moment may anyone else know of it.
  await outport("access", "policy", "set", policy);
  await outport("apply", join(folder, "bundle"), "--yes", "--quiet");

  const tokens = {};
  for (const name of ["pia", "root"]) {
    tokens[name] = (await outport("--quiet", "token", "create", "--user", name, "--label", "hidden")).trim();
  }
  const send = async (name, method, path, body) => {
    const headers = { Authorization: `Bearer ${tokens[name]}`, "Content-Type": "application/json" };
    const answer = await fetch(`${server.address}${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return { ...JSON.parse(text), request: answer.headers.get("outport-request") };
  };
  const sql = `SELECT ${COLUMN} FROM ${PRODUCT.replace("-", "_")}.${TABLE}`;
  const feedback = { product: PRODUCT, kind: "question", title: SECRETS.feedback, text: "In the billabong?" };
  const said = await send("pia", "POST", "/v1/feedback", feedback);
  await send("pia", "PUT", `/v1/feedback/ratings/${PRODUCT}`, { csat: 2, text: SECRETS["a rating"] });
  const question = { title: SECRETS["a saved question"], sql, audience: { kind: "everyone" } };
  const asked = await send("pia", "POST", "/v1/questions", question);
  const agreement = await send("pia", "POST", "/v1/agreements", {
    product: PRODUCT,
    port: TABLE,
    purpose: SECRETS["the purpose of a request"],
    justification: SECRETS["why access is asked for"],
    seconds: 86_400,
  });
  const read = await send("pia", "POST", "/v1/sql", { sql, purpose: SECRETS["what was read for"] });
  const task = await send("root", "POST", "/v1/runs", { products: [PRODUCT] });
  return {
    product: PRODUCT,
    table: TABLE,
    feedback: said.feedback?.id ?? said.id,
    question: asked.question?.id ?? asked.id,
    agreement: agreement.id,
    request: read.request,
    task: task.id,
    user: "pia",
    policies: "sanctuary",
  };
}

/** Every address of the management API that gives something, about the product where it is about one. */
async function addresses(ids) {
  const file = new URL("../../../docs/reference/management.openapi.json", import.meta.url);
  const { paths } = JSON.parse(await readFile(file, "utf8"));
  const gives = Object.entries(paths).filter(([, item]) => item.get);
  const named = gives.map(([path]) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name) => {
      assert.ok(ids[name], `${path}: nothing is known of {${name}}`);
      return ids[name];
    }),
  );
  const { product, user } = ids;
  return [
    ...named,
    `/v1/catalog/search?q=${COLUMN}`,
    `/v1/catalog/search?q=&owner=nobody`,
    `/v1/catalog/products/${product}/lineage?direction=down`,
    `/v1/feedback?product=${product}`,
    `/v1/explanations/${product}/${TABLE}?user=${user}`,
    `/v1/audit?product=${product}`,
    `/v1/changes/${product}`,
    `/v1/data/${product}/${TABLE}`,
    `/v1/data/${product}/openapi.json`,
    `/v1/download/${product}/${TABLE}.csv`,
    "/v1/products",
    "/metrics",
  ];
}

/** Status, head and body of every address. A stream is listened to for a moment. */
function fetchAll(page, paths) {
  return page.evaluate(async (all) => {
    const fetched = [];
    for (const path of all) {
      const stop = new AbortController();
      const answer = await fetch(path, { signal: stop.signal });
      const head = [...answer.headers].map((header) => header.join(": ")).join("\n");
      let body = "";
      const late = setTimeout(() => stop.abort(), 1_500);
      try {
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) body += piece.value;
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
      clearTimeout(late);
      fetched.push({ path, status: answer.status, text: `${head}\n\n${body}` });
    }
    return fetched;
  }, paths);
}

/** The secrets that a text has. */
function told(text) {
  const lower = text.toLowerCase();
  return Object.values(SECRETS).filter((secret) => lower.includes(secret.toLowerCase()));
}

/** Each secret is somewhere, or the rest would say nothing. */
async function findsIt(world, name, paths) {
  await as(
    world,
    name,
    "/hub/",
    async (page) => {
      const found = new Set((await fetchAll(page, paths)).flatMap(({ text }) => told(text)));
      const sample = await page.evaluate(async (path) => (await fetch(path)).text(), `/v1/data/${PRODUCT}/${TABLE}`);
      for (const secret of told(sample)) found.add(secret);
      const missing = Object.entries(SECRETS).filter(([, secret]) => !found.has(secret));
      assert.deepEqual(missing, [], "what is nowhere hides from nobody");
    },
    { expect: [/status of 4\d\d/] },
  );
}

async function findsNothing(world, name, paths, ids) {
  const answers = [];
  const reading = [];
  await as(
    world,
    name,
    "/hub/",
    async (page) => {
      page.on("response", (response) => {
        const type = response.headers()["content-type"] ?? "";
        if (type.startsWith("text/event-stream") || response.url().includes("/hub/assets/")) return;
        const read = Promise.all([response.allHeaders(), response.text().catch(() => "")]);
        reading.push(
          read.then(([head, body]) => answers.push({ path: response.url(), text: JSON.stringify(head) + body })),
        );
      });
      // Wherever people go, where nothing of the product is named, not even its name is there.
      for (const { path } of PAGES) {
        await goes(page, path);
        const text = `${await page.content()}${page.url()}`;
        assert.deepEqual(told(text), [], path);
        assert.ok(!text.includes(PRODUCT) && !text.includes(TABLE), path);
      }
      await Promise.all(reading);
      for (const { path, text } of answers) assert.ok(!text.includes(PRODUCT) && !text.includes(TABLE), path);

      // At its own addresses there is nothing, as where there was never anything.
      for (const path of deep(ids)) {
        await goes(page, path);
        assert.deepEqual(told(await page.content()), [], path);
      }
      await asks(page);
      for (const { path, text } of await fetchAll(page, paths)) assert.deepEqual(told(text), [], path);
      const twins = paths.map((path) => path.replaceAll(PRODUCT, "nothing-like"));
      const [own, other] = [await fetchAll(page, paths), await fetchAll(page, twins)];
      for (const [index, { path, status }] of own.entries()) assert.equal(status, other[index].status, path);
      await Promise.all(reading);
    },
    { expect: [/status of 4\d\d/] },
  );
  assert.ok(answers.length > 100, `${answers.length} answers were looked at`);
  for (const { path, text } of answers) assert.deepEqual(told(text), [], path);
}

/** Every address of the hub that can be about it. */
function deep({ product, feedback, question, task, request }) {
  const parts = ["", "use", "contract", "quality", "lineage", "consumers", "access", "changes", "feedback"];
  return [
    ...parts.map((part) => `/hub/products/${product}/${part}`.replace(/\/$/, "")),
    `/hub/products/${product}/feedback?thread=${feedback}`,
    `/hub/?q=${product}`,
    `/hub/?q=${COLUMN}`,
    `/hub/estate?view=products&product=${product}`,
    `/hub/ask?saved=${question}`,
    "/hub/access/inbox",
    `/hub/operate/products/${product}`,
    `/hub/operate/tasks/${task}`,
    `/hub/administer/policies/explain?user=pia&product=${product}&table=${TABLE}`,
    `/hub/administer/policies/files/sanctuary`,
    `/hub/administer/audit/${request}`,
    "/hub/administer/people/pia",
  ];
}

async function goes(page, path) {
  await page.goto(path);
  await page.getByRole("main").waitFor();
  await page.waitForFunction(() => document.querySelector("[data-waiting=true]") === null);
  await page.waitForTimeout(100);
}

/** A question in SQL that names it, and what is offered while it is written. */
async function asks(page) {
  await page.goto("/hub/ask");
  await page.getByRole("textbox", { name: "Question in SQL" }).click();
  await page.keyboard.type("SELECT * FROM quo");
  await page.waitForTimeout(500);
  assert.ok(!(await page.content()).includes("quokka_vault"), "completion");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(`SELECT ${COLUMN} FROM ${PRODUCT.replace("-", "_")}.${TABLE}`);
  await page.getByRole("button", { name: "Run" }).click();
  await page.getByRole("alert").first().waitFor();
  assert.deepEqual(told(await page.content()), [], "an answer in SQL");
}
