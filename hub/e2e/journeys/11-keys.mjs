// Operate, Administer and Estate without a mouse: the focus comes to everything, can be seen, and is not lost when a dialog closes.
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { within } from "../browser.mjs";
import { enter, signsIn, tabTo } from "../keys.mjs";

const SUPPLIERS = fileURLToPath(new URL("../../../examples/retail/suppliers", import.meta.url));

const BUILT = { timeout: 60_000 };

export default async function (world) {
  try {
    await within(world, async (page) => {
      await signsIn(page, "root", world.server.people.root.password);
      await changes(page);
      await operates(page);
      await administers(page);
      await looksAtTheEstate(page);
    });
  } finally {
    await world.server.outport?.("apply", SUPPLIERS, "--yes", "--quiet");
  }
}

/** Goes to a page by its letters. */
async function goes(page, letter, address) {
  await page.keyboard.press("g");
  await page.keyboard.press(letter);
  await page.waitForURL(address);
}

/** Lets a dialog be, and has the focus where it was before. */
async function letsBe(page, opens, title) {
  await enter(page, opens);
  const dialog = page.getByRole("dialog", { name: title });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await opens.evaluate((button) => button === document.activeElement), true, `the focus after ${title}`);
}

/** Plans a bundle and applies it, and goes back to the release from before. */
async function changes(page) {
  const copies = await mkdtemp(join(tmpdir(), "outport-keys-"));
  try {
    const bundle = join(copies, "suppliers");
    await cp(SUPPLIERS, bundle, { recursive: true });
    const model = join(bundle, "models/suppliers.sql");
    // The same rows from another text.
    await writeFile(
      model,
      `SELECT * FROM (\n${(await readFile(model, "utf8")).trim().replace(/;$/, "")}\n) AS by_keys\n`,
    );
    await goes(page, "o", /\/hub\/operate$/);
    await enter(page, page.getByRole("link", { name: "Plan a change" }));
    const chooser = page.waitForEvent("filechooser");
    await enter(page, page.getByRole("button", { name: "Choose a folder" }));
    await (await chooser).setFiles(bundle);
    await page.getByText("Nobody who reads is hit").waitFor();
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
  const apply = page.getByRole("button", { name: "Apply this plan" });
  await letsBe(page, apply, "Apply this plan?");
  await page.keyboard.press("Enter");
  await enter(
    page,
    page.getByRole("dialog", { name: "Apply this plan?" }).getByRole("button", { name: "Apply this plan" }),
  );
  await page.waitForURL(/\/hub\/operate\/tasks\//);
  await page.getByText(/Release \d+ is published/).waitFor(BUILT);

  await enter(page, page.getByRole("heading", { name: "suppliers" }).getByRole("link"));
  await page.getByRole("heading", { name: "Releases" }).waitFor();
  const back = page.getByRole("button", { name: /^Make it current Release/ }).first();
  await letsBe(page, back, /^Make release \d+ current\?$/);
  await page.keyboard.press("Enter");
  await enter(page, page.getByRole("dialog").getByRole("button", { name: /^Make release/ }));
  await page.getByText("It is held at an earlier release").waitFor();
  // The button is gone; the next key goes on from where it was, not from the top of the page.
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest("main") !== null), true, "the focus goes on");
}

/** Runs a product, and looks at what comes of it. */
async function operates(page) {
  await goes(page, "o", /\/hub\/operate$/);
  await page.getByRole("table", { name: "Products that you operate" }).waitFor();
  await tabTo(page, page.getByRole("checkbox", { name: "Choose suppliers" }));
  await page.keyboard.press("Space");
  await enter(page, page.getByRole("button", { name: "Run 1 product" }));
  await page.waitForURL(/\/hub\/operate\/tasks\//);
  await page.getByRole("heading", { name: "suppliers" }).waitFor(BUILT);
  await page
    .getByText(/Release \d+ is published|Nothing new: release/)
    .first()
    .waitFor(BUILT);
  await enter(page, page.getByRole("heading", { name: "suppliers" }).getByRole("link"));
  await page.getByRole("heading", { name: "Releases" }).waitFor();
}

/** Adds a person, begins to make a token and lets it be, asks why they see what they see, and finds a request. */
async function administers(page) {
  await goes(page, "m", /\/hub\/administer\/people$/);
  await enter(page, page.getByRole("link", { name: "Add someone" }));
  await tabTo(page, page.getByLabel("Name"));
  await page.keyboard.type("kim");
  await tabTo(page, page.getByLabel("analysts"));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByLabel("Password"));
  await page.keyboard.type("kim reads by keys alone");
  await enter(page, page.getByRole("button", { name: "Add the person" }));
  await page.waitForURL(/\/people\/kim$/);

  await enter(page, page.getByRole("main").getByRole("link", { name: "Tokens" }).first());
  await page.waitForURL(/\/administer\/tokens/);
  await letsBe(page, page.getByRole("button", { name: "Make a token" }), "Make a token");

  await enter(page, page.getByRole("main").getByRole("link", { name: "Policies" }).first());
  await enter(page, page.getByRole("link", { name: "Explain" }));
  for (const [field, typed] of [
    ["Product", "Supp"],
    ["Table", "supp"],
    ["Who?", "kim"],
  ]) {
    const input = page.getByRole("main").getByLabel(field, { exact: true });
    await input.and(page.locator(":enabled")).waitFor();
    await tabTo(page, input);
    await page.keyboard.type(typed);
  }
  await enter(page, page.getByRole("button", { name: "Explain" }));
  await page.getByText(/kim may (not )?read suppliers\.suppliers/).waitFor();

  await enter(page, page.getByRole("main").getByRole("link", { name: "Audit" }).first());
  await page.getByRole("heading", { name: "Requests on record" }).waitFor();
  await tabTo(page, page.getByLabel("Who", { exact: true }));
  await page.keyboard.type("root");
  await enter(page, page.getByRole("button", { name: "Show", exact: true }));
  await page.waitForURL(/user=root/);
  await enter(page, page.getByRole("row").filter({ hasText: "root" }).first().getByRole("link"));
  await page.getByRole("heading", { name: "One request" }).waitFor();
}

/** From the map into the drawing, along its lines, and to the same as a table. */
async function looksAtTheEstate(page) {
  await goes(page, "e", /\/hub\/estate$/);
  await enter(page, page.getByRole("link", { name: /^sales/ }));
  await page.waitForURL(/domain=sales/);
  await tabTo(page, page.getByRole("application"));
  await page.keyboard.press("ArrowRight");
  await page.waitForURL(/product=/);
  await page.getByRole("complementary", { name: "The chosen product" }).waitFor();
  await enter(page, page.getByRole("link", { name: "Table", exact: true }), 200);
  await page.getByRole("table", { name: "Products" }).waitFor();
}
