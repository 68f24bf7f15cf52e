// From the sign-in page into a part of a product, without a mouse.
import assert from "node:assert/strict";

import { within } from "../browser.mjs";
import { signsIn, tabTo } from "../keys.mjs";

export default async function (world) {
  await within(world, async (page) => {
    await signsIn(page, "ann", world.server.people.ann.password);

    // The first thing is a way past the masthead.
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");

    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go to or do" }).waitFor();
    await page.keyboard.type("customer 360");
    await page.getByRole("option", { name: /Customer 360/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/hub\/products\/customer-360$/);
    await page.getByRole("heading", { name: "Customer 360", level: 1 }).waitFor();

    await tabTo(page, page.getByRole("main").getByRole("link", { name: "Quality", exact: true }));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/quality$/);

    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("f");
    await page.waitForURL(/\/hub\/$/);

    await page.keyboard.press("/");
    await page.keyboard.type("suppliers");
    await page.waitForURL(/q=suppliers/);
  });
}
