/** What of a product asks for someone's attention. */
import type { Operated } from "../../api/operate";

/** What may be wrong, the worst first. */
export const NEEDS = [
  "failed",
  "stopped",
  "missing",
  "unmet",
  "unreleased",
  "pending",
  "behind",
  "held",
  "warned",
] as const;
export type Need = (typeof NEEDS)[number];

/** Which products are shown: those that need anything, or this. */
export const SHOWN = ["needing", ...NEEDS] as const;
export type Shown = (typeof SHOWN)[number];

const HOLDS: Readonly<Record<Need, (product: Operated) => boolean>> = {
  failed: ({ lastRun }) => lastRun?.state === "failed",
  stopped: ({ lastRun }) => lastRun?.state === "cancelled",
  missing: ({ missing }) => missing.length > 0,
  unmet: ({ checks }) => checks.failed > 0,
  unreleased: ({ release }) => release === null,
  pending: ({ release, pending, lastRun }) =>
    pending && release !== null && lastRun?.state !== "failed" && lastRun?.state !== "cancelled",
  // A run would not bring it up to date before what is missing is back.
  behind: ({ behind, missing }) => behind.length > 0 && missing.length === 0,
  held: ({ release, lastRun }) => release !== null && (lastRun?.release ?? 0) > release.number,
  warned: ({ checks }) => checks.warned > 0,
};

/** Everything that is wrong with a product, the worst first. */
export function needsOf(product: Operated): readonly Need[] {
  return NEEDS.filter((need) => HOLDS[need](product));
}

/** How many products have each. */
export function countsOf(products: readonly Operated[]): Readonly<Record<Shown, number>> {
  const counts = Object.fromEntries(SHOWN.map((shown) => [shown, 0])) as Record<Shown, number>;
  for (const product of products) {
    const needs = needsOf(product);
    if (needs.length > 0) counts.needing += 1;
    for (const need of needs) counts[need] += 1;
  }
  return counts;
}

/** Products that need anything, the worst first. */
export function needing(products: readonly Operated[]): readonly { product: Operated; needs: readonly Need[] }[] {
  return products
    .map((product) => ({ product, needs: needsOf(product) }))
    .filter(({ needs }) => needs.length > 0)
    .sort((a, b) => NEEDS.indexOf(a.needs[0] as Need) - NEEDS.indexOf(b.needs[0] as Need));
}

/** Products whose name, title, domain or owner has the words, and that need what is asked for. */
export function narrowed(products: readonly Operated[], find: string, show: Shown | undefined): readonly Operated[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return products.filter((product) => {
    const text = [product.name, product.title, product.domain, product.owner].join(" ").toLowerCase();
    if (!words.every((word) => text.includes(word))) return false;
    if (show === undefined) return true;
    const needs = needsOf(product);
    return show === "needing" ? needs.length > 0 : needs.includes(show);
  });
}
