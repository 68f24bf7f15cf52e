/** What the address of the page Find says: words, and chosen values of facets. */
import type { Filters } from "../../api/queries";
import { oneText, severalTexts } from "../../app/search-params";

export type Facet = keyof Filters;

/** In the order in which they are offered. */
export const FACETS: readonly Facet[] = ["domain", "quality", "alignment", "owner", "classification", "status"];

export interface FindSearch extends Filters {
  readonly q?: string;
}

export function readSearch(search: Record<string, unknown>): FindSearch {
  const q = oneText(search.q);
  const filters = FACETS.flatMap((facet) => {
    const values = severalTexts(search[facet]);
    return values ? [[facet, values] as const] : [];
  });
  return { ...(q && { q }), ...Object.fromEntries(filters) };
}

export function filtersOf(search: FindSearch): Filters {
  const { q: _, ...filters } = search;
  return filters;
}

/** The search with other words. */
export function worded(search: FindSearch, q: string): FindSearch {
  const filters = filtersOf(search);
  return q === "" ? filters : { ...filters, q };
}

/** The search with one value of a facet chosen, or not any more. */
export function toggled(search: FindSearch, facet: Facet, value: string): FindSearch {
  const before = search[facet] ?? [];
  const values = before.includes(value) ? before.filter((one) => one !== value) : [...before, value];
  const { [facet]: _, ...rest } = search;
  return values.length > 0 ? { ...rest, [facet]: values } : rest;
}

/** Every chosen value with its facet. */
export function chosen(filters: Filters): readonly (readonly [Facet, string])[] {
  return FACETS.flatMap((facet) => (filters[facet] ?? []).map((value) => [facet, value] as const));
}
