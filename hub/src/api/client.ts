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

/** Marks of answers, as long as they are kept. */
const MARKS = new WeakMap<object, string>();

/** The body of an answer; what is known of it already, where the server says that it is still that. */
export async function takeNew<T extends object>(
  known: T | undefined,
  ask: (header: { "If-None-Match"?: string }) => Promise<Outcome<T>>,
): Promise<T> {
  const mark = known && MARKS.get(known);
  if (known === undefined || mark === undefined) return marked(await settle(ask({})));
  const outcome = await settle(ask({ "If-None-Match": mark }), 304);
  return outcome.response.status === 304 ? known : marked(outcome);
}

function marked<T extends object>({ data, response }: Outcome<T>): T {
  const mark = response.headers.get("ETag");
  if (data && mark !== null) MARKS.set(data, mark);
  return data as T;
}

/** The `cursor` of the address that a `Link` header calls the next page. */
export function nextCursor(link: string | null): string | null {
  const address = link?.match(/<([^>]*)>\s*;[^,]*\brel="?next"?/)?.[1];
  return address ? new URL(address, "http://server").searchParams.get("cursor") : null;
}

/** What comes of a request, where that is no error; `also` is a status that is none either. */
async function settle<T>(request: Promise<Outcome<T>>, also?: number): Promise<Outcome<T>> {
  let outcome: Outcome<T>;
  try {
    outcome = await request;
  } catch (cause) {
    // A request that was called off is no error of the server's.
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw ApiError.unreached(cause);
  }
  if (!outcome.response.ok && outcome.response.status !== also) throw ApiError.of(outcome.response, outcome.error);
  return outcome;
}
