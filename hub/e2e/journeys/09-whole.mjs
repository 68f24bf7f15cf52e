// The whole of it, as docs/tour.md walks it with the two accounts of the demo: an analyst finds a product, judges it, asks for it; a
// steward decides; the analyst asks her question, stands among the consumers, and has an answer to what the product does not say.
import assert from "node:assert/strict";

import { as } from "../browser.mjs";

const PURPOSE = "budget of 1998";
const SQL = `SELECT nation, sum(net_revenue) AS revenue
FROM revenue.revenue
WHERE month >= DATE '1997-01-01' AND month < DATE '1998-01-01'
GROUP BY nation
ORDER BY revenue DESC`;
const QUESTION = "Is what was sent back taken off?";
const ANSWER = "No: returns have a column of their own, so that you can take them off.";

/** As wide as the pictures of the tour. */
const WINDOW = { width: 1200, height: 780 };

export default async function (world) {
  const began = Date.now();
  await finds(world, "ann");
  await decides(world, "pia");
  await uses(world, "ann");
  await answers(world, "pia");
  await reads(world, "ann");
  console.log(`        the tour took ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

/** Finds a product, judges whether it can be trusted, and asks for it. */
async function finds(world, name) {
  const { view } = world.browser;
  await as(
    world,
    name,
    "/hub/",
    async (page) => {
      await page.getByRole("searchbox").fill("revenue of each market");
      await page.getByRole("heading", { name: /for “revenue of each market”/ }).waitFor();
      const found = page.getByRole("main").getByRole("link", { name: "Revenue", exact: true });
      await found.waitFor();
      await view(page, "tour-find");

      await found.click();
      await page.getByRole("heading", { name: "Revenue", level: 1 }).waitFor();
      await page
        .getByText(/All \d+ checks pass/)
        .first()
        .waitFor();
      await view(page, "tour-product");

      await page.getByRole("main").getByRole("link", { name: "Access", exact: true }).click();
      await page.getByRole("button", { name: "Ask for access revenue.revenue", exact: true }).click();
      const dialog = page.getByRole("dialog", { name: /Ask for access to/ });
      await dialog.getByLabel("What for?").fill(PURPOSE);
      await dialog
        .getByLabel(/^Anything that helps them decide/)
        .fill("We plan what each nation is to bring in next year.");
      await view(page, "tour-request");
      await dialog.getByRole("button", { name: "Send the request" }).click();
      await page.getByText("Waiting for a decision").waitFor();
    },
    WINDOW,
  );
}

/** Sees what the request would show, and approves it. */
async function decides(world, name) {
  await as(
    world,
    name,
    "/hub/access/inbox",
    async (page) => {
      const request = page.getByRole("listitem").filter({ hasText: "asks to read revenue.revenue@1" });
      await request.getByText(PURPOSE).first().waitFor();
      await request.getByText("What they would see").click();
      await request.getByRole("table", { name: "Sample rows of revenue.revenue" }).waitFor();
      await request.scrollIntoViewIfNeeded();
      await world.browser.view(page, "tour-decide");
      await request.getByRole("button", { name: /^Approve/ }).click();
      await page.getByRole("dialog", { name: "Approve" }).getByRole("button", { name: "Approve" }).click();
      await page.getByText("It is approved.").waitFor();
    },
    WINDOW,
  );
}

/** Asks, stands among the consumers, and writes down what the product does not say. */
async function uses(world, name) {
  const { view } = world.browser;
  await as(
    world,
    name,
    "/hub/ask",
    async (page) => {
      await page.getByRole("textbox", { name: "Question in SQL" }).click();
      await page.keyboard.insertText(SQL);
      // What is offered while one writes is not wanted.
      await page.getByRole("listbox").waitFor();
      await page.keyboard.press("Escape");
      await page.getByLabel("What for?").fill(PURPOSE);
      await page.getByRole("button", { name: "Run" }).click();
      // She works in Europe, which has five nations here.
      await page.getByText(/5 rows in/).waitFor();
      const grid = page.getByRole("grid", { name: "Answer" });
      await grid.getByText("GERMANY").waitFor();
      assert.equal(await grid.getByText("BRAZIL").count(), 0);
      await page.getByRole("radio", { name: "Chart" }).check({ force: true });
      await page.locator("canvas").waitFor();
      await world.browser.picture(page, "tour-ask");

      await page.goto("/hub/products/revenue/consumers");
      const readers = page.getByRole("table", { name: "Who reads it" });
      await readers.getByText(name).first().waitFor();
      await readers.getByText(PURPOSE).waitFor();
      await readers.scrollIntoViewIfNeeded();
      await view(page, "tour-consumers");

      await page.getByRole("main").getByRole("link", { name: "Feedback" }).click();
      await page.getByRole("button", { name: "Write something" }).click();
      const dialog = page.getByRole("dialog", { name: "Write something" });
      await dialog.getByLabel("In one line").fill(QUESTION);
      await dialog.getByLabel("More about it").fill("The budget is to be without returns.");
      await dialog.getByRole("button", { name: "Send it" }).click();
      await page.getByRole("heading", { name: QUESTION }).waitFor();
    },
    WINDOW,
  );
}

async function answers(world, name) {
  await as(
    world,
    name,
    "/hub/products/revenue/feedback",
    async (page) => {
      await page.getByRole("link", { name: QUESTION }).click();
      await page.getByLabel("Your reply").fill(ANSWER);
      await page.getByRole("button", { name: "Reply" }).click();
      await page.getByRole("main").getByText(ANSWER).waitFor();
      await page.getByLabel("State").selectOption("answered");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("main").getByText("Answered", { exact: true }).first().waitFor();
    },
    WINDOW,
  );
}

async function reads(world, name) {
  await as(
    world,
    name,
    "/hub/products/revenue/feedback",
    async (page) => {
      await page.getByRole("radio", { name: "All" }).check({ force: true });
      await page.getByRole("link", { name: QUESTION }).click();
      await page.getByText(ANSWER).waitFor();
      await page.getByText("answers for the product").waitFor();
      await world.browser.view(page, "tour-answer");
    },
    WINDOW,
  );
}
