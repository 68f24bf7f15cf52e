/**
 * What someone wrote into a form, against the schema that the server publishes of the request: the one that programs and the command
 * line are held against. Faults are told in plain words, by the field.
 */
import { type Schema, Validator } from "@cfworker/json-schema";

import bodies from "../api/bodies.json";
import { messages } from "../messages";

/** A request with a body, as the description of the API calls it. */
export type Operation = keyof typeof bodies.operations;

/** Words for what is wrong, by the field. */
export type Faults = Readonly<Record<string, string | undefined>>;

/** In place of the words that hold everywhere: of a field, or of one rule of it. */
export type Wording = Readonly<Record<string, string | Readonly<Record<string, string>> | undefined>>;

export interface Written {
  /** Names that stand in the address of the request. */
  readonly names?: Readonly<Record<string, string>>;
  readonly body: object;
  readonly wording?: Wording;
}

/** Nothing where all of it is as the server wants it. A field that is empty was not written. */
export function faultsOf(operation: Operation, { names = {}, body, wording = {} }: Written): Faults {
  const wanted: { readonly names: Readonly<Record<string, unknown>>; readonly body: object } =
    bodies.operations[operation];
  const found = [
    ...judge(
      { type: "object", properties: wanted.names as Schema, required: Object.keys(wanted.names) },
      filledIn(names),
    ),
    ...judge(wanted.body, filledIn(body)),
  ];
  const faults: Record<string, string> = {};
  for (const fault of found) faults[fault.field] ??= told(fault, wording);
  return faults;
}

/** What is there of it. */
function filledIn(written: object): object {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== ""));
}

/** Words of the schema that only say that something inside does not hold. */
const WRAPPING = new Set([
  "properties",
  "additionalProperties",
  "items",
  "prefixItems",
  "$ref",
  "oneOf",
  "anyOf",
  "allOf",
]);

interface Fault {
  /** The member of the body that is wrong, or in which something is. */
  readonly field: string;
  readonly rule: string;
  /** What the rule says. */
  readonly limit: unknown;
}

function judge(schema: Schema, value: unknown): readonly Fault[] {
  const whole: Schema = { ...schema, $defs: bodies.$defs };
  // Not by code that is made of the schema, which the policy of the page forbids.
  const { errors } = new Validator(whole, "2020-12", false).validate(value);
  return (
    errors
      .filter(({ keyword }) => !WRAPPING.has(keyword))
      .map(({ instanceLocation, keyword, keywordLocation, error }) => ({
        field: placeOf(instanceLocation) || missing(keyword, error),
        rule: keyword,
        limit: at(whole, keywordLocation),
      }))
      // Of what may be left out it is no news that it was not.
      .filter(({ rule, limit }) => !(rule === "type" && limit === "null"))
  );
}

function placeOf(location: string): string {
  return location.replace(/^#\/?/, "").split("/")[0] ?? "";
}

/** Of a member that is not there, the place is where it should be: its name is in the words alone. */
function missing(rule: string, error: string): string {
  return rule === "required" ? (error.match(/"(.+)"/)?.[1] ?? "") : "";
}

/** What stands at a place of a schema, as the way there is told: through references. */
function at(schema: Schema, location: string): unknown {
  let here: unknown = schema;
  for (const step of location.split("/").slice(1)) {
    const next = (here as Readonly<Record<string, unknown>> | undefined)?.[
      step.replaceAll("~1", "/").replaceAll("~0", "~")
    ];
    here = step === "$ref" && typeof next === "string" ? at(schema, next) : next;
  }
  return here;
}

function told({ field, rule, limit }: Fault, wording: Wording): string {
  const own = wording[field];
  const said = typeof own === "string" ? own : own?.[rule];
  if (said !== undefined) return said;
  const kinds = Array.isArray(limit) ? limit : [limit];
  const name = rule === "type" && kinds.includes("integer") ? "integer" : rule;
  const words = messages.forms[name] ?? messages.forms.otherwise;
  return words?.(Number(limit)) ?? rule;
}
