// Every page, as axe and the eye see it: in both appearances, and as narrow as a phone.
import { demandNone } from "./browser.mjs";

/** A question with text, figures and times in its answer. */
const ASKED = `SELECT nation, count(*) AS customers, sum(orders) AS orders, max(last_order) AS newest
FROM customer_360.customers
GROUP BY nation
ORDER BY nation`;

const SAVED = {
  title: "Orders by nation",
  description: "For the weekly meeting.\nNations without a customer are not there.",
  sql: ASKED,
  purpose: "planning",
  chart: { form: "bars", along: "nation", values: ["orders"], split: null },
  audience: { kind: "named", who: [{ kind: "group", name: "stewards" }] },
};

/** The id of a question that is on the server, saved once for each who looks. */
function saved(page) {
  return page.evaluate(async (order) => {
    const known = await (await fetch("/v1/questions")).json();
    const found = known.find(({ title }) => title === order.title);
    if (found) return found.id;
    const headers = { "Content-Type": "application/json" };
    const made = await fetch("/v1/questions", { method: "POST", headers, body: JSON.stringify(order) });
    return (await made.json()).id;
  }, SAVED);
}

/** As `src/parts/question.ts` writes it. */
function fragment(asking) {
  return `q=${Buffer.from(JSON.stringify(asking)).toString("base64url")}`;
}

/**
 * Name, path, who looks, and what must be there before it is judged; whether it is a form, or what is kept here alone, which is there
 * before the server answers.
 * A page of its own for each part of a product.
 */
export const PAGES = [
  { name: "sign-in", path: "/hub/sign-in", ready: (page) => page.getByRole("heading", { name: "Sign in" }) },
  {
    // An identity provider sends someone back whom it does not vouch for.
    name: "sign-in-refused",
    path: "/v1/session/callback?error=access_denied",
    ready: (page) => page.getByRole("alert").getByText("You were not signed in"),
  },
  { name: "find", path: "/hub/", as: "ann", ready: (page) => page.getByRole("link", { name: "Customer 360" }) },
  {
    name: "find-words",
    path: "/hub/?q=late",
    as: "ann",
    ready: (page) => page.getByRole("heading", { name: /for “late”/ }),
  },
  {
    name: "find-nothing",
    path: "/hub/?q=zzzzzz",
    as: "ann",
    ready: (page) => page.getByRole("button", { name: "Ask for it" }),
  },
  ...["", "/use", "/contract", "/quality", "/lineage", "/consumers", "/access", "/changes", "/feedback"].map(
    (part) => ({
      name: `product${part.replace("/", "-")}`,
      path: `/hub/products/customer-360${part}`,
      as: "ann",
      ready: (page) => page.getByRole("main").getByRole("heading", { level: 2 }).first(),
    }),
  ),
  {
    name: "product-closed",
    path: "/hub/products/orders/use",
    as: "ann",
    ready: (page) => page.getByText("You may not read this product yet"),
  },
  {
    name: "product-operated",
    path: "/hub/products/customer-360/consumers",
    as: "root",
    ready: (page) => page.getByRole("heading", { name: "Consumers" }),
  },
  {
    name: "missing",
    path: "/hub/products/nothing-like-it",
    as: "ann",
    expect: [/404/],
    ready: (page) => page.getByRole("heading", { name: "There is nothing at this address" }),
  },
  { name: "ask", path: "/hub/ask", as: "ann", ready: (page) => page.getByRole("textbox", { name: "Question in SQL" }) },
  ...["rows", "chart"].map((view) => ({
    name: `ask-${view}`,
    path: `/hub/ask#${fragment({ sql: ASKED, ...(view === "chart" && { view }) })}`,
    as: "ann",
    ready: async (page) => {
      await page.getByRole("button", { name: "Run" }).click();
      return page.locator(view === "chart" ? "canvas" : "[role=gridcell]").first();
    },
  })),
  ...["open", "save"].map((part) => ({
    name: `ask-saved-${part}`,
    path: "/hub/ask",
    as: "ann",
    ready: async (page) => {
      await page.goto(`/hub/ask?saved=${await saved(page)}`);
      await page.getByRole("heading", { name: SAVED.title }).waitFor();
      if (part === "save") await page.getByRole("button", { name: "Save", exact: true }).click();
      const dialog = page.getByRole("dialog", { name: "Save changes to this question" });
      return part === "save" ? dialog : page.getByRole("list").filter({ hasText: SAVED.title });
    },
  })),
  {
    name: "access",
    path: "/hub/access",
    as: "ann",
    ready: (page) => page.getByRole("main").getByRole("heading", { level: 2 }).first(),
  },
  {
    name: "access-basket",
    path: "/hub/access/basket",
    as: "ann",
    form: true,
    ready: (page) => page.getByRole("heading", { name: "Your basket" }),
  },
  {
    name: "access-inbox",
    path: "/hub/access/inbox",
    as: "root",
    ready: (page) => page.getByRole("heading", { name: "To decide" }),
  },
  {
    name: "estate",
    path: "/hub/estate",
    as: "ann",
    ready: (page) => page.getByRole("link", { name: /^sales/ }).first(),
  },
  {
    name: "estate-products",
    path: "/hub/estate?view=products",
    as: "ann",
    ready: (page) => page.getByRole("application"),
  },
  {
    name: "estate-product",
    path: "/hub/estate?view=products&product=customer-360",
    as: "ann",
    ready: (page) => page.getByRole("heading", { name: "Reads 4 products" }),
  },
  {
    name: "estate-table",
    path: "/hub/estate?view=table",
    as: "ann",
    ready: (page) => page.getByRole("rowheader", { name: "Customer 360" }),
  },
  ...[
    ["people", "People and programs"],
    ["people?add=yes", "Add someone"],
    ["people/ann", "Access"],
    ["tokens", "Tokens"],
    ["groups", "Groups"],
    ["policies", "Policies of the workspace"],
    ["policies/files/governance", "governance"],
    ["policies/explain?user=ann&product=customer-360&table=customers", "Policies that have a say"],
    ["policies/test?made=yes&groups=analysts&product=customer-360&table=customers", "What they would see"],
    ["depots", "Depots"],
    ["audit", "Requests on record"],
    ["settings", "This server"],
  ].map(([part, heading]) => ({
    name: `administer-${part.replace(/\?.*/, part.includes("add=") ? "-add" : "").replaceAll("/", "-")}`,
    path: `/hub/administer/${part}`,
    as: "root",
    form: part.includes("add="),
    ready: (page) => page.getByRole("main").getByRole("heading", { name: heading, exact: true }),
  })),
  {
    name: "administer-closed",
    path: "/hub/administer/people",
    as: "ann",
    ready: (page) => page.getByText("This is for administrators"),
  },
  {
    name: "operate",
    path: "/hub/operate",
    as: "root",
    ready: (page) => page.getByRole("table", { name: "Products that you operate" }),
  },
  {
    name: "operate-nobody",
    path: "/hub/operate",
    as: "ann",
    ready: (page) => page.getByText("You operate no product"),
  },
  {
    name: "operate-product",
    path: "/hub/operate/products/suppliers",
    as: "root",
    ready: (page) => page.getByRole("heading", { name: "Releases" }),
  },
  {
    name: "operate-plan",
    path: "/hub/operate/plan",
    as: "root",
    form: true,
    ready: (page) => page.getByRole("button", { name: "Choose a folder" }),
  },
  { name: "gallery", path: "/hub/gallery", as: "ann", ready: (page) => page.getByRole("heading", { name: "Gallery" }) },
];

