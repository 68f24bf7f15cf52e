// A run that takes too long: its page loses the connection and follows it again, telling nothing twice, and stops it. Then a product
// that others read is removed, which only whoever says so can do.
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { as } from "../browser.mjs";
import { openRelay } from "../relay.mjs";

const RETAIL = fileURLToPath(new URL("../../../examples/retail", import.meta.url));

/** Building takes its time where the machine has other work. */
const BUILT = { timeout: 90_000 };

export default async function (world) {
  const { outport } = world.server;
  if (!outport) {
    console.log(
      "        left out: what it changes is put back by the command line of the same home, which is not at hand",
    );
    return;
  }
  const copies = await mkdtemp(join(tmpdir(), "outport-stop-"));
  try {
    await stopsWhatTakesTooLong(world, await slow(copies));
    await removesWhatOthersRead(world);
  } finally {
    await outport("apply", RETAIL, "--yes", "--quiet");
    await rm(copies, { recursive: true, force: true });
  }
  await isOnRecord(world);
}

/** The bundle of the suppliers, with a table that takes longer than anyone waits. */
async function slow(copies) {
  const bundle = join(copies, "suppliers");
  await cp(join(RETAIL, "suppliers"), bundle, { recursive: true });
  const model = join(bundle, "models/suppliers.sql");
  const all = ["a", "b", "c", "d", "e", "f"].map((name) => `input.supplier AS ${name}`).join(" CROSS JOIN ");
  const text = (await readFile(model, "utf8")).trim();
  const endless = `(SELECT sum(a.s_acctbal + f.s_acctbal) FROM ${all}) IS NOT NULL`;
  await writeFile(model, `SELECT * FROM (\n${text}\n) AS slow WHERE ${endless}\n`);
  return bundle;
}

async function stopsWhatTakesTooLong(world, bundle) {
  const relay = await openRelay(world.server.address);
  const act = async (page) => {
    try {
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Choose a folder" }).click();
      await (await chooser).setFiles(bundle);
      await page.getByText("Nobody who reads is hit").waitFor();
      await apply(page);
      await page.getByText("being computed").waitFor(BUILT);
      await losesTheConnection(world, page, relay);
      await stops(world, page);
    } finally {
      relay.mend();
      await endAll(page);
    }
  };
  try {
    // The browser tells of every connection that is not made.
    await as(world, "root", "/hub/operate/plan", act, {
      address: relay.address,
      expect: [/net::ERR_/, /status of 503/],
    });
  } finally {
    relay.close();
  }
}

