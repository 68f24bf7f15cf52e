// Chromium, and windows in which whatever a page must not do is an error: say something on the console, ask another server, break
// the policy of its own.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Without these it looks for other machines at every start. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function openBrowser(server, seen) {
  const chromiumBrowser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: QUIET,
  });
  const axe = await readFile(AXE, "utf8");
  const violations = [];

  return {
    violations,
    close: () => chromiumBrowser.close(),

    /**
     * A new window without a past, or with what `state` has of one, that comes to the server by `address`. `faults` grows by
     * whatever a page must not do; `expect` names what it may say all the same, as the browser reports every answer that is an error.
     */
    async open({ theme = "light", width = 1280, height = 900, expect = [], state, address = server.address } = {}) {
      const context = await chromiumBrowser.newContext({
        baseURL: address,
        storageState: state,
        colorScheme: theme,
        viewport: { width, height },
        reducedMotion: "reduce",
        locale: "en-GB",
      });
      const page = await context.newPage();
      const faults = [];
      const fault = (text) => {
        if (!expect.some((pattern) => pattern.test(text))) faults.push(text);
      };
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) fault(`console: ${message.text()}`);
      });
      page.on("pageerror", (error) => fault(`error: ${error.message}`));
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(address) && !url.startsWith("data:")) fault(`request: ${url}`);
      });
      page.setDefaultTimeout(15_000);
      return { page, faults, close: () => context.close() };
    },

    /** Signs in on the page that is shown, and waits for where that leads. */
    async signIn(page, name) {
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password", { exact: true }).fill(server.people[name].password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: `Signed in as ${name}` }).waitFor();
    },

    /** Goes to an address, and signs in on the way there. */
    async enter(page, name, path) {
      await page.goto(path);
      await page.waitForURL(/\/hub\/sign-in/);
      await this.signIn(page, name);
    },

    /** What axe has against the page as it is. */
    async judge(page, name) {
      // As an expression of the debugger, which no policy of the page is about.
      await page.evaluate(axe);
      const { violations: found } = await page.evaluate(
        (values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }),
        RULES,
      );
      const told = found.map(({ id, impact, help, nodes }) => ({
        page: name,
        id,
        impact,
        help,
        nodes: nodes
          .slice(0, 5)
          .map(({ target, html, failureSummary }) => ({ target, html: html.slice(0, 300), failureSummary })),
      }));
      violations.push(...told);
      if (told.length > 0)
        throw new Error(
          `axe: ${told.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => `${node.target}: ${node.failureSummary}`).join("\n  ")}`).join("\n")}`,
        );
    },

    /** What the window shows. */
    async view(page, name) {
      await page.screenshot({ path: `${seen}/${name}.png`, animations: "disabled" });
    },

    /** A picture of the whole page. */
    async picture(page, name) {
      await page.screenshot({ path: `${seen}/${name}.png`, fullPage: true, animations: "disabled" });
    },
  };
}

/** Does something in a window of its own, in which nobody is signed in, and gives what came of it. */
export async function within({ browser }, act, { expect = [], ...window } = {}) {
  // Whoever is not signed in is told so.
  const { page, faults, close } = await browser.open({ ...window, expect: [/status of 401/, ...expect] });
  try {
    const given = await act(page);
    demandNone(faults);
    return given;
  } finally {
    await close();
  }
}

/** Goes to an address in a window of its own, signs in there as someone, and does what they do. */
export function as(world, name, path, act, window) {
  const entered = async (page) => {
    await world.browser.enter(page, name, path);
    return act(page);
  };
  return within(world, entered, window);
}

/** Fails where a page did what it must not. */
export function demandNone(faults) {
  if (faults.length > 0) throw new Error(`the page did what it must not:\n${faults.join("\n")}`);
}
