/** Agreements that concern the reader: theirs, and those that they decide about. */
import { queryOptions } from "@tanstack/react-query";

import { client, take, takePage } from "./client";
import type { ListedAgreement } from "./types";

const PAGE = 1_000;

/** All of them, newest first. */
export const agreements = queryOptions({
  queryKey: ["agreements"],
  queryFn: async ({ signal }): Promise<readonly ListedAgreement[]> => {
    const all: ListedAgreement[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) };
      const { page, next } = await takePage<ListedAgreement[]>(
        client.GET("/v1/agreements", { params: { query }, signal }),
      );
      all.push(...page);
      cursor = next;
    } while (cursor !== null);
    return all;
  },
});

/**
 * What a request would show to whom it is for. It is asked for where someone looks, as each look is on record, and what it
 * showed is kept no longer than they do. It is no part of `agreements`: once it is decided there is none.
 */
export function preview(agreement: string) {
  return queryOptions({
    queryKey: ["preview", agreement],
    queryFn: ({ signal }) =>
      take(client.GET("/v1/agreements/{agreement}/preview", { params: { path: { agreement } }, signal })),
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}
