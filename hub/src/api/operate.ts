/** What whoever operates products asks the server, and tells it to do. */
import { queryOptions } from "@tanstack/react-query";

import { client, take, takePage } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Operated = Schemas["Operated"];
/** As far as pages speak of it: not of how its models were compiled. */
export type Described = Omit<Schemas["Described"], "intent"> & {
  readonly intent: Omit<Schemas["Intent"], "compiled"> & {
    readonly compiled: Pick<Schemas["CompiledProduct"], "product">;
  };
};
export type Release = Schemas["Release"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type Task = Schemas["Task"];
export type TaskEvent = Schemas["Event"];
export type RunReport = Schemas["RunReport"];
export type Change = Schemas["Change"];
export type PlanDocument = Schemas["PlanDocument"];
export type Plan = Schemas["Plan"];
export type ProductPlan = Schemas["ProductPlan"];
export type PortChange = Schemas["PortChange"];
export type ContractChange = Schemas["ContractChange"];
export type Refusal = Schemas["Refusal"];
export type Diagnostic = Schemas["Diagnostic"];

const PAGE = 1_000;

/** Every product that the reader may operate, at a glance, by name. */
export const overview = queryOptions({
  queryKey: ["catalog", "operated"],
  queryFn: async ({ signal }): Promise<readonly Operated[]> => {
    const all: Operated[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor !== null && { cursor }) };
      const { page, next } = await takePage<Operated[]>(client.GET("/v1/overview", { params: { query }, signal }));
      all.push(...page);
      cursor = next;
    } while (cursor !== null);
    return all;
  },
});

/** One product in full. */
export function described(product: string) {
  return queryOptions({
    queryKey: ["catalog", "operated", product],
    queryFn: ({ signal }): Promise<Described> =>
      take(client.GET("/v1/intents/{product}", { params: { path: { product } }, signal })),
  });
}

/** Applies and runs that this server remembers, newest first. */
export const tasks = queryOptions({
  queryKey: ["tasks"],
  queryFn: ({ signal }) => take(client.GET("/v1/tasks", { signal })),
});

export function task(id: string) {
  return queryOptions({
    queryKey: ["tasks", id],
    queryFn: ({ signal }) => take(client.GET("/v1/tasks/{task}", { params: { path: { task: id } }, signal })),
  });
}

/** Where what a task does is told as it happens. */
export function taskEvents(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}/events`;
}

/** Begins to run products; all of the workspace where none is named. */
export function run(products: readonly string[]) {
  return take(client.POST("/v1/runs", { body: { products: [...products] } }));
}

/** Tells a task to stop. What it has published stays. */
export function stop(id: string) {
  return take(client.DELETE("/v1/tasks/{task}", { params: { path: { task: id } } }));
}

export function rollBack(product: string, to: number) {
  return take(client.POST("/v1/rollbacks", { body: { product, to } }));
}

/** What would change. */
export function plan(change: Change) {
  return take(client.POST("/v1/plans", { body: change }));
}

/** Begins to do what a plan said, and nothing else. */
export function apply(change: Change, fingerprint: string, force: boolean) {
  return take(client.POST("/v1/applies", { body: { change, fingerprint, ...(force && { force }) } }));
}
