// run.mjs [FILTER…]: journeys and pages of the hub in Chromium, against a real server on a home of its own with the retail
// products. Screenshots, and what axe found, are in `e2e/seen`. A filter is a part of a journey's or a page's name.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { openBrowser } from "./browser.mjs";
import { visit } from "./pages.mjs";
import { startServer } from "./server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const SEEN = here("seen");
const filters = process.argv.slice(2);
const wanted = (name) => filters.length === 0 || filters.some((filter) => name.includes(filter));

/** Journeys by the name of their file, each `export default async (world) => {…}`. They go in the order of their names. */
async function journeys() {
  const files = (await readdir(here("journeys"))).filter((file) => file.endsWith(".mjs")).sort();
  return Promise.all(
    files.map(async (file) => ({ name: file.slice(0, -4), run: (await import(`./journeys/${file}`)).default })),
  );
}

async function attempt(name, run, failures) {
  const began = Date.now();
  try {
    await run();
    console.log(`ok      ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}\n${indented(error.stack ?? String(error))}`);
  }
}

function indented(text) {
  return text.replaceAll(/^/gm, "        ");
}

await rm(SEEN, { recursive: true, force: true });
await mkdir(SEEN, { recursive: true });
const server = await startServer();
const browser = await openBrowser(server, SEEN);
const failures = [];
try {
  for (const { name, run } of await journeys()) {
    if (wanted(name)) await attempt(name, () => run({ server, browser }), failures);
  }
  for (const page of visit(server)) {
    if (wanted(page.name)) await attempt(page.name, () => page.run(browser), failures);
  }
  await writeFile(`${SEEN}/violations.json`, JSON.stringify(browser.violations, null, 2));
} finally {
  await browser.close();
  await server.stop();
}
if (failures.length > 0) {
  console.log(`${failures.length} failed: ${failures.join(", ")}`);
  process.exit(1);
}
console.log(`all passed; screenshots are in ${SEEN}`);
