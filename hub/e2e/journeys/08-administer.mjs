// An administrator puts someone on record, gives them a token, sees why they see what they see, changes policies, finds what was
// asked in the record and verifies it. Two administrators do not undo each other. An analyst sees none of it, and has their own tokens.
import assert from "node:assert/strict";

import { as } from "../browser.mjs";

const WHO = "max";
const PASSWORD = "max looks after sales figures";

export default async function (world) {
  await addsSomeone(world, "root");
  const token = await givesToken(world, "root");
  await asksAs(world, token);
  await explains(world, "root");
  await changesPolicies(world, "root");
  await audits(world, "root");
  await seesNothing(world, "ann");
}

/** What is wrong is told at the field; what is right is on record. Whoever was slower is told so, and undoes nothing. */
async function addsSomeone(world, name) {
  await as(
    world,
    name,
    "/hub/administer",
    async (page) => {
      await page.waitForURL(/\/hub\/administer\/people$/);
      await page.getByRole("link", { name: "Add someone" }).click();
      await page.getByRole("button", { name: "Add the person" }).click();
      await page.getByText("Write a name").waitFor();
      await page.getByLabel("Name").fill(WHO);
      await page.getByLabel("analysts").check();
      await page.getByLabel("Clearance").fill("much");
      await page.getByLabel("Password").fill("short");
      await page.getByRole("button", { name: "Add the person" }).click();
      await page.getByText("Write a whole number, or nothing").waitFor();
      await page.getByText("Write at least 12 characters").waitFor();
      await page.getByLabel("Clearance").fill("2");
      await page.getByLabel("Region").fill("ASIA");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Add the person" }).click();
      await page.waitForURL(/\/people\/max$/);
      await page.getByText("May come in", { exact: true }).waitFor();

      const status = await page.evaluate(() =>
        fetch("/v1/users/max", {
          method: "PUT",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ kind: "user", groups: ["analysts"], region: "EUROPE", clearance: 2 }),
        }).then((answer) => answer.status),
      );
      assert.equal(status, 200);
      await page.getByLabel("Department").fill("sales");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Someone else has changed max meanwhile").waitFor();
      const changes = page.getByRole("table", { name: "What they changed" });
      await changes.getByText("ASIA").waitFor();
      await changes.getByText("EUROPE").waitFor();
      // What was written is still there.
      assert.equal(await page.getByLabel("Department").inputValue(), "sales");
      await page.getByRole("button", { name: "Take what is on record" }).click();
      assert.equal(await page.getByLabel("Region").inputValue(), "EUROPE");
      await page.getByLabel("Department").fill("sales");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("max is on record.").waitFor();
    },
    { expect: [/status of 412/] },
  );
}

/** The secret is shown once, and nowhere again. */
async function givesToken(world, name) {
  let secret = "";
  await as(world, name, `/hub/administer/tokens?owner=${WHO}`, async (page) => {
    await page.getByRole("button", { name: "Make a token" }).click();
    const dialog = page.getByRole("dialog", { name: "Make a token" });
    await dialog.getByLabel("For whom?").selectOption(WHO);
    await dialog.getByLabel("What for?").fill("dashboard of sales");
    await dialog.getByRole("button", { name: "Make it" }).click();
    secret = await page.getByRole("group", { name: "Token", exact: true }).textContent();
    await page.getByRole("button", { name: "I have it" }).click();
    await page.getByRole("rowheader", { name: /dashboard of sales/ }).waitFor();
    await page.reload();
    await page.getByRole("rowheader", { name: /dashboard of sales/ }).waitFor();
    assert.equal((await page.content()).includes(secret), false);
  });
  return secret;
}

/** A program shows the token, and reads what its owner may read. */
async function asksAs({ server }, token) {
  const answer = await fetch(`${server.address}/v1/sql`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, Accept: "text/csv", "Content-Type": "text/plain" },
    body: "SELECT DISTINCT region FROM customer_360.customers",
  });
  assert.equal(answer.status, 200);
  assert.equal((await answer.text()).trim(), "region\nEUROPE");
}

async function explains(world, name) {
  await as(world, name, "/hub/administer/policies", async (page) => {
    await page.getByRole("link", { name: "Explain" }).click();
    await page.getByLabel("Product", { exact: true }).selectOption("customer-360");
    await page.getByLabel("Table", { exact: true }).selectOption("customers");
    await page.getByLabel("Who?", { exact: true }).fill(WHO);
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByText("max may read customer-360.customers").waitFor();
    const phone = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "phone", exact: true }) });
    assert.match(await phone.textContent(), /Masked: the first 2 characters[\s\S]*personal-masked/);
    // The rule about rows is told in words, and as policies write it where someone asks for that.
    await page.getByText(/^Only rows .*region/).waitFor();
    await page.getByText(/rules?, as policies write/).click();
    await page.getByRole("table", { name: "Rows" }).getByText("own-region").waitFor();
    await page.getByRole("group", { name: "own-region", exact: true }).getByText("forbid").waitFor();
    // What was asked is in the address.
    await page.reload();
    await page.getByText("max may read customer-360.customers").waitFor();

    await page.goto("/hub/administer/policies/test");
    await page.getByRole("radio", { name: "Someone made up" }).check({ force: true });
    await page.getByLabel("stewards").check();
    await page.getByLabel("Product", { exact: true }).selectOption("customer-360");
    await page.getByLabel("Table", { exact: true }).selectOption("customers");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("Someone made up may read customer-360.customers").waitFor();
    await page.getByText("They see all rows.").waitFor();
  });
}

