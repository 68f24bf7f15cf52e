/** Who would be hit by a plan: products and columns downstream, and those who read what breaks. */
import type { ContractChange, Plan, Refusal } from "../../../api/operate";
import type { Consumer, ListedAgreement } from "../../../api/types";

/** Something of a product that those who read it cannot count on any more. */
export interface Broken {
  readonly product: string;
  /** Null where it is the whole port, or the whole product. */
  readonly table: string | null;
  /** Null where it is the whole table. */
  readonly column: string | null;
  readonly port: string | null;
}

const BREAKING: ReadonlySet<string> = new Set([
  "tableRemoved",
  "columnRemoved",
  "typeChanged",
  "relaxed",
  "keyChanged",
]);

/** The step that a change of a contract demands, as the server counts it. */
export function stepOf({ kind: { change } }: ContractChange): "major" | "minor" | "patch" {
  if (BREAKING.has(change)) return "major";
  return change === "described" ? "patch" : "minor";
}

/** Everything that breaks. */
export function brokenBy({ products }: Plan): readonly Broken[] {
  return products.flatMap(({ product, action, ports }): Broken[] => {
    if (action === "remove") return [{ product, port: null, table: null, column: null }];
    return ports.flatMap(({ port, action: happens, contract }): Broken[] => {
      if (happens === "remove") return [{ product, port, table: null, column: null }];
      if (happens !== "change") return [];
      return contract
        .filter((change) => stepOf(change) === "major")
        .map(({ table, column }) => ({ product, port, table, column }));
    });
  });
}

/** Columns downstream, by product, as the plan says. */
export interface Downstream {
  readonly product: string;
  readonly columns: readonly {
    readonly name: string;
    readonly whole: boolean;
    readonly becauseOf: readonly string[];
  }[];
}

export function downstreamOf({ products }: Plan): readonly Downstream[] {
  const hit = new Map<string, Map<string, { whole: boolean; becauseOf: Set<string> }>>();
  for (const { product, table, column, becauseOf } of products.flatMap(({ affected }) => affected)) {
    const columns = hit.get(product) ?? new Map<string, { whole: boolean; becauseOf: Set<string> }>();
    hit.set(product, columns);
    const name = column === null ? table : `${table}.${column}`;
    const known = columns.get(name) ?? { whole: column === null, becauseOf: new Set<string>() };
    columns.set(name, known);
    known.becauseOf.add(becauseOf);
  }
  return [...hit].map(([product, columns]) => ({
    product,
    columns: [...columns].map(([name, { whole, becauseOf }]) => ({ name, whole, becauseOf: [...becauseOf] })),
  }));
}

/** What someone reads of what breaks. */
export function readOf({ columns }: Pick<Consumer, "columns">, broken: readonly Broken[]): readonly string[] {
  return columns.flatMap(({ table, columns: read }) =>
    read.filter((name) => broken.some((one) => covers(one, table, name))).map((name) => `${table}.${name}`),
  );
}

function covers(broken: Broken, table: string, column: string): boolean {
  // A whole port is gone: which tables were its own is not said, so that everything counts.
  if (broken.table === null) return true;
  return broken.table === table && (broken.column === null || broken.column === column);
}

/** Agreements in force on what breaks. One without columns is about all of them. */
export function agreedOn(
  agreements: readonly ListedAgreement[],
  product: string,
  broken: readonly Broken[],
): readonly ListedAgreement[] {
  return agreements.filter(
    ({ agreement: { port, columns, state }, standing }) =>
      port.product === product &&
      state === "approved" &&
      standing === "active" &&
      broken.some(
        (one) =>
          (one.port === null || one.port === port.port) &&
          (columns === null || one.column === null || columns.some((name) => name.split(".").at(-1) === one.column)),
      ),
  );
}

/** Everything that forbids a plan, by product. */
export function refusalsOf({ products }: Plan): readonly { readonly product: string; readonly refusal: Refusal }[] {
  return products.flatMap(({ product, refusals }) => refusals.map((refusal) => ({ product, refusal })));
}

/** What a plan comes to. */
export type Verdict = "nothing" | "refused" | "forcible" | "breaking" | "harmless";

export function verdictOf(plan: Plan): Verdict {
  const refusals = refusalsOf(plan);
  if (refusals.some(({ refusal }) => refusal.reason !== "stillRead")) return "refused";
  if (refusals.length > 0) return "forcible";
  const quiet = plan.products.every(({ action, pending }) => action === "unchanged" && !pending);
  if (quiet && plan.garbage.length === 0) return "nothing";
  return brokenBy(plan).length > 0 ? "breaking" : "harmless";
}
