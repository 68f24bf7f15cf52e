/** What the reader wants to ask access for: ports, put together from the pages of products and asked for at once. */
import { useTrail } from "../app/trail";

export interface Wanted {
  readonly product: string;
  readonly port: string;
  readonly major: number;
  /** All where it is null. */
  readonly columns: readonly string[] | null;
}

export function wantedKey({ product, port, major }: Pick<Wanted, "product" | "port" | "major">): string {
  return `${product}.${port}@${major}`;
}

export function readBasket(value: unknown): readonly Wanted[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    if (typeof one?.product !== "string" || typeof one.port !== "string" || !Number.isInteger(one.major)) return [];
    const { product, port, major } = one as Wanted;
    const columns: unknown = one.columns;
    return [
      {
        product,
        port,
        major,
        columns: Array.isArray(columns) ? columns.filter((name) => typeof name === "string") : null,
      },
    ];
  });
}

/** One entry for each port. */
export function put(before: readonly Wanted[], entry: Wanted): readonly Wanted[] {
  const key = wantedKey(entry);
  return before.some((one) => wantedKey(one) === key)
    ? before.map((one) => (wantedKey(one) === key ? entry : one))
    : [...before, entry];
}

export function without(before: readonly Wanted[], keys: readonly string[]): readonly Wanted[] {
  return before.filter((one) => !keys.includes(wantedKey(one)));
}

export function useBasket() {
  const [entries, change] = useTrail("basket", readBasket);
  return {
    entries,
    put: (entry: Wanted) => change((before) => put(before, entry)),
    remove: (...keys: readonly string[]) => change((before) => without(before, keys)),
  };
}
