// A server that does not answer yet: every page says that it waits. How long the slowest took to say so is told.
import assert from "node:assert/strict";

import { as } from "../browser.mjs";
import { PAGES } from "../pages.mjs";

const WAITS = "[data-waiting=true], [aria-busy=true], [role=progressbar]";

export default async function (world) {
  const took = [];
  for (const who of ["ann", "root"]) {
    const act = async (page) => {
      for (const entry of PAGES.filter((one) => one.as === who)) took.push([entry.name, await says(page, entry)]);
    };
    await as(world, who, "/hub/", act, { expect: [/status of 4\d\d/] });
  }
  const silent = took.filter(([, milliseconds]) => milliseconds === null).map(([name]) => name);
  assert.deepEqual(silent, [], "these pages wait and do not say so");
  const [slowest, most] = took.reduce((a, b) => (b[1] > a[1] ? b : a));
  console.log(`        said to wait within ${Math.round(most)} ms of its frame at most, by ${slowest}`);
}

/**
 * How long it takes, from the frame of the page on, until it says that it waits for the server, or has what people come for already;
 * null where it never does.
 */
async function says(page, { path, form, ready }) {
  const data = /\/v1\/(?!session|events)/;
  let answer = () => {};
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  let asked = 0;
  await page.route(data, async (route) => {
    asked++;
    await held;
    await route.continue().catch(() => {});
  });
  try {
    // From elsewhere: where addresses differ in their fragment alone, nothing would be loaded.
    await page.goto("about:blank");
    await page.goto(path);
    await page.getByRole("main").waitFor();
    const began = Date.now();
    // A form is there at once; what it offers beside may come later.
    const there = form ? ready(page).or(page.locator(WAITS)) : page.locator(WAITS);
    const said = there.first().waitFor({ timeout: 5_000 });
    return await said.then(
      () => Date.now() - began,
      // Who asks for nothing does not wait.
      () => (asked === 0 ? 0 : null),
    );
  } finally {
    answer();
    await page.unroute(data);
  }
}
