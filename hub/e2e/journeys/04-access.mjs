// Someone finds what they need, asks for two products at once, a second user decides, and they ask their question: in SQL, as rows,
// as a chart and as a file. Then they stand among the consumers, ask for more time, and give it back.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { as } from "../browser.mjs";

const PURPOSE = "late deliveries";
const SQL = `SELECT priority, count(*) AS orders, max(order_date) AS newest
FROM orders.orders
GROUP BY priority
ORDER BY priority`;

export default async function (world) {
  await collects(world, "eve");
  await decides(world, "root");
  const link = await asksAndSees(world, "eve");
  await opens(world, "eve", link);
  await endsIt(world, "eve");
}

/** Two ports go into the basket, and one form asks for both. */
async function collects(world, name) {
  await as(world, name, "/hub/?q=orders", async (page) => {
    await page.getByRole("main").getByRole("link", { name: "Orders", exact: true }).first().click();
    await page.getByRole("heading", { name: "Orders", level: 1 }).waitFor();
    await page.getByRole("main").getByRole("link", { name: "Access", exact: true }).click();
    await page.getByRole("button", { name: "Put into the basket orders.orders", exact: true }).click();
    await page.getByRole("link", { name: "In the basket orders.orders", exact: true }).waitFor();
    await page.goto("/hub/products/shipments/access");
    await page
      .getByRole("button", { name: /Put into the basket/ })
      .first()
      .click();
    // What is in it survives loading the page again.
    await page.reload();
    await page
      .getByRole("link", { name: /In the basket/ })
      .first()
      .click();
    await page.getByRole("heading", { name: "Your basket" }).waitFor();
    assert.equal(await page.getByRole("button", { name: /^Take .* out$/ }).count(), 2);

    await page.getByRole("button", { name: "Send 2 requests" }).click();
    await page.getByText("Write what you need it for").waitFor();
    assert.equal(await page.getByLabel("What for?").evaluate((field) => field === document.activeElement), true);
    await page.getByLabel("What for?").fill("x".repeat(201));
    await page.getByRole("button", { name: "Send 2 requests" }).click();
    await page.getByText("at most 200 characters").waitFor();
    await page.getByLabel("What for?").fill(PURPOSE);
    await page.getByLabel(/Why do you need it/).fill("Customers ask.\n<b>Now</b>");
    await page.getByRole("radio", { name: "30 days" }).check({ force: true });
    await page.getByRole("button", { name: "Send 2 requests" }).click();
    await page.getByText("The basket is empty").or(page.getByText("It is sent")).first().waitFor();
    await page.getByRole("link", { name: "Mine" }).click();
    await page.getByText("Waiting for a decision").first().waitFor();
    assert.equal(await page.getByRole("heading", { name: PURPOSE, level: 3 }).count(), 2);
  });
}

/** One is approved, one is not, which takes a reason. */
async function decides(world, name) {
  await as(world, name, "/hub/access/inbox", async (page) => {
    const orders = page.getByRole("listitem").filter({ hasText: "asks to read orders.orders@1" });
    await orders.getByText("<b>Now</b>").waitFor();
    await looks(world, page, orders);
    await orders.getByRole("button", { name: /^Approve/ }).click();
    await page
      .getByRole("dialog", { name: "Approve" })
      .getByLabel(/Reason/)
      .fill("for a month");
    await page.getByRole("dialog", { name: "Approve" }).getByRole("button", { name: "Approve" }).click();
    await page.getByText("It is approved.").waitFor();

    const shipments = page.getByRole("listitem").filter({ hasText: "asks to read shipments." });
    await shipments.getByRole("button", { name: /^Reject/ }).click();
    const dialog = page.getByRole("dialog", { name: "Reject" });
    await dialog.getByRole("button", { name: "Reject" }).click();
    await dialog.getByText("Write why").waitFor();
    await dialog.getByLabel("Reason").fill("orders are enough");
    await dialog.getByRole("button", { name: "Reject" }).click();
    await page.getByText("It is rejected.").waitFor();
  });
}

/** What approving would do: columns, rows and a sample, beside what there is today, in every look. */
async function looks({ browser }, page, orders) {
  await orders.getByText("What they would see").click();
  const columns = orders.getByRole("table", { name: "orders.orders", exact: true });
  await columns.getByText("As it is").first().waitFor();
  await columns.getByText("Hidden").first().waitFor();
  await orders.getByText("It may not be read.").waitFor();
  const sample = orders.getByRole("table", { name: "Sample rows of orders.orders" });
  assert.equal(await sample.getByRole("row").count(), 6);
  for (const [look, colorScheme, width] of [
    ["dark", "dark", 1280],
    ["phone", "light", 360],
    ["light", "light", 1280],
  ]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await browser.picture(page, `access-preview-${look}`);
    await browser.judge(page, `access-preview-${look}`);
  }
}

