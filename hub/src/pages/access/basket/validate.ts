/** A request against the schema that the server itself publishes, before it is sent. */
import { type Schema, Validator } from "@cfworker/json-schema";
import { queryOptions } from "@tanstack/react-query";

import { client, take } from "../../../api/client";
import type { AgreementOrder } from "../../../api/types";

/** The description of the API, as far as it is needed here. */
interface Described {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What a request must be like. */
export const orderSchema = queryOptions({
  queryKey: ["openapi", "AgreementOrder"],
  queryFn: async ({ signal }) =>
    schemaOf((await take(client.GET("/v1/openapi.json", { signal }))) as unknown as Described),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The schema of a request, with those that it refers to. */
export function schemaOf({ components }: Described): Schema {
  return { ...components.schemas.AgreementOrder, components };
}

export interface Fault {
  /** The member that is wrong; empty where it is the whole. */
  readonly field: string;
  /** By the word of the schema that does not hold, as `maxLength`. */
  readonly rule: string;
  readonly reason: string;
}

/** Nothing where it is as it must be. */
export function faultsOf(schema: Schema, order: AgreementOrder): readonly Fault[] {
  // Not by code that is made of the schema, which the policy of the page forbids.
  const { errors } = new Validator(schema, "2020-12", false).validate(order);
  const leaves = errors.filter(({ keyword }) => keyword !== "properties" && keyword !== "items" && keyword !== "$ref");
  return leaves.map(({ instanceLocation, keyword, error }) => ({
    field: instanceLocation.replace(/^#\/?/, "").split("/")[0] ?? "",
    rule: keyword,
    reason: error,
  }));
}
