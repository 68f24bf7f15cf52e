/**
 * A question as an address holds it. It stands in the fragment, which no browser sends to a server: what someone asks is on record
 * where it is asked, not in the logs of whatever lies between.
 */

/** How an answer is looked at. */
export type View = "rows" | "chart";

export interface Asking {
  readonly sql: string;
  readonly purpose?: string;
  readonly view?: View;
}

const BEGIN = "q=";

/** As a fragment, without `#`. */
export function fragmentOf({ sql, purpose, view }: Asking): string {
  const text = JSON.stringify({ sql, ...(purpose && { purpose }), ...(view === "chart" && { view }) });
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return BEGIN + btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What a fragment asks, with or without its `#`; null where it is no question. */
export function readFragment(fragment: string): Asking | null {
  const text = fragment.replace(/^#/, "");
  if (!text.startsWith(BEGIN)) return null;
  try {
    const bytes = atob(text.slice(BEGIN.length).replaceAll("-", "+").replaceAll("_", "/"));
    const plain = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0)));
    return readAsking(JSON.parse(plain));
  } catch {
    return null;
  }
}

function readAsking(value: unknown): Asking | null {
  if (typeof value !== "object" || value === null) return null;
  const { sql, purpose, view } = value as Record<string, unknown>;
  if (typeof sql !== "string") return null;
  return {
    sql,
    ...(typeof purpose === "string" && purpose !== "" && { purpose }),
    ...(view === "chart" && { view }),
  };
}
