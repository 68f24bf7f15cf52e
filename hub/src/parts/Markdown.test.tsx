import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";

import { Markdown, safeAddress } from "./Markdown";

function shown(text: string, untitled = false): string {
  return renderToStaticMarkup(<Markdown text={text} untitled={untitled} />).replace(/^<div[^>]*>|<\/div>$/g, "");
}

describe("what is written is shown", () => {
  test("with headings below those of the page", () => {
    expect(shown("# Orders\n\nOne *row* each.")).toBe("<h3>Orders</h3><p>One <em>row</em> each.</p>");
    expect(shown("# Orders\n\nText", true)).toBe("<p>Text</p>");
  });

  test("with tables, lists and code", () => {
    expect(shown("- a\n- `b`")).toBe("<ul><li>a</li><li><code>b</code></li></ul>");
    expect(shown("| a |\n|---|\n| 1 |")).toContain('<td style="text-align:start">1</td>');
  });
});

describe("nothing that is written can do anything", () => {
  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onmouseover=alert(1)>x</b>",
    "<iframe src='https://evil.example'></iframe>",
  ])("%s is text", (text) => {
    const html = shown(text);
    expect(html).not.toMatch(/<(script|img|b|iframe)\b/);
    expect(html).toContain("&lt;");
  });

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "//x",
    "x.html",
  ])("a link to %s is its words", (address) => {
    expect(safeAddress(address)).toBeNull();
    expect(shown(`[words](<${address}>)`)).toBe("<p>words</p>");
  });

  test("images are not fetched", () => {
    expect(shown("![a chart](https://evil.example/track.png)")).toBe("<p>a chart</p>");
  });

  test("links tell nobody where they were", () => {
    expect(shown("[x](https://example.com/)")).toContain('rel="noreferrer noopener nofollow"');
  });
});
