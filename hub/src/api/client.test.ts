import { describe, expect, test } from "vitest";

import { nextCursor, take } from "./client";
import { ApiError } from "./error";
import { readJson, releasesOf } from "./sql";

function response(status: number): Response {
  return new Response(null, { status, statusText: "told by HTTP" });
}

describe("an answer", () => {
  test("is its body", async () => {
    await expect(take(Promise.resolve({ data: { a: 1 }, response: response(200) }))).resolves.toEqual({ a: 1 });
  });

  test("that is a problem document is an error with all that it says", async () => {
    const problem = {
      type: "urn:outport:problem:other-purpose",
      title: "not for this",
      detail: "the agreement is for another purpose",
      help: "name its purpose",
      request: "0197",
      diagnostics: [],
    };
    const error = await take(Promise.resolve({ error: problem, response: response(403) })).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 403,
      code: "other-purpose",
      message: "the agreement is for another purpose",
      help: "name its purpose",
      request: "0197",
      problem,
    });
  });

  test("that is no problem document is an error too", async () => {
    const error = await take(Promise.resolve({ error: "<html>", response: response(502) })).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ status: 502, code: "unknown", title: "told by HTTP", help: null });
  });

  test("that never comes says that the server was not reached", async () => {
    const error = await take(Promise.reject(new TypeError("fetch failed"))).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 0, unreachable: true });
  });

  test("that nobody waits for any more is no error of the server's", async () => {
    const called = new DOMException("stopped", "AbortError");
    await expect(take(Promise.reject(called))).rejects.toBe(called);
  });
});

test("the next page is where the link says", () => {
  expect(nextCursor('</v1/feedback?limit=50&cursor=abc%3D>; rel="next"')).toBe("abc=");
  expect(nextCursor('</v1/feedback?cursor=a>; rel="prev"')).toBeNull();
  expect(nextCursor(null)).toBeNull();
});

test("an answer that is no JSON is nothing", () => {
  expect(readJson('{"share": 0.5, "n": 12}')).toEqual({ share: 0.5, n: 12 });
  expect(readJson("no json")).toBeNull();
});

test("releases that were read are told by product", () => {
  expect(releasesOf("orders=3, customer-360=12")).toEqual([
    { product: "orders", release: 3 },
    { product: "customer-360", release: 12 },
  ]);
  expect(releasesOf("")).toEqual([]);
  expect(releasesOf(null)).toEqual([]);
});
