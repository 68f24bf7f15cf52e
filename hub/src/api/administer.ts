/** What administrators see and change: people, tokens, groups, policies, depots, the record of requests, settings. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { client, take, takeMarked, takePage } from "./client";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type UserOrder = Schemas["UserOrder"];
export type Token = Schemas["Token"];
export type TokenOrder = Schemas["TokenOrder"];
export type NewToken = Schemas["NewToken"];
export type Group = Schemas["Group"];
export type PolicyFile = Schemas["Policies"];
export type PolicyName = Schemas["PolicyName"];
export type Verdict = Schemas["Verdict"];
export type Explanation = Schemas["Explanation"];
export type PolicyTestOrder = Schemas["PolicyTestOrder"];
export type PolicyTests = Schemas["PolicyTests"];
export type Sight = Schemas["Sight"];
export type PolicyProblem = Schemas["Diagnostic"];
export type Depot = Schemas["Depot"];
export type Settings = Schemas["Settings"];
export type Setting = Schemas["Setting"];
export type RequestRecord = Schemas["RequestRecord"];
export type Verification = Schemas["Verification"];

/** Everything here is kept under this, and asked again when something of it was changed. */
export const ADMINISTER = "administer";

const PAGE = 1_000;

interface Place {
  readonly limit: number;
  readonly cursor?: string;
}

/** All pages of a list. */
async function whole<T>(
  page: (query: Place) => Promise<{ readonly page: readonly T[]; readonly next: string | null }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const found: { readonly page: readonly T[]; readonly next: string | null } = await page({
      limit: PAGE,
      ...(cursor !== null && { cursor }),
    });
    all.push(...found.page);
    cursor = found.next;
  } while (cursor !== null);
  return all;
}

export const users = queryOptions({
  queryKey: [ADMINISTER, "users"],
  queryFn: ({ signal }) => whole<User>((query) => takePage(client.GET("/v1/users", { params: { query }, signal }))),
});

/** Someone, with the mark of what is on record of them. */
export function user(name: string) {
  return queryOptions({
    queryKey: [ADMINISTER, "users", name],
    queryFn: ({ signal }) => takeMarked(client.GET("/v1/users/{user}", { params: { path: { user: name } }, signal })),
    // A form is filled with it: it is that of the moment when it was opened.
    staleTime: 0,
    gcTime: 0,
  });
}

/** Tokens of one owner; everyone's where none is named. */
export function tokens(owner: string | null) {
  return queryOptions({
    queryKey: [ADMINISTER, "tokens", owner],
    queryFn: ({ signal }) =>
      whole<Token>((place) =>
        takePage(
          client.GET("/v1/tokens", { params: { query: { ...place, ...(owner !== null && { user: owner }) } }, signal }),
        ),
      ),
  });
}

export const groups = queryOptions({
  queryKey: [ADMINISTER, "groups"],
  queryFn: ({ signal }) => whole<Group>((query) => takePage(client.GET("/v1/groups", { params: { query }, signal }))),
});

export const policyFiles = queryOptions({
  queryKey: [ADMINISTER, "policies"],
  queryFn: ({ signal }) => take(client.GET("/v1/policies", { signal })),
});

/** A policy file, with its mark. */
export function policyFile(name: string) {
  return queryOptions({
    queryKey: [ADMINISTER, "policies", name],
    queryFn: ({ signal }) =>
      takeMarked(client.GET("/v1/policies/{policies}", { params: { path: { policies: name } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

/** What is wrong, or only looks wrong, with the policies on record. */
export const policyCheck = queryOptions({
  queryKey: [ADMINISTER, "policies", "check"],
  queryFn: ({ signal }) => take(client.GET("/v1/policy-check", { signal })),
});

/** The policy files of a product, as its bundle has them. */
export function productPolicies(product: string) {
  return queryOptions({
    queryKey: [ADMINISTER, "policies", "of", product],
    queryFn: ({ signal }) =>
      take(client.GET("/v1/product-policies/{product}", { params: { path: { product } }, signal })),
  });
}

/** What someone would see of a table, and why. It is asked by a body, and changes nothing. */
export function trial(order: PolicyTestOrder) {
  return queryOptions({
    queryKey: [ADMINISTER, "trial", order],
    // The client's types make lists of the pairs in it.
    queryFn: async ({ signal }) =>
      (await take(client.POST("/v1/policy-tests", { body: order, signal }))).sight as Sight | null,
    staleTime: 0,
  });
}

export const depots = queryOptions({
  queryKey: [ADMINISTER, "depots"],
  queryFn: ({ signal }) => take(client.GET("/v1/depots", { signal })),
});

export const settings = queryOptions({
  queryKey: [ADMINISTER, "settings"],
  queryFn: ({ signal }) => take(client.GET("/v1/settings", { signal })),
});

/** Which requests are looked for, beside the page of them. */
export type AuditFilters = Omit<NonNullable<paths["/v1/audit"]["get"]["parameters"]["query"]>, "limit" | "cursor">;

/** Requests of one page. */
export const AUDIT_PAGE = 50;

/** Of those without what pages look up by themselves: so many are looked at at once, so often for one page. */
const LOOKED_AT = 500;
const LOOKS = 4;

/**
 * Whether a page of the hub looked something up to be shown: the catalog, the session, what happens. What people ask and change
 * reads data or is called by what it does, and what was refused stays in sight.
 */
export function isLookUp({ door, request, reads, result }: RequestRecord): boolean {
  return (
    door === "hub" && request.startsWith("GET /v1/") && result.kind === "answered" && Object.keys(reads).length === 0
  );
}

/** Requests on record, newest first, page by page; with what pages look up by themselves, or without. */
export function audit(filters: AuditFilters, lookUps: boolean) {
  return infiniteQueryOptions({
    queryKey: [ADMINISTER, "audit", filters, lookUps],
    queryFn: async ({ signal, pageParam }) => {
      const found: RequestRecord[] = [];
      let [leftOut, cursor] = [0, pageParam];
      for (let look = 0; look < (lookUps ? 1 : LOOKS) && found.length < AUDIT_PAGE; look += 1) {
        const query = {
          ...filters,
          limit: lookUps ? AUDIT_PAGE : LOOKED_AT,
          ...(cursor !== null && { cursor }),
        };
        const { page, next } = await takePage(client.GET("/v1/audit", { params: { query }, signal }));
        const wanted = lookUps ? page : page.filter((record) => !isLookUp(record));
        leftOut += page.length - wanted.length;
        // A page is told from its oldest to its newest.
        found.push(...wanted.toReversed());
        cursor = next;
        if (cursor === null) break;
      }
      return { page: found, next: cursor, leftOut };
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    // Whoever looks wants to see what has just been.
    staleTime: 0,
  });
}

/** One request on record. */
export function auditRecord(request: string) {
  return queryOptions({
    queryKey: [ADMINISTER, "audit", "one", request],
    queryFn: ({ signal }) => take(client.GET("/v1/audit/{request}", { params: { path: { request } }, signal })),
  });
}

/** Whether the record is as it was written: all of it is read for that. */
export const verification = queryOptions({
  queryKey: [ADMINISTER, "verification"],
  queryFn: ({ signal }) => take(client.GET("/v1/audit/verification", { signal })),
  enabled: false,
  staleTime: 0,
});
