import { useMutation, useQueryClient } from "@tanstack/react-query";

import { client, take } from "../api/client";
import type { Agreement } from "../api/types";

export type Verb = "approve" | "reject" | "withdraw" | "revoke";

/** What can be done about an agreement. Whatever shows rights is asked again. */
export function useDecisions(agreement: string, onDone: (done: Agreement, verb: Verb | "renew") => void) {
  const queries = useQueryClient();
  const path = { agreement };
  const told = async (answer: Agreement, verb: Verb | "renew") => {
    onDone(answer, verb);
    await Promise.all(["agreements", "catalog", "sample"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  };
  const decide = useMutation({
    mutationFn: ({ decision, comment }: { readonly decision: Verb; readonly comment?: string | null }) =>
      take(
        client.POST("/v1/agreements/{agreement}/decision", {
          params: { path },
          body: { decision, ...(comment && { comment }) },
        }),
      ),
    onSuccess: (answer, { decision }) => told(answer, decision),
  });
  const renew = useMutation({
    mutationFn: () => take(client.POST("/v1/agreements/{agreement}/renewal", { params: { path }, body: {} })),
    onSuccess: (answer) => told(answer, "renew"),
  });
  return { decide, renew };
}
