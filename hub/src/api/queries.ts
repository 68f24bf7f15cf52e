/** What pages ask the server, with the keys under which answers are kept. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { client, take, takeNew, takePage } from "./client";
import { ApiError } from "./error";
import { ask } from "./sql";
import type { Estate, Session } from "./types";

/** Chosen values of facets. */
export interface Filters {
  readonly domain?: string[];
  readonly alignment?: string[];
  readonly status?: string[];
  readonly owner?: string[];
  readonly classification?: string[];
  readonly quality?: string[];
}

/** Hits of one page of a search. */
export const PAGE = 20;

/** Who is signed in; null where nobody is. */
export const session = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await take(client.GET("/v1/session", { signal }));
    } catch (error) {
      if (error instanceof ApiError && error.unauthenticated) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const signInOptions = queryOptions({
  queryKey: ["session", "options"],
  queryFn: ({ signal }) => take(client.GET("/v1/session/options", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Products that fit words and filters, page by page. */
export function search(q: string, filters: Filters) {
  return infiniteQueryOptions({
    queryKey: ["catalog", "search", q, filters],
    queryFn: ({ signal, pageParam }) =>
      take(
        client.GET("/v1/catalog/search", {
          params: { query: { ...(q === "" ? {} : { q }), ...filters, limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.total ? pages.length * PAGE : null),
  });
}

/** The few best hits, for the search box of the shell. */
export function suggestions(q: string) {
  return queryOptions({
    queryKey: ["catalog", "suggestions", q],
    queryFn: ({ signal }) => take(client.GET("/v1/catalog/search", { params: { query: { q, limit: 6 } }, signal })),
  });
}

/** Products to choose one of, those that fit best first: there may be thousands. */
export function choices(q: string) {
  return queryOptions({
    queryKey: ["catalog", "choices", q],
    queryFn: ({ signal }) => take(client.GET("/v1/catalog/search", { params: { query: { q, limit: 20 } }, signal })),
  });
}

function ofProduct(product: string) {
  return { path: { product } };
}

export function product(name: string) {
  return queryOptions({
    queryKey: ["catalog", "product", name],
    queryFn: ({ signal }) => take(client.GET("/v1/catalog/products/{product}", { params: ofProduct(name), signal })),
  });
}

export function quality(name: string) {
  return queryOptions({
    queryKey: ["catalog", "product", name, "quality"],
    queryFn: ({ signal }) =>
      take(client.GET("/v1/catalog/products/{product}/quality", { params: ofProduct(name), signal })),
  });
}

/** Which way lineage goes. */
export type Direction = "up" | "down" | "both";

export function lineage(name: string, direction: Direction, depth: number) {
  return queryOptions({
    queryKey: ["catalog", "product", name, "lineage", direction, depth],
    queryFn: ({ signal }) =>
      take(
        client.GET("/v1/catalog/products/{product}/lineage", {
          params: { ...ofProduct(name), query: { direction, depth } },
          signal,
        }),
      ),
  });
}

export function consumers(name: string, days: number) {
  return queryOptions({
    queryKey: ["catalog", "product", name, "consumers", days],
    queryFn: ({ signal }) =>
      take(
        client.GET("/v1/catalog/products/{product}/consumers", {
          params: { ...ofProduct(name), query: { days } },
          signal,
        }),
      ),
  });
}

export function changes(name: string) {
  return queryOptions({
    queryKey: ["catalog", "product", name, "changes"],
    queryFn: ({ signal }) =>
      take(client.GET("/v1/catalog/products/{product}/changes", { params: ofProduct(name), signal })),
  });
}

export function access(name: string) {
  return queryOptions({
    queryKey: ["catalog", "product", name, "access"],
    queryFn: ({ signal }) =>
      take(client.GET("/v1/catalog/products/{product}/access", { params: ofProduct(name), signal })),
  });
}

/** Questions, problems and requests about a product, page by page. */
export function feedback(product: string) {
  return infiniteQueryOptions({
    queryKey: ["feedback", "of", product],
    queryFn: ({ signal, pageParam }) =>
      takePage(
        client.GET("/v1/feedback", {
          params: { query: { product, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

export function thread(id: string) {
  return queryOptions({
    queryKey: ["feedback", "thread", id],
    queryFn: ({ signal }) =>
      take(client.GET("/v1/feedback/{feedback}", { params: { path: { feedback: id } }, signal })),
  });
}

export function ratings(product: string) {
  return queryOptions({
    queryKey: ["feedback", "ratings", product],
    queryFn: ({ signal }) => take(client.GET("/v1/feedback/ratings/{product}", { params: ofProduct(product), signal })),
  });
}

/** All products that the reader may know of, for lists to choose from. */
export const products = queryOptions({
  queryKey: ["catalog", "products"],
  queryFn: ({ signal }) => take(client.GET("/v1/catalog/products", { params: { query: { limit: 1000 } }, signal })),
});

/** Every product that the reader may know of, and who reads whom. */
export const estate = queryOptions({
  queryKey: ["estate"],
  queryFn: ({ client: queries, queryKey, signal }) =>
    takeNew(queries.getQueryData<Estate>(queryKey), (header) =>
      client.GET("/v1/estate", { params: { header }, signal }),
    ),
  // Of ten thousand products it costs more to look for what stayed the same than to draw it all.
  structuralSharing: false,
});

/** The first rows of a table, as the reader may see them. */
export function sample(sqlName: string, purpose: string | null) {
  return queryOptions({
    queryKey: ["sample", sqlName, purpose],
    queryFn: ({ signal }) => ask(`SELECT * FROM ${sqlName} LIMIT 8`, purpose, signal),
    staleTime: 5 * 60_000,
  });
}
