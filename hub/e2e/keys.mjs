// Pages by keys alone.

/** Presses Tab until the focus is on what is named, forwards; fails where it never comes there, or where it cannot be seen. */
export async function tabTo(page, target, most = 150) {
  const wanted = await target.first().elementHandle();
  for (let press = 0; press < most; press++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((element) => element === document.activeElement, wanted)) {
      if (!(await page.evaluate(shown))) throw new Error(`the focus on ${target} cannot be seen`);
      return;
    }
  }
  throw new Error(`the focus never came to ${target}`);
}

/** The same, and Enter. */
export async function enter(page, target, most) {
  await tabTo(page, target, most);
  await page.keyboard.press("Enter");
}

/** From the address that everyone begins at. */
export async function signsIn(page, name, password) {
  await page.goto("/hub/");
  await page.waitForURL(/\/hub\/sign-in/);
  await tabTo(page, page.getByLabel("Name"));
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What do you need to know?" }).waitFor();
}

/** Whether what has the focus, or what it is drawn around, looks as it. */
function shown() {
  const parts = [document.activeElement];
  for (let up = 0; up < 3 && parts[0]?.parentElement; up++) parts.unshift(parts[0].parentElement);
  parts.push(...(document.activeElement?.parentElement?.children ?? []));
  const is = (style) =>
    (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  return parts.some((part) => is(getComputedStyle(part)));
}
