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

/** Why someone sees what they see of a table; for administrators. */
export function explanation(product: string, table: string, user: string, purpose: string) {
  return queryOptions({
    queryKey: ["agreements", "explanation", product, table, user, purpose],
    queryFn: ({ signal }) =>
      take(
        client.GET("/v1/explanations/{product}/{table}", {
          params: { path: { product, table }, query: { user, purpose } },
          signal,
        }),
      ),
  });
}