const LOOKS = [
  { suffix: "light", theme: "light", width: 1280 },
  { suffix: "dark", theme: "dark", width: 1280 },
  { suffix: "phone", theme: "light", width: 360, height: 740 },
];

/** One attempt for each page and look; those of the same person and look share a window, as people do. */
export function visit() {
  const windows = new Map();
  return LOOKS.flatMap((look) =>
    PAGES.map((entry) => ({
      name: `${entry.name}-${look.suffix}`,
      run: async (browser) => {
        const key = `${entry.as} ${look.suffix}`;
        const shared = windows.get(key) ?? (await enter(browser, entry.as, look));
        windows.set(key, shared);
        await judge(browser, shared, entry, look.suffix);
      },
    })),
  );
}

/** A window in which someone is signed in; nobody, where nobody is named. */
async function enter(browser, as, { suffix: _, ...look }) {
  // Whoever is not signed in is told so once.
  const shared = await browser.open({ ...look, expect: [/status of 401/] });
  if (as) await browser.enter(shared.page, as, "/hub/");
  return shared;
}

async function judge(browser, { page, faults }, { name, path, ready, expect = [] }, suffix) {
  faults.length = 0;
  await page.goto(path);
  await (await ready(page)).waitFor();
  await settled(page);
  await browser.picture(page, `${name}-${suffix}`);
  await demandNoSideways(page);
  await browser.judge(page, `${name}-${suffix}`);
  demandNone(faults.filter((fault) => !expect.some((pattern) => pattern.test(fault))));
}

/** Nothing is on its way any more. */
async function settled(page) {
  await page.waitForFunction(() => document.querySelector("[data-waiting=true]") === null);
  await page.evaluate(() => document.fonts.ready);
  // What was laid out by scripts, as a drawing, is laid out once more where that changed its frame.
  await page.waitForTimeout(200);
}

/** Tables scroll within themselves; the page does not. */
async function demandNoSideways(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) throw new Error(`the page is ${over} px wider than the window`);
}