/** A policy that cannot be used is not put in force; one that can is, and is removed again. */
async function changesPolicies(world, name) {
  await as(
    world,
    name,
    "/hub/administer/policies?add=yes",
    async (page) => {
      await page.getByLabel("Name").fill("trial");
      const text = page.getByRole("textbox", { name: "Policies" });
      await text.fill('@id("trial")\npermit(principal in Grup::"trial", action, resource);');
      await page.getByRole("button", { name: "Put in force" }).click();
      await page.getByText("It cannot be put in force").waitFor();
      await text.fill('@id("trial")\npermit(principal in Group::"trial", action in Action::"read", resource);');
      await page.getByRole("button", { name: "Check", exact: true }).click();
      await page.getByText("It can be used. Nothing has changed yet.").waitFor();
      await page.getByRole("button", { name: "Put in force" }).click();
      await page.waitForURL(/\/policies\/files\/trial$/);
      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByText("Policies trial are removed.").waitFor();
      assert.equal(await page.getByRole("link", { name: "trial", exact: true }).count(), 0);
    },
    { expect: [/status of 4\d\d/] },
  );
}

async function audits(world, name) {
  await as(world, name, "/hub/administer/audit", async (page) => {
    // What pages look up to be shown is left out, until someone wants to see it.
    await page.getByText(/look-ups? of pages of the hub (is|are) left out/).waitFor();
    const lookUps = page.getByRole("row").filter({ hasText: "GET /v1/session" });
    assert.equal(await lookUps.count(), 0);
    const all = page.getByRole("checkbox", { name: "Show what pages of the hub look up" });
    await all.check();
    await page.waitForURL(/pages=yes/);
    await lookUps.first().waitFor();
    await all.uncheck();
    await page.getByText(/left out/).waitFor();

    await page.getByLabel("Who", { exact: true }).fill(WHO);
    await page.getByLabel("Door").selectOption("sql");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.waitForURL(/user=max/);
    const row = page.getByRole("row").filter({ hasText: "SELECT DISTINCT region" }).first();
    await row.getByText("Answered").waitFor();
    await row.getByRole("link").click();
    await page.getByRole("heading", { name: "One request" }).waitFor();
    await page.getByRole("table", { name: "What was read" }).getByText("region").waitFor();
    await page.goBack();
    await page.waitForURL(/user=max/);

    await page.getByRole("button", { name: "Verify the chain" }).click();
    await page.getByText("The chain is whole").waitFor();
  });
}

/** Whoever is no administrator is told so, and the server tells them no more. Their own tokens are theirs. */
async function seesNothing(world, name) {
  await as(
    world,
    name,
    "/hub/",
    async (page) => {
      await page.getByRole("link", { name: "Customer 360" }).waitFor();
      assert.equal(await page.getByRole("link", { name: "Administer" }).count(), 0);
      for (const part of ["people", "people/max", "groups", "policies", "depots", "audit", "settings"]) {
        await page.goto(`/hub/administer/${part}`);
        await page.getByText("This is for administrators").waitFor();
      }
      const statuses = await page.evaluate(() =>
        Promise.all(
          ["users", "users/max", "users/nobody", "groups", "policies", "depots", "settings", "audit", "tokens"].map(
            (path) => fetch(`/v1/${path}`).then((answer) => answer.status),
          ),
        ),
      );
      assert.deepEqual([...new Set(statuses)], [403]);

      await page.getByRole("link", { name: "Your tokens" }).click();
      await page.getByRole("heading", { name: "Your tokens", level: 1 }).waitFor();
      // From elsewhere the menu of whoever is signed in leads there.
      await page.goto("/hub/");
      await page.getByRole("button", { name: `Signed in as ${name}` }).click();
      await page.getByRole("link", { name: "Your tokens" }).click();
      await page.getByRole("heading", { name: "Your tokens", level: 1 }).waitFor();
      await page.getByRole("button", { name: "Make a token" }).click();
      const dialog = page.getByRole("dialog", { name: "Make a token" });
      await dialog.getByLabel("What for?").fill("my script");
      await dialog.getByLabel("Your password").fill("not it");
      await dialog.getByRole("button", { name: "Make it" }).click();
      await dialog.getByText("This is not your password").waitFor();
      await dialog.getByLabel("Your password").fill(world.server.people[name].password);
      await dialog.getByRole("button", { name: "Make it" }).click();
      await page.getByRole("button", { name: "I have it" }).click();
      await page.getByRole("button", { name: /^Revoke my script/ }).click();
      await page.getByRole("dialog", { name: "Revoke it?" }).getByRole("button", { name: "Revoke" }).click();
      await page.getByText("The token is revoked.").waitFor();
    },
    { expect: [/status of 403/] },
  );
}
