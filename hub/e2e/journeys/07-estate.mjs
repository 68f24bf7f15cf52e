// From the domains of the estate to one product and what it is made of; by keyboard too; and an estate of ten thousand products.
import assert from "node:assert/strict";

import { as } from "../browser.mjs";

export default async function (world) {
  await seen(world);
  await large(world);
}

async function seen(world) {
  await as(world, "ann", "/hub/estate", async (page) => {
    await domains(page);
    await drawn(world.browser, page);
    await byKeys(page);
    await table(page);
  });
}

/** The map says what there is of each domain, and a domain opens to its products. */
async function domains(page) {
  const sales = page.getByRole("list", { name: /Domains, from/ }).getByRole("link", { name: /^sales/ });
  await sales.waitFor();
  assert.match(await sales.textContent(), /2 products.*2 source-aligned/);
  await page.getByText("The same as tables").click();
  const flows = page.getByRole("table", { name: "Who reads whom, by domain" });
  assert.match(await flows.getByRole("row", { name: /customer care sales/ }).textContent(), /2$/);
  await sales.click();
  await page.waitForURL(/view=products&domain=sales&near=yes/);
  await page.getByText(/^2 of 9 products/).waitFor();
}

/** Words find a product, which is looked at; the address says so, and back undoes it. */
async function drawn(browser, page) {
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await page.waitForURL((url) => !url.searchParams.has("domain"));
  await page.getByRole("searchbox", { name: "Name" }).fill("customer 3");
  await page.getByText("1 found").waitFor();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "The chosen product" });
  await panel.getByRole("heading", { name: "Customer 360" }).waitFor();
  await panel.getByText("Open to you").waitFor();
  await page.waitForURL(/product=customer-360/);
  await browser.picture(page, "estate-chosen-light");
  await page.reload();
  await panel.getByRole("heading", { name: "Reads 4 products" }).waitFor();
  await panel.getByRole("link", { name: "Revenue" }).click();
  await panel.getByRole("heading", { name: "Revenue", exact: true }).waitFor();
  await page.goBack();
  await panel.getByRole("heading", { name: "Customer 360" }).waitFor();
  await panel.getByRole("button", { name: "Let go of it" }).click();
  await panel.waitFor({ state: "detached" });
}

/** Arrow keys go along the edges. */
async function byKeys(page) {
  await page.goto("/hub/estate?view=products&product=customer-360");
  const panel = page.getByRole("complementary", { name: "The chosen product" });
  await panel.getByRole("heading", { name: "Customer 360" }).waitFor();
  await page.getByRole("application", { name: "Products and who reads whom, drawn" }).focus();
  await page.keyboard.press("ArrowLeft");
  await page.waitForURL((url) => url.searchParams.get("product") !== "customer-360");
  await page.getByText(/, \d of 4$/).waitFor({ state: "attached" });
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.getByText("Nothing further this way").waitFor({ state: "attached" });
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
}

async function table(page) {
  await page.getByRole("link", { name: "Table", exact: true }).click();
  const rows = page.getByRole("table", { name: "Products" });
  assert.equal(await rows.getAttribute("aria-rowcount"), "10");
  await rows.getByRole("link", { name: "Read by" }).click();
  await page.waitForURL(/order=readers/);
  const [first] = await rows.getByRole("rowheader").allTextContents();
  assert.equal(first, "Orders");
}

