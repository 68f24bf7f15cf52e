import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { product as productQuery, products as productsQuery } from "../../api/queries";
import type { Card, ProductPage } from "../../api/types";
import { useDebounced } from "../../app/useDebounced";
import { namespaceOf, readable, wanted } from "./names";

const NONE: readonly Card[] = [];

/** What can be asked about, as far as it is known yet. */
export function useNames(text: string) {
  const query = useQuery(productsQuery);
  const cards = useMemo(() => (query.data ? readable(query.data) : NONE), [query.data]);
  const settled = useDebounced(text, 300);
  const asked = useMemo(() => wanted(cards, settled), [cards, settled]);
  const products = useQueries({
    queries: asked.map((name) => productQuery(name)),
    combine: known,
  });
  const namespace = useMemo(() => namespaceOf(cards, products), [cards, products]);
  return { query, cards, namespace };
}

export type Names = ReturnType<typeof useNames>;

/** Products that are there; those that are not yet, or failed, are completed less well. */
function known(results: readonly { readonly data: ProductPage | undefined }[]): readonly ProductPage[] {
  return results.flatMap(({ data }) => (data ? [data] : []));
}
