import { describe, expect, test } from "vitest";

import { oneOf, oneText, parseSearch, severalTexts, stringifySearch, wholeNumber } from "./search-params";

describe("an address", () => {
  test("is read and written as people write it", () => {
    const search = { q: "late deliveries", domain: ["sales", "customer care"] };
    const text = stringifySearch(search);
    expect(text).toBe("?q=late+deliveries&domain=sales&domain=customer+care");
    expect(parseSearch(text)).toEqual(search);
  });

  test("leaves out what is empty", () => {
    expect(stringifySearch({ q: "", domain: [], owner: undefined })).toBe("");
  });

  test("keeps what looks like a number or JSON as the text that it is", () => {
    expect(parseSearch("?q=0042&owner=%5B1%5D")).toEqual({ q: "0042", owner: "[1]" });
  });

  test("cannot name what every object has", () => {
    expect(parseSearch("?q=a")).not.toHaveProperty("domain");
    expect(severalTexts(parseSearch("?q=a").constructor)).toBeUndefined();
  });
});

test("parameters that make no sense are not there", () => {
  expect(oneText(["a", "b"])).toBe("a");
  expect(oneText({})).toBeUndefined();
  expect(severalTexts(["a", "a", ""])).toEqual(["a"]);
  expect(oneOf(["up", "down"], "sideways")).toBeUndefined();
  expect(oneOf(["up", "down"], "up")).toBe("up");
  expect(wholeNumber("7", 1, 20)).toBe(7);
  expect(wholeNumber("21", 1, 20)).toBeUndefined();
  expect(wholeNumber("1.5", 1, 20)).toBeUndefined();
});