async function apply(page) {
  await page.getByRole("button", { name: "Apply this plan" }).click();
  await page.getByRole("dialog", { name: "Apply this plan?" }).getByRole("button", { name: "Apply this plan" }).click();
  await page.waitForURL(/\/hub\/operate\/tasks\//);
}

/** The run goes on while nobody can follow it, and is followed again from where it was. */
async function losesTheConnection({ browser }, page, relay) {
  const live = page.getByText("Live", { exact: true });
  const lost = page.getByText("The connection is lost.");
  const events = /\/v1\/tasks\/[^/]+\/events$/;
  await live.waitFor();
  await page.getByText("5 lines").click();
  const told = await log(page);
  assert.equal(new Set(told).size, 5);

  relay.break();
  await lost.waitFor();
  await live.waitFor({ state: "detached" });
  await browser.picture(page, "operate-task-lost");
  await browser.judge(page, "operate-task-lost");
  const asked = page.waitForRequest(async (request) => {
    return events.test(request.url()) && (await request.response())?.ok();
  }, BUILT);
  relay.mend();
  assert.equal((await (await asked).allHeaders())["last-event-id"], "5");
  await live.waitFor();
  assert.deepEqual(await log(page), told);

  // What stands before a server that starts anew has an answer of its own, after which no browser asks again by itself.
  await page.route(events, (route) => route.fulfill({ status: 503 }), { times: 1 });
  relay.break();
  await lost.waitFor();
  relay.mend();
  await live.waitFor(BUILT);
  assert.deepEqual(await log(page), told);
}

async function log(page) {
  return (await page.getByRole("group", { name: "Log" }).textContent()).split("\n");
}

/** What was released before stays, and what comes of it is told by the connection that was made again. */
async function stops({ browser }, page) {
  await page.getByRole("button", { name: "Stop it" }).click();
  await page.getByRole("dialog", { name: "Stop it?" }).getByRole("button", { name: "Stop it" }).click();
  await page.getByText("Stopped: nothing is published").waitFor(BUILT);
  await page.getByText("it was stopped; the release from before stays", { exact: true }).waitFor();
  await page.getByText("was not finished").waitFor();
  await page.getByRole("status").filter({ hasText: "Stopped 1 stopped" }).waitFor();
  await page.getByText("6 lines").waitFor();
  assert.equal(await page.getByRole("button", { name: "Stop it" }).count(), 0);
  await browser.picture(page, "operate-task-stopped");
  await browser.judge(page, "operate-task-stopped");
  await page.getByRole("link", { name: "Operate", exact: true }).first().click();
  const needy = page.getByRole("listitem").filter({ hasText: "Suppliers" });
  await needy.getByText("Last run was stopped").waitFor();
  await needy.getByText("Those who read it see the release from before").waitFor();
  const released = await page.evaluate(async () => (await (await fetch("/v1/intents/suppliers")).json()).release);
  assert.notEqual(released, null);
}

/** Whatever came of it, nothing that was begun goes on. */
function endAll(page) {
  return page.evaluate(async () => {
    const running = async () => (await (await fetch("/v1/tasks")).json()).filter(({ state }) => state === "running");
    for (const { id } of await running()) await fetch(`/v1/tasks/${id}`, { method: "DELETE" });
    while ((await running()).length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
  });
}

async function removesWhatOthersRead(world) {
  const act = async (page) => {
    await page.getByText("Remove products").click();
    await page.getByLabel("Product", { exact: true }).selectOption("suppliers");
    const planned = page.waitForResponse((answer) => answer.url().endsWith("/v1/plans"));
    await page.getByRole("button", { name: "Show the plan" }).click();
    await page.getByText("This is refused, as others read what would go").waitFor();
    await page.getByText("suppliers is still read by supply-chain-reliability").waitFor();
    // Neither the page does it without the consent, nor the server.
    const { fingerprint } = await (await planned).json();
    const order = { change: (await planned).request().postDataJSON(), fingerprint };
    assert.equal(await send(page, "/v1/applies", order), 409);
    const remove = page.getByRole("button", { name: "Apply this plan" });
    assert.equal(await remove.isDisabled(), true);
    await page.getByRole("checkbox", { name: "Do it although others read it" }).check();
    await world.browser.picture(page, "operate-plan-force");
    await world.browser.judge(page, "operate-plan-force");
    await apply(page);
    await page.getByText("Done", { exact: true }).waitFor(BUILT);
    await page.getByText("Removed", { exact: true }).waitFor();
    await world.browser.picture(page, "operate-task-removed");
    await world.browser.judge(page, "operate-task-removed");
    await page.goto("/hub/operate");
    const products = page.getByRole("table", { name: "Products that you operate" });
    await products.getByRole("rowheader", { name: /supply-chain-reliability/ }).waitFor();
    assert.equal(await products.getByRole("rowheader", { name: /suppliers/ }).count(), 0);
    const reader = products.getByRole("row", { name: /supply-chain-reliability/ });
    await reader.getByText("An input is missing").waitFor();
  };
  await as(world, "root", "/hub/operate/plan", act, { expect: [/status of 409/] });
}

function send(page, path, order) {
  return page.evaluate(
    async ([path, body]) => {
      const headers = { "Content-Type": "application/json" };
      return (await fetch(path, { method: "POST", headers, body })).status;
    },
    [path, JSON.stringify(order)],
  );
}

/** Once the product is back, its history says what was done to it. */
async function isOnRecord(world) {
  await as(world, "root", "/hub/operate/products/suppliers", async (page) => {
    await page.getByText("It was removed").first().waitFor();
    await page.getByText("although supply-chain-reliability read it").first().waitFor();
    await world.browser.picture(page, "operate-product-back");
  });
}
