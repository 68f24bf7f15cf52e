import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";

import { Prose } from "./Prose";

test.each([
  ["there is no column `nations`", "there is no column <code>nations</code>"],
  ["`a` reads `b`.", "<code>a</code> reads <code>b</code>."],
  ["a ` alone", "a ` alone"],
  ["<b>`<i>`</b>", "&lt;b&gt;<code>&lt;i&gt;</code>&lt;/b&gt;"],
  ["", ""],
])("%s", (text, html) => {
  expect(renderToStaticMarkup(<Prose text={text} />)).toBe(html);
});
