/** What a document breaks of its schema: of all that a validator finds, what its writer has to know. */
import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";

/** A rule that does not hold somewhere in a document. */
export interface Fault {
  /** Keys and numbers of items that lead there. */
  readonly path: readonly string[];
  readonly rule: string;
  /** What the rule says. */
  readonly limit: unknown;
  /** The key that is missing or not known. */
  readonly key?: string;
}

/** Rules that only say that something inside of them does not hold. */
const WRAPPING = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "items",
  "prefixItems",
  "additionalItems",
  "unevaluatedItems",
  "$ref",
  "$recursiveRef",
  "allOf",
  "if",
  "dependentSchemas",
]);
/** What says something to readers, and refuses nothing. */
const REMARKS = new Set(["format"]);

/** Every fault, in the order in which they are found. */
export function faultsOf(schema: Schema, value: unknown): readonly Fault[] {
  // Not by code that is made of the schema, which the policy of the page forbids.
  const { errors } = new Validator(schema, "2019-09", false).validate(value);
  const all = meant(schema, errors).map(({ unit, limit, unsure }) => ({
    fault: faultOf(unit, limit ?? at(schema, unit.keywordLocation)),
    unsure,
  }));
  const wrong = all.map(({ fault }) => fault).filter(({ rule }) => rule !== "false");
  return all
    .filter(({ fault: { path, rule, key = "" }, unsure }) => {
      if (rule !== "false") return true;
      // A key whose value is wrong counts as unknown to the validator; and, where an alternative does not hold, so do all of its keys.
      const place = unsure ? path : [...path, key];
      return !wrong.some((other) => begins(other.path, place));
    })
    .map(({ fault }) => fault);
}

interface Meant {
  readonly unit: OutputUnit;
  readonly limit?: unknown;
  /** Of a key that is unknown: whether that depends on what else holds. */
  readonly unsure?: boolean;
}

/** Without what only says that something inside is wrong; of alternatives, that which was meant. */
function meant(schema: Schema, errors: readonly OutputUnit[]): readonly Meant[] {
  const told: Meant[] = [];
  let rest = errors;
  let wrapping = "";
  for (let unit = rest[0]; unit; unit = rest[0]) {
    rest = rest.slice(1);
    const { keyword } = unit;
    if (keyword === "anyOf" || keyword === "oneOf") {
      const [inside, outside] = parted(rest, unit);
      told.push(...alternative(schema, unit, inside));
      rest = outside;
    } else if (WRAPPING.has(keyword)) {
      wrapping = keyword;
    } else if (!REMARKS.has(keyword)) {
      told.push({ unit, unsure: wrapping === "unevaluatedProperties" });
    }
  }
  return told;
}

/** Those that are about alternatives of this one, and the others. */
function parted(
  errors: readonly OutputUnit[],
  { instanceLocation, keywordLocation }: OutputUnit,
): readonly [readonly OutputUnit[], readonly OutputUnit[]] {
  const inside = (unit: OutputUnit) =>
    // The place of a schema `false` is told as that of the value.
    (unit.keyword === "false" || unit.keywordLocation.startsWith(`${keywordLocation}/`)) &&
    (unit.instanceLocation === instanceLocation || unit.instanceLocation.startsWith(`${instanceLocation}/`));
  const end = errors.findIndex((unit) => !inside(unit));
  return end < 0 ? [errors, []] : [errors.slice(0, end), errors.slice(end)];
}

/** No alternative fits: what keeps the nearest one from it, judging by the kind of the value. */
function alternative(schema: Schema, unit: OutputUnit, inside: readonly OutputUnit[]): readonly Meant[] {
  const { instanceLocation, keywordLocation } = unit;
  const branches = new Map<string, OutputUnit[]>();
  let current = "";
  for (const one of inside) {
    if (one.keyword !== "false") current = one.keywordLocation.slice(keywordLocation.length + 1).split("/")[0] ?? "";
    branches.set(current, [...(branches.get(current) ?? []), one]);
  }
  const otherKind = (one: OutputUnit) => one.keyword === "type" && one.instanceLocation === instanceLocation;
  const near = [...branches.values()].filter((branch) => !branch.some(otherKind));
  const least = Math.min(...near.map(({ length }) => length));
  const nearest = near.find(({ length }) => length === least);
  if (nearest) return meant(schema, nearest);
  const kinds = inside.filter(otherKind).flatMap((one) => at(schema, one.keywordLocation));
  const [first] = inside.filter(otherKind);
  return [first ? { unit: first, limit: [...new Set(kinds)] } : { unit }];
}

function faultOf(unit: OutputUnit, limit: unknown): Fault {
  const path = pathOf(unit.instanceLocation);
  const { keyword: rule, error } = unit;
  if (rule === "false") return { path: path.slice(0, -1), rule, limit, key: path.at(-1) ?? "" };
  // The place is where it should be: its name is in the words alone.
  return rule === "required" ? { path, rule, limit, key: error.match(/"(.+)"/)?.[1] ?? "" } : { path, rule, limit };
}

function begins(path: readonly string[], start: readonly string[]): boolean {
  return start.every((step, index) => path[index] === step);
}

function pathOf(location: string): readonly string[] {
  return location
    .split("/")
    .slice(1)
    .map((step) => decodeURI(step).replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What stands at a place of a schema, as the way there is told: through references. */
function at(schema: Schema, location: string): unknown {
  let here: unknown = schema;
  for (const step of pathOf(location)) {
    const next = (here as Readonly<Record<string, unknown>> | undefined)?.[step];
    here = step === "$ref" && typeof next === "string" ? at(schema, next) : next;
  }
  return here;
}