/** Gives the link to the question. */
async function asksAndSees(world, name) {
  let link = "";
  await as(
    world,
    name,
    "/hub/access",
    async (page) => {
      await page.getByText("orders are enough").waitFor();
      await page.getByText("In force").first().waitFor();

      await page.getByRole("link", { name: "Ask", exact: true }).click();
      const editor = page.getByRole("textbox", { name: "Question in SQL" });
      await editor.click();
      // Letters that do something elsewhere do nothing here.
      await page.keyboard.type("g f ? /");
      assert.match(page.url(), /\/hub\/ask$/);
      await composes(page);
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText("SELECT nothing_like_it\nFROM orders.orders");
      await page.keyboard.press("Control+Enter");
      await page
        .getByRole("alert")
        .getByText(/nothing_like_it/)
        .first()
        .waitFor();
      await page.getByRole("button", { name: /Go to line 1, column 8/ }).click();

      await page.keyboard.press("Control+a");
      await page.keyboard.insertText("SELECT * FROM orders.orders LIMIT 1");
      await page.getByLabel("What for?").fill("marketing");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText("This may be read for another purpose only").waitFor();
      await page.getByLabel("What for?").fill(PURPOSE);
      await editor.click();
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(SQL);
      await page.keyboard.press("Control+Enter");
      await page.getByText(/5 rows in/).waitFor();
      const grid = page.getByRole("grid", { name: "Answer" });
      assert.equal(await grid.getAttribute("aria-rowcount"), "6");

      // The grid is used by keys, and what it gives is what it shows.
      await grid.getByRole("button", { name: /orders/ }).click();
      await grid.focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Shift+ArrowRight");
      await page.getByText("2 cells").waitFor();

      const given = page.waitForEvent("download");
      await page.getByRole("button", { name: "Download as CSV" }).click();
      const text = await readFile(await (await given).path(), "utf8");
      assert.equal(text.trim().split("\n").length, 6);
      assert.match(text, /^priority,orders,newest/);

      await page.getByRole("radio", { name: "Chart" }).check({ force: true });
      await page.locator("canvas").waitFor();
      link = page.url();

      await page.getByText("What was read").click();
      await page.getByText(/On record as/).waitFor();
      await page.goto("/hub/products/orders/consumers");
      await page.getByRole("table", { name: "Who reads it" }).getByText(PURPOSE).waitFor();
      await page.getByRole("table", { name: "Who reads it" }).getByText(name).first().waitFor();
    },
    // The question that is wrong, and the purpose that is another.
    { expect: [/status of 400/, /status of 403/] },
  );
  return link;
}

/** Writes with an input method over what is selected: the browser gives it no look of its own, which the policy would refuse. */
async function composes(page) {
  const devtools = await page.context().newCDPSession(page);
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("SELECT nation FROM orders");
  await page.keyboard.press("Home");
  for (let letter = 0; letter < "SELECT".length; letter++) await page.keyboard.press("Shift+ArrowRight");
  for (const text of ["に", "にほん"]) {
    await devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  }
  await devtools.send("Input.insertText", { text: "日本" });
  await page.getByRole("textbox", { name: "Question in SQL" }).getByText("日本 nation FROM orders").waitFor();
}

/** A link has the question and does not ask it. */
async function opens(world, name, link) {
  const { pathname, hash } = new URL(link);
  await as(world, name, `${pathname}${hash}`, async (page) => {
    await page.getByText("This question came with a link").waitFor();
    await page.getByRole("textbox", { name: "Question in SQL" }).getByText("priority").first().waitFor();
    assert.equal(await page.getByLabel("What for?").inputValue(), PURPOSE);
    assert.equal(await page.getByRole("grid").count(), 0);
    await page.getByRole("button", { name: "Run" }).click();
    await page.locator("canvas").waitFor();
    // After the session the browser has nothing of what was asked.
    await page.getByRole("button", { name: new RegExp(`Signed in as ${name}`) }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(/\/hub\/sign-in/);
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    assert.doesNotMatch(kept, /priority|late deliveries/);
  });
}

async function endsIt(world, name) {
  await as(
    world,
    name,
    "/hub/access",
    async (page) => {
      await page.getByRole("button", { name: /Ask for more time orders.orders@1/ }).click();
      await page.getByText("A request for more time is waiting").waitFor();
      await page.getByRole("button", { name: /Withdraw orders.orders@1/ }).click();
      await page.getByText("The request is withdrawn.").waitFor();
      await page.getByRole("button", { name: /Give it back orders.orders@1/ }).click();
      await page.getByRole("dialog", { name: "Give it back?" }).getByRole("button", { name: "Give it back" }).click();
      await page.getByText("The agreement has ended.").waitFor();
      const status = await page.evaluate(() =>
        fetch("/v1/sql", { method: "POST", body: "SELECT 1 FROM orders.orders" }).then((answer) => answer.status),
      );
      assert.equal(status, 403);
    },
    { expect: [/status of 403/] },
  );
}
