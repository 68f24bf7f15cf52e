// An owner chooses the folder of a breaking change and sees who would be hit, and does not apply it. They drop one with a mistake,
// which is told before anything is sent. Then they apply a harmless change, follow its run as it goes, look at what was released, and
// go back to the release from before.
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { as } from "../browser.mjs";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));

/** Building takes its time where the machine has other work. */
const BUILT = { timeout: 90_000 };

export default async function (world) {
  const copies = await mkdtemp(join(tmpdir(), "outport-operate-"));
  try {
    await readsWhatWillBreak(world);
    await as(world, "eve", "/hub/operate", async (page) => {
      await page.getByText("You operate no product").waitFor();
      await page.goto("/hub/operate/plan");
      await page.getByText("Planning takes an administrator").waitFor();
    });
    await plansWhatBreaks(world);
    await mendsWhatIsWrong(world, copies);
    await appliesAndGoesBack(world, copies);
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
}

/** Someone reads a column that is about to go, so that there is a reader to be hit. */
async function readsWhatWillBreak(world) {
  await as(world, "pia", "/hub/", async (page) => {
    const status = await page.evaluate(() =>
      fetch("/v1/sql", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ sql: "SELECT nation FROM customers.customers LIMIT 1", purpose: "segments" }),
      }).then((answer) => answer.status),
    );
    assert.equal(status, 200);
  });
}

async function choose(page, folder) {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a folder" }).click();
  await (await chooser).setFiles(folder);
}

/** Drops a folder from outside of the browser. */
async function drop(page, folder) {
  const session = await page.context().newCDPSession(page);
  const place = page.getByText("Drop a folder here");
  await place.scrollIntoViewIfNeeded();
  const { x, y } = await place.boundingBox();
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: x + 2, y: y + 2, data });
  }
  await session.detach();
}

async function plansWhatBreaks(world) {
  await as(world, "root", "/hub/operate", async (page) => {
    await page.getByRole("heading", { name: "All products" }).waitFor();
    await page.getByRole("link", { name: "Plan a change" }).click();
    await choose(page, join(EXAMPLES, "breaking-change/customers"));
    await page.getByText("This is refused as it stands").waitFor();
    await page.getByText(/must be at least/).waitFor();
    // Products and their columns, people, and what breaks.
    for (const product of ["revenue", "customer-360"]) {
      await page.getByRole("heading", { name: product, exact: true }).waitFor();
    }
    await page.getByText("customers.customers.market_segment", { exact: true }).first().waitFor();
    const readers = page.getByRole("table", { name: "Who read what breaks" });
    await readers.getByText("pia").waitFor();
    await readers.getByText("segments").waitFor();
    await readers.getByText("customers.customers.nation").waitFor();
    assert.equal(await page.getByRole("button", { name: "Apply this plan" }).count(), 0);
    await world.browser.picture(page, "operate-plan-refused");
    await world.browser.judge(page, "operate-plan-refused");
  });
}

/** What is wrong is shown where it stands, and is gone when it is mended. */
async function mendsWhatIsWrong(world, copies) {
  const bundle = join(copies, "wrong", "suppliers");
  await cp(join(EXAMPLES, "retail/suppliers"), bundle, { recursive: true });
  const settings = join(bundle, "outport.yaml");
  const right = await readFile(settings, "utf8");
  await writeFile(settings, right.replace("inputs:", "inptus:"));
  await as(
    world,
    "root",
    "/hub/operate/plan",
    async (page) => {
      const sent = [];
      page.on("request", (request) => request.url().endsWith("/v1/plans") && sent.push(request.method()));
      await drop(page, bundle);
      await page.getByText(/^\d+ errors? in the documents: nothing was sent/).waitFor();
      assert.deepEqual(sent, []);
      const place = page.getByRole("group", { name: "suppliers/outport.yaml" }).first();
      await place.getByText("inptus", { exact: true }).waitFor();
      await page
        .getByText(/suppliers\/outport\.yaml, line \d+, column \d+/)
        .first()
        .waitFor();
      await world.browser.picture(page, "operate-plan-wrong");
      await world.browser.judge(page, "operate-plan-wrong");
      // The server says the same, and would have the last word.
      await page.getByRole("button", { name: "Ask the server all the same" }).click();
      await page.getByText(/^\d+ errors? in the bundles/).waitFor();
      assert.deepEqual(sent, ["POST"]);
      await place.getByText("inptus", { exact: true }).waitFor();
      await writeFile(settings, right);
      await drop(page, bundle);
      await page.getByText("Nothing would change").waitFor();
    },
    { expect: [/status of 422/] },
  );
}

