// budgets.mjs [--server ADDRESS] [--rounds N] [--product ID] [FILTER…]: how long each page of the hub takes when nothing of it is in
// the browser yet. Prints medians and asserts nothing of time; `journeys/12-waiting.mjs` holds what does not depend on the machine.
// Without a server it starts its own, as the journeys do. At one that is named, everything is looked at as $OUTPORT_AS, who has the
// password $OUTPORT_PASSWORD, and the pages of a product are those of ID.
import { parseArgs } from "node:util";

import { as, openBrowser } from "./browser.mjs";
import { PAGES } from "./pages.mjs";
import { startServer } from "./server.mjs";

/** Milliseconds without any change, after which a page is taken to be whole. */
const STILL = 600;

/** Milliseconds after which nobody waits any more. */
const LONGEST = 30_000;

/** The product that the addresses of `pages.mjs` are about. */
const PRODUCT = "customer-360";

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string" },
    rounds: { type: "string", default: "5" },
    product: { type: "string", default: PRODUCT },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: not a number of rounds`);

const server = values.server ? named(values.server) : await startServer();
const browser = await openBrowser(server);
try {
  const states = new Map();
  const figures = [];
  for (const { name, path, as: someone } of chosen()) {
    const who = someone && (server.who ?? someone);
    if (!states.has(who)) states.set(who, who && (await as({ browser }, who, "/hub/", kept)));
    const seen = [];
    for (let round = 0; round < rounds; round++) seen.push(await cold(path, states.get(who)));
    figures.push({ page: name, ...medians(seen) });
    console.error(JSON.stringify(figures.at(-1)));
  }
  console.table(figures);
} finally {
  await browser.close();
  await server.stop();
}

/** A server that somebody else runs, and who looks at it. */
function named(address) {
  const { OUTPORT_AS: who, OUTPORT_PASSWORD: password } = process.env;
  if (!who || !password) throw new Error("--server needs $OUTPORT_AS and $OUTPORT_PASSWORD: who looks at its pages");
  return { address: address.replace(/\/$/, ""), who, people: { [who]: { password } }, stop: async () => {} };
}

/** Each address once. */
function chosen() {
  const paths = new Set();
  return PAGES.map((page) => ({ ...page, path: page.path.replaceAll(PRODUCT, values.product) })).filter(
    ({ name, path }) => {
      const wanted = filters.length === 0 || filters.some((filter) => name.includes(filter));
      return wanted && !paths.has(path) && paths.add(path);
    },
  );
}

/** What a browser keeps of whoever is signed in. */
function kept(page) {
  return page.context().storageState();
}

/** Milliseconds of one visit by a browser that has nothing of the hub but the session. */
async function cold(path, state) {
  const { page, close } = await browser.open({ state });
  try {
    await page.addInitScript(watch);
    await page.goto(path);
    // A page that goes on waiting is not whole, and its other figures are told all the same.
    await page
      .waitForFunction((still) => performance.now() - globalThis.watched.changed > still, STILL, {
        polling: 100,
        timeout: LONGEST,
      })
      .catch(() => {});
    return await page.evaluate(() => {
      const { frame, whole } = globalThis.watched;
      const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
      const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
      const answers = loaded.filter(({ name }) => new URL(name).pathname.startsWith("/v1/"));
      return {
        "first paint": paint,
        frame,
        whole,
        "slowest answer": Math.max(0, ...answers.map(({ duration }) => duration)),
        kB: loaded.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1_000,
      };
    });
  } finally {
    await close();
  }
}

/** In the page: when its frame was there, when it last had what it waited for, and when anything last changed. */
function watch() {
  const watched = { frame: undefined, whole: undefined, changed: Number.POSITIVE_INFINITY };
  globalThis.watched = watched;
  new MutationObserver(() => {
    if (document.querySelector("main") === null) return;
    const now = performance.now();
    watched.frame ??= now;
    if (document.querySelector("[data-waiting=true], main [aria-busy=true]") !== null) {
      // It waits still, or again.
      watched.whole = undefined;
      watched.changed = Number.POSITIVE_INFINITY;
      return;
    }
    watched.whole ??= now;
    watched.changed = now;
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

function medians(seen) {
  const median = (name) => {
    const sorted = seen.map((figures) => figures[name] ?? Number.NaN).sort((a, b) => a - b);
    return Math.round(sorted[Math.floor(sorted.length / 2)]);
  };
  return Object.fromEntries(Object.keys(seen[0]).map((name) => [name, median(name)]));
}
