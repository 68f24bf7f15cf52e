// Someone asks about a column, the owner answers, and whoever asked sees it; someone without rights asks for them. And someone
// saves a question in SQL, shares it by its link, and takes it back.
import assert from "node:assert/strict";

import { as } from "../browser.mjs";

const QUESTION = "Why do the shares not sum to 1?";
const TITLE = "Customers of each nation";
const SQL = "SELECT nation, count(*) AS customers FROM customer_360.customers GROUP BY nation ORDER BY nation";

export default async function (world) {
  await asks(world, "ann");
  await answers(world, "root");
  await sees(world, "ann");
  await requests(world, "eve");
  const link = await saves(world, "ann");
  await runs(world, "pia", link);
  await finds(world, "eve", link);
  await shares(world, "ann", link);
  await mayNotRead(world, "eve", link);
  await removes(world, "ann", link);
}

async function asks(world, name) {
  await as(world, name, "/hub/products/customer-360/contract", async (page) => {
    await page.getByRole("link", { name: "Ask about this column: market_share" }).click();
    const dialog = page.getByRole("dialog", { name: "Write something" });
    await dialog.getByRole("button", { name: "Send it" }).click();
    await dialog.getByText("Write what it is about").waitFor();
    assert.equal(await dialog.getByLabel("About", { exact: true }).inputValue(), "customers.market_share");
    await dialog.getByLabel("In one line").fill(QUESTION);
    // What is written is shown as it is written.
    await dialog
      .getByLabel("More about it")
      .fill("For GERMANY I get 0.998.\n<img src=x onerror=alert(1)> **not bold**");
    await dialog.getByRole("button", { name: "Send it" }).click();
    await page.getByRole("heading", { name: QUESTION }).waitFor();
    await page.getByText("<img src=x onerror=alert(1)> **not bold**").waitFor();
    assert.equal(await page.locator("main img").count(), 0);
  });
}

async function answers(world, name) {
  await as(world, name, "/hub/products/customer-360/feedback", async (page) => {
    await page.getByRole("link", { name: QUESTION }).click();
    await page.getByLabel("Your reply").fill("Customers without an order are left out of the sum.");
    await page.getByRole("button", { name: "Reply" }).click();
    await page.getByText("Customers without an order").waitFor();
    await page.getByLabel("State").selectOption("answered");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("main").getByText("Answered", { exact: true }).first().waitFor();
  });
}

async function sees(world, name) {
  await as(world, name, "/hub/products/customer-360/feedback?show=open", async (page) => {
    await page.getByRole("radio", { name: "All" }).check({ force: true });
    await page.getByRole("link", { name: QUESTION }).click();
    await page.getByText("Customers without an order").waitFor();
    await page.getByText("answers for the product").waitFor();
  });
}

async function requests(world, name) {
  await as(world, name, "/hub/products/customer-360/access", async (page) => {
    await page.getByRole("button", { name: "Ask for access customer_360.customers", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: /Ask for access to/ });
    await dialog.getByLabel("What for?").fill("churn analysis");
    await dialog.getByRole("button", { name: "Send the request" }).click();
    await page.getByText("Waiting for a decision").waitFor();
    await page.getByRole("link", { name: "Use it" }).click();
    await page.getByText("You may not read this product yet").waitFor();
  });
}

