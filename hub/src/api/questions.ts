/** Questions that people keep on the server to ask them again. */
import { queryOptions } from "@tanstack/react-query";

import { client, done, takeMarked, takePage } from "./client";
import type { SavedQuestion, SavedQuestionOrder } from "./types";

const PAGE = 200;

/** All that the reader sees: their own and those that are for them, newest first. */
export const savedQuestions = queryOptions({
  queryKey: ["questions", "list"],
  queryFn: async ({ signal }): Promise<readonly SavedQuestion[]> => {
    const all: SavedQuestion[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) };
      const { page, next } = await takePage<SavedQuestion[]>(
        client.GET("/v1/questions", { params: { query }, signal }),
      );
      all.push(...page);
      cursor = next;
    } while (cursor !== null);
    return all;
  },
});

/** One, with the mark of what it was. */
export function savedQuestion(question: string) {
  return queryOptions({
    queryKey: ["questions", "one", question],
    queryFn: ({ signal }) =>
      takeMarked<SavedQuestion>(client.GET("/v1/questions/{question}", { params: { path: { question } }, signal })),
    // Whoever is changing it is not to find another one under their hands.
    meta: { held: (read: { readonly value: SavedQuestion } | undefined) => read?.value.mayChange === true },
    refetchOnWindowFocus: false,
  });
}

/** Saves a new one. */
export function saveQuestion(body: SavedQuestionOrder) {
  return takeMarked<SavedQuestion>(client.POST("/v1/questions", { body }));
}

/** Changes one that is as its mark says. */
export function changeQuestion(question: string, mark: string | null, body: SavedQuestionOrder) {
  const header = mark === null ? {} : { "If-Match": mark };
  return takeMarked<SavedQuestion>(
    client.PUT("/v1/questions/{question}", { params: { path: { question }, header }, body }),
  );
}

export function removeQuestion(question: string) {
  return done(client.DELETE("/v1/questions/{question}", { params: { path: { question } } }));
}
