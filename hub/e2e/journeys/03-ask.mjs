// Someone asks about a column, the owner answers, and whoever asked sees it; someone without rights asks for them.
import assert from "node:assert/strict";

import { demandNone } from "../browser.mjs";

const QUESTION = "Why do the shares not sum to 1?";

export default async function (world) {
  await asks(world, "ann");
  await answers(world, "root");
  await sees(world, "ann");
  await requests(world, "eve");
}

async function as({ browser }, name, path, act) {
  const { page, faults, close } = await browser.open({ expect: [/status of 401/] });
  try {
    await page.goto(path);
    await page.waitForURL(/\/hub\/sign-in/);
    await browser.signIn(page, name);
    await act(page);
    demandNone(faults);
  } finally {
    await close();
  }
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