/** The same with an answer of ten thousand products and thirty thousand edges in place of the server's. */
async function large(world) {
  const { browser } = world;
  const act = async (page) => {
    page.setDefaultTimeout(60_000);
    const body = JSON.stringify(estate(10_000, 30_000));
    await page.route("**/v1/estate", (route) => route.fulfill({ contentType: "application/json", body }));
    await page.goto("/hub/estate");
    await page.getByRole("link", { name: /domain 7 / }).waitFor();
    await browser.picture(page, "estate-large-domains");
    const began = Date.now();
    await page.goto("/hub/estate?view=products");
    const canvas = page.locator("canvas");
    await canvas.waitFor();
    await page.waitForFunction(painted);
    const first = Date.now() - began;
    await browser.picture(page, "estate-large-light");
    const frames = [["all of it", await panned(page, canvas)]];
    for (const [name, clicks] of [
      ["boxes", 4],
      ["names", 4],
    ]) {
      for (let click = 0; click < clicks; click++) await page.getByRole("button", { name: "Nearer" }).click();
      frames.push([name, await panned(page, canvas)]);
      await browser.picture(page, `estate-large-${name}`);
    }
    console.log(
      `        10,000 products: painted ${first} ms after the address was opened, ${Math.round(body.length / 1e5) / 10} MB`,
    );
    for (const [name, times] of frames) console.log(`        moving, ${name}: ${told(times)}`);

    await page.getByRole("searchbox", { name: "Name" }).fill("product 04711");
    await page.getByText("1 found").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Product 04711" }).waitFor();
    await browser.picture(page, "estate-large-chosen");
    await page.getByRole("link", { name: "Table", exact: true }).click();
    const table = page.getByRole("table", { name: "Products" });
    await page.getByRole("searchbox", { name: "Name" }).fill("");
    await page.waitForFunction(() => document.querySelector("table")?.getAttribute("aria-rowcount") === "10001");
    assert.ok((await table.getByRole("row").count()) < 80);
    await browser.judge(page, "estate-large-table");
  };
  await as(world, "ann", "/hub/", act, { expect: [/status of 404/] });
}

/** Whether there are several colours on the canvas. */
function painted() {
  const canvas = document.querySelector("canvas");
  if (!canvas?.width) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size > 20;
}

/** How long frames take, in milliseconds, while the drawing is moved. */
async function panned(page, canvas) {
  const box = await canvas.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.evaluate(() => {
    globalThis.frames_ = [];
    let before = performance.now();
    const tick = (now) => {
      globalThis.frames_.push(now - before);
      before = now;
      globalThis.ticking = requestAnimationFrame(tick);
    };
    globalThis.ticking = requestAnimationFrame(tick);
  });
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= 60; step++) await page.mouse.move(x + 100 * Math.sin(step / 8), y + 3 * step - 90);
  await page.mouse.up();
  return page.evaluate(() => {
    cancelAnimationFrame(globalThis.ticking);
    return globalThis.frames_.slice(1);
  });
}

function told(times) {
  const sorted = [...times].sort((one, other) => one - other);
  const part = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return `${sorted.length} frames, half within ${part(0.5)} ms, 95 of 100 within ${part(0.95)} ms`;
}

function estate(products, edges) {
  let state = 7;
  const draw = (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const made = Array.from({ length: products }, (_, index) => {
    const number = String(index).padStart(5, "0");
    const [failed, warned, released] = [draw(25) === 0 ? 1 : 0, draw(12) === 0 ? 2 : 0, draw(10) > 0];
    const at = new Date(Date.UTC(2026, 0, 1) + draw(300) * 86_400_000).toISOString();
    return {
      name: `product-${number}`,
      title: `Product ${number}`,
      domain: `domain ${Math.min(draw(20), draw(20))}`,
      alignment: ["source-aligned", "aggregate", "consumer-aligned"][Math.floor((3 * index) / products)],
      status: "active",
      owner: "owner@example.com",
      trust: released
        ? { passed: 5, failed, warned, checkedAt: at }
        : { passed: 0, failed: 0, warned: 0, checkedAt: null },
      use: { readers: draw(9), requests: draw(900), days: 30 },
      release: released ? { number: 1, publishedAt: at } : null,
    };
  });
  const pairs = new Map();
  while (pairs.size < edges) {
    const [one, other] = [draw(products), draw(products)];
    if (one === other) continue;
    const [from, to] = [made[Math.min(one, other)].name, made[Math.max(one, other)].name];
    pairs.set(`${from} ${to}`, { from, to, ports: ["all"] });
  }
  return { products: made, edges: [...pairs.values()] };
}