async function appliesAndGoesBack(world, copies) {
  const bundle = join(copies, "right", "suppliers");
  await cp(join(EXAMPLES, "retail/suppliers"), bundle, { recursive: true });
  const model = join(bundle, "models/suppliers.sql");
  // The same rows from another text, so that the table is built anew and nobody is hit.
  await writeFile(model, `SELECT * FROM (\n${(await readFile(model, "utf8")).trim().replace(/;$/, "")}\n) AS again\n`);
  await as(
    world,
    "root",
    "/hub/operate/plan",
    async (page) => {
      await choose(page, bundle);
      await page.getByText("Nobody who reads is hit").waitFor();
      await outdated(world, page, bundle, model);
      await page.getByText("Nobody who reads is hit").waitFor();
      await page.getByRole("button", { name: "Apply this plan" }).click();
      await page
        .getByRole("dialog", { name: "Apply this plan?" })
        .getByRole("button", { name: "Apply this plan" })
        .click();

      await page.waitForURL(/\/hub\/operate\/tasks\//);
      await page.getByText(/Release \d+ is published/).waitFor(BUILT);
      await page.getByText("Table suppliers").waitFor();
      // Loading it again tells the same from the beginning.
      await page.reload();
      await page.getByText(/Release \d+ is published/).waitFor(BUILT);
      await page.getByText(/\d+ lines/).click();
      await page
        .getByRole("group", { name: "Log" })
        .getByText(/suppliers: begins/)
        .waitFor();
      await world.browser.picture(page, "operate-task");
      await world.browser.judge(page, "operate-task");

      await page.getByRole("heading", { name: "suppliers" }).getByRole("link").click();
      await page.getByRole("heading", { name: "Releases" }).waitFor();
      await page.getByText("was built anew").first().waitFor();
      const releases = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: /^Release \d+$/ }) });
      const before = await releases.nth(1).getByRole("heading").textContent();
      await page.getByRole("button", { name: `Make it current ${before}` }).click();
      const dialog = page.getByRole("dialog", { name: `Make ${before.toLowerCase()} current?` });
      await dialog.getByText("held at that release").waitFor();
      await world.browser.judge(page, "operate-roll-back");
      await dialog.getByRole("button", { name: /^Make release/ }).click();
      await page.getByText("It is held at an earlier release").waitFor();
      await page
        .getByText(/was made current in place of/)
        .first()
        .waitFor();
      await world.browser.picture(page, "operate-product-held");
      await world.browser.judge(page, "operate-product-held");

      // The workspace says so, and a run of the product ends it.
      await page.getByRole("link", { name: "Operate", exact: true }).first().click();
      await page.getByText("Rolled back, and held").first().waitFor();
      await page.getByRole("checkbox", { name: "Choose suppliers" }).check();
      await page.getByRole("button", { name: "Run 1 product" }).click();
      await page.waitForURL(/\/hub\/operate\/tasks\//);
      await page.getByText(/Release \d+ is published/).waitFor(BUILT);
    },
    { expect: [/status of 409/] },
  );
  await world.server.outport?.("apply", "examples/retail/suppliers", "--yes", "--quiet");
}

/** What is on record changes behind the plan: it is not applied, and planned again. */
async function outdated({ server }, page, bundle, model) {
  // Only where the command line of the same home is at hand.
  if (!server.outport) return;
  const planned = await readFile(model, "utf8");
  await writeFile(model, `-- In the meantime.\n${planned.replace("AS again", "AS once")}`);
  await server.outport("apply", bundle, "--yes", "--quiet");
  await writeFile(model, planned);
  await page.getByRole("button", { name: "Apply this plan" }).click();
  await page.getByRole("dialog", { name: "Apply this plan?" }).getByRole("button", { name: "Apply this plan" }).click();
  await page.getByText("What would change is not what the plan says any more").waitFor();
  await page.getByRole("button", { name: "Plan again" }).last().click();
}
