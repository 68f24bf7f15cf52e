// A million rows: they come in pieces, take the last one by a key, are put in order, and can be stopped.
import assert from "node:assert/strict";

import { as } from "../browser.mjs";

const MILLION =
  "SELECT i, i % 1000 AS part, CAST(i AS VARCHAR) AS name FROM (SELECT unnest(generate_series(1, 1200000)) AS i)";

export default async function (world) {
  await as(world, "ann", "/hub/ask", async (page) => {
    page.setDefaultTimeout(60_000);
    await page.getByRole("textbox", { name: "Question in SQL" }).click();
    await page.keyboard.insertText(MILLION);
    await page.keyboard.press("Control+Enter");
    // More than is held is told of, not taken.
    await page.getByText(/The first 1,000,000 rows are here/).waitFor();
    const grid = page.getByRole("grid", { name: "Answer" });
    await grid.focus();
    await page.keyboard.press("Control+End");
    await grid.getByRole("rowheader", { name: "1,000,000", exact: true }).waitFor();
    assert.ok((await grid.getByRole("row").count()) < 60);

    await grid.getByRole("button", { name: /part/ }).click();
    await grid.focus();
    await page.keyboard.press("Control+Home");
    await page.waitForFunction(() => document.querySelector('[role="grid"] [id="cell-0-1"]')?.textContent === "0");

    await page.getByRole("textbox", { name: "Question in SQL" }).click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(
      "SELECT count(*) FROM generate_series(1, 100000) a(x) CROSS JOIN generate_series(1, 1000000) b(y) WHERE (x + y) % 7 = 3",
    );
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped.").waitFor();
  });
}