/** A question is saved with its chart, for one person by name; what this browser kept before goes to the server with it. */
async function saves(world, name) {
  let link = "";
  await as(world, name, "/hub/ask", async (page) => {
    await page.getByRole("textbox", { name: "Question in SQL" }).click();
    await page.keyboard.insertText(SQL);
    await page.keyboard.press("Control+Enter");
    await page.locator("[role=gridcell]").first().waitFor();
    await page.getByRole("radio", { name: "Chart" }).check({ force: true });
    await page.locator("canvas").first().waitFor();

    await page.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Save this question" });
    await dialog.getByRole("radio", { name: "Some, by name" }).check({ force: true });
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await dialog.getByText("Write in one line what it asks").waitFor();
    await dialog.getByText("Write at least one name here").waitFor();
    await dialog.getByLabel("What does it ask?").fill(TITLE);
    await dialog.getByLabel("More about it").fill("<img src=x onerror=alert(1)> for the weekly meeting");
    await dialog.getByLabel("People").fill("pia");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: TITLE, level: 2 }).waitFor();
    await page.getByText("<img src=x onerror=alert(1)> for the weekly meeting").waitFor();
    // What was answered is still there.
    assert.equal(await page.locator("canvas").count(), 1);
    await page.waitForURL(/[?]saved=/);
    link = new URL(page.url()).pathname + new URL(page.url()).search;

    await page.evaluate(() => {
      const left = [{ name: "Left behind", sql: "SELECT 1", purpose: null }];
      localStorage.setItem("outport.questions.dev.ann", JSON.stringify(left));
    });
    await page.goto(link);
    await page.getByText("1 question of yours is in this browser alone.").waitFor();
    await page.getByRole("button", { name: "Keep on the server" }).click();
    await page.getByRole("link", { name: /Left behind/ }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem("outport.questions.dev.ann")), null);
    await page.reload();
    await page.getByRole("button", { name: "Remove Left behind" }).click();
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByRole("link", { name: /Left behind/ }).waitFor({ state: "detached" });
  });
  return link;
}

/** Whom it is for runs it under their own rights, and makes no change to it. */
async function runs(world, name, link) {
  await as(world, name, link, async (page) => {
    await page.getByRole("heading", { name: TITLE, level: 2 }).waitFor();
    await page.getByText("ann wrote it. Read it before you run it").waitFor();
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("img", { name: /customers for each of \d+ values of nation/ }).waitFor();
    assert.equal(await page.getByRole("button", { name: `Remove ${TITLE}` }).count(), 0);
    await page.getByRole("button", { name: "Save a copy" }).waitFor();
    await page.getByRole("heading", { name: "Shared with you" }).waitFor();
  });
}

/** To whom it is not shown there is nothing at that address, as at any other that leads nowhere. */
async function finds(world, name, link) {
  const told = [];
  for (const path of [link, "/hub/ask?saved=01940000-0000-7000-8000-000000000001"]) {
    await as(
      world,
      name,
      path,
      async (page) => {
        await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
        told.push(await page.getByRole("main").textContent());
        await page.goto("/hub/ask");
        await page.getByText("Save a question to find it here again").waitFor();
        assert.equal(await page.getByText(TITLE).count(), 0);
      },
      { expect: [/status of 404/] },
    );
  }
  assert.equal(told[0], told[1]);
}

async function shares(world, name, link) {
  await as(world, name, link, async (page) => {
    await page.getByText("Shared with pia.").first().waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Save changes to this question" });
    assert.equal(await dialog.getByLabel("People").inputValue(), "pia");
    await dialog.getByRole("radio", { name: "Everyone here" }).check({ force: true });
    await dialog.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Shared with everyone here.").first().waitFor();
  });
}

/** Whoever may know of a product sees what is asked about it, and not the answer. */
async function mayNotRead(world, name, link) {
  await as(
    world,
    name,
    link,
    async (page) => {
      await page.getByRole("heading", { name: TITLE, level: 2 }).waitFor();
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByRole("alert").first().waitFor();
      assert.equal(await page.locator("canvas, [role=gridcell]").count(), 0);
    },
    { expect: [/status of 40[34]/] },
  );
}

async function removes(world, name, link) {
  await as(world, name, link, async (page) => {
    await page.getByRole("button", { name: `Remove ${TITLE}` }).click();
    await page.getByText("is gone then, for everyone who sees it").waitFor();
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByRole("link", { name: new RegExp(TITLE) }).waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).search, "");
  });
}
