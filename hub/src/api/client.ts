import createClient from "openapi-fetch";

import { ApiError } from "./error";
import type { paths } from "./schema";

/** The management API. The browser sends the session's cookie by itself. */
export const client = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

interface Outcome<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of an answer. Whatever else comes of a request is an `ApiError`. */
export async function take<T>(request: Promise<Outcome<T>>): Promise<NonNullable<T>> {
  const { data } = await settle(request);
  return data as NonNullable<T>;
}

/** The same, where an answer has no body. */
export async function done(request: Promise<Outcome<unknown>>): Promise<void> {
  await settle(request);
}

/** The body of an answer, and the address of the next page where there is one. */
export async function takePage<T>(
  request: Promise<Outcome<T>>,
): Promise<{ page: NonNullable<T>; next: string | null }> {
  const { data, response } = await settle(request);
  return { page: data as NonNullable<T>, next: nextCursor(response.headers.get("Link")) };
}

/** The body of an answer, and the mark of what it was (`ETag`), by which a change says what it is a change of. */
export async function takeMarked<T>(
  request: Promise<Outcome<T>>,
): Promise<{ value: NonNullable<T>; mark: string | null }> {
  const { data, response } = await settle(request);
  return { value: data as NonNullable<T>, mark: response.headers.get("ETag") };
}

/** The `cursor` of the address that a `Link` header calls the next page. */
export function nextCursor(link: string | null): string | null {
  const address = link?.match(/<([^>]*)>\s*;[^,]*\brel="?next"?/)?.[1];
  return address ? new URL(address, "http://server").searchParams.get("cursor") : null;
}

async function settle<T>(request: Promise<Outcome<T>>): Promise<Outcome<T>> {
  let outcome: Outcome<T>;
  try {
    outcome = await request;
  } catch (cause) {
    // A request that was called off is no error of the server's.
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw ApiError.unreached(cause);
  }
  if (!outcome.response.ok) throw ApiError.of(outcome.response, outcome.error);
  return outcome;
}
