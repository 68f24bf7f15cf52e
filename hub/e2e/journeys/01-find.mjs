// Sign in, find a product, and understand it: whether it can be trusted, what it holds, how to use it.
import assert from "node:assert/strict";

import { within } from "../browser.mjs";

export default async function (world) {
  await within(world, async (page) => {
    await refused(page);
    await signedIn(world.browser, page);
    await found(page);
    await understood(page);
    await back(page);
    await signedOut(page);
  });
}

/** A wrong password says what to do, and nothing of whether there is such a user. */
async function refused(page) {
  await page.goto("/hub/products/customer-360/contract");
  await page.waitForURL(/\/hub\/sign-in\?next=/);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Write your name").waitFor();
  assert.equal(await page.getByLabel("Name").evaluate((field) => field === document.activeElement), true);
  await page.getByLabel("Name").fill("ann");
  await page.getByLabel("Password", { exact: true }).fill("not it");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("do not go together").waitFor();
}

/** Whoever signs in is where they wanted to be. */
async function signedIn(browser, page) {
  await browser.signIn(page, "ann");
  await page.waitForURL(/\/hub\/products\/customer-360\/contract$/);
  await page.getByRole("heading", { name: "Customer 360", level: 1 }).waitFor();
  assert.equal(await page.title(), "Customer 360 · Outport");
  assert.deepEqual(await page.evaluate(() => [document.cookie, Object.keys(sessionStorage)]), ["", []]);
}

/** Words are searched for as they are typed, and stand in the address. */
async function found(page) {
  await page.getByRole("link", { name: "Find" }).first().click();
  await page.getByRole("heading", { name: "What do you need to know?" }).waitFor();
  await page.getByRole("searchbox").fill("late deliveres");
  await page.waitForURL(/q=late\+deliveres/);
  await page.getByRole("link", { name: "Customer 360" }).waitFor();
  await page.reload();
  assert.equal(await page.getByRole("searchbox").inputValue(), "late deliveres");
  await page.getByRole("link", { name: "Customer 360" }).click();
  await page.waitForURL(/\/hub\/products\/customer-360$/);
}

async function understood(page) {
  await page.getByRole("heading", { name: "Customer 360", level: 1 }).waitFor();
  await page
    .getByText(/All \d+ checks pass|Passes, with/)
    .first()
    .waitFor();
  await page.getByText("You have access").or(page.getByText("Open to you")).first().waitFor();

  await page.getByRole("link", { name: "Contract" }).click();
  await page.getByRole("rowheader", { name: "phone" }).first().waitFor();
  const phone = page
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name: "phone", exact: true }) })
    .first();
  assert.match(await phone.textContent(), /masked/);

  await page.getByRole("link", { name: "Use it" }).click();
  const sample = page.getByRole("table", { name: /first rows of customer_360\.customers/ });
  await sample.waitFor();
  // What is masked is masked, and rows of other regions are not there.
  const text = await sample.textContent();
  assert.doesNotMatch(text, /Customer#\d{9}|\b\d\d-\d{3}-\d{3}-\d{4}\b/);
  assert.doesNotMatch(text, /AMERICA|ASIA|AFRICA/);
}

/** Back goes through what was seen. */
async function back(page) {
  await page.goBack();
  await page.waitForURL(/\/contract$/);
  await page.goBack();
  await page.waitForURL(/\/hub\/products\/customer-360$/);
  await page.goBack();
  await page.waitForURL(/q=late/);
}

/** After the session nothing is there any more, neither shown nor given. */
async function signedOut(page) {
  await page.getByRole("button", { name: /Signed in as ann/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/hub\/sign-in/);
  const status = await page.evaluate(() => fetch("/v1/catalog/products").then((answer) => answer.status));
  assert.equal(status, 401);
}
