/** What the address of the page Estate says: how it is shown, what of it, what is looked at, and from where. */
import { oneOf, oneText } from "../../app/search-params";
import type { Quality } from "../../parts/trust";
import { ALIGNMENTS, type Alignment, UNSAID } from "./model";

export const VIEWS = ["domains", "products", "table"] as const;

export type EstateView = (typeof VIEWS)[number];

export const QUALITIES: readonly Quality[] = ["failed", "warned", "passed", "unchecked"];

/** Which products are shown. */
export interface EstateFilters {
  readonly domain?: string;
  readonly alignment?: Alignment | typeof UNSAID;
  readonly status?: string;
  readonly quality?: Quality;
  /** With what they read and who reads them. */
  readonly near?: "yes";
}

export const ORDERS = ["name", "domain", "reads", "readers", "use", "newest"] as const;

export type Order = (typeof ORDERS)[number];

export interface EstateSearch extends EstateFilters {
  readonly view?: Exclude<EstateView, "domains">;
  /** Words that names are looked for by. */
  readonly q?: string;
  /** The product that is looked at. */
  readonly product?: string;
  /** Where the drawing is looked at from: `x,y,scale`. */
  readonly at?: string;
  /** Of the table. */
  readonly order?: Order;
}

export function readSearch(search: Record<string, unknown>): EstateSearch {
  const read = {
    view: oneOf(["products", "table"] as const, search.view),
    q: oneText(search.q),
    domain: oneText(search.domain),
    alignment: oneOf([...ALIGNMENTS, UNSAID], search.alignment),
    status: oneText(search.status),
    quality: oneOf(QUALITIES, search.quality),
    near: oneOf(["yes"] as const, search.near),
    product: oneText(search.product),
    at: oneText(search.at),
    order: oneOf(ORDERS, search.order),
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** The same with other values; undefined takes one away. */
export function changed(
  search: EstateSearch,
  values: { readonly [Name in keyof EstateSearch]?: EstateSearch[Name] | undefined },
): EstateSearch {
  return readSearch({ ...search, ...values });
}

/** The same with other filters: what is drawn is laid out anew, and looked at as a whole. */
export function filtered(
  search: EstateSearch,
  values: { readonly [Name in keyof EstateFilters]?: EstateFilters[Name] | undefined },
): EstateSearch {
  return changed(search, { ...values, at: undefined });
}

export function isFiltered({ domain, alignment, status, quality }: EstateFilters): boolean {
  return [domain, alignment, status, quality].some((value) => value !== undefined);
}
