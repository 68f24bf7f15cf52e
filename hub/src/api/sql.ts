/** SQL under the reader's policy: the SQL door, which OpenAPI does not describe. */
import { ApiError } from "./error";

/** Rows in the order in which they came. Whole numbers that JavaScript cannot hold are text. */
export interface Answered {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export async function ask(sql: string, purpose: string | null, signal: AbortSignal): Promise<Answered> {
  const { body } = await askFor(sql, purpose, "json", signal);
  return readJson(await new Response(body).text()) as Answered;
}

/** Forms of an answer. */
export const FORMATS = ["csv", "parquet", "arrow", "json", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

/** What the server says of an answer before it gives it. */
export interface Heard {
  /** The id under which the request is on record. */
  readonly request: string | null;
  /** What was read, by product. */
  readonly releases: readonly { readonly product: string; readonly release: number }[];
}

/** The answer as it comes. It may break off: then the body is an error, and what came is not the whole. */
export async function askFor(
  sql: string,
  purpose: string | null,
  format: Format,
  signal: AbortSignal,
): Promise<Heard & { readonly body: ReadableStream<Uint8Array> }> {
  let response: Response;
  try {
    response = await fetch(`/v1/sql?format=${format}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(purpose === null ? { sql } : { sql, purpose }),
      signal,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw ApiError.unreached(cause);
  }
  if (!response.ok || !response.body) throw ApiError.of(response, readJson(await response.text()));
  const { headers, body } = response;
  return { request: headers.get("Outport-Request"), releases: releasesOf(headers.get("Outport-Releases")), body };
}

/** `orders=3, customers=12`. */
export function releasesOf(header: string | null): Heard["releases"] {
  return (header ?? "").split(",").flatMap((one) => {
    const [product = "", number = ""] = one.trim().split("=");
    return product !== "" && /^\d+$/.test(number) ? [{ product, release: Number(number) }] : [];
  });
}

/** Numbers that would lose figures stay the text that they are. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    return null;
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const loses = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return loses ? (context?.source ?? value) : value;
}
