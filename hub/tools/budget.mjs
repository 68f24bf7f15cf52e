// Fails where the first load of the hub is too large, or where its page holds what the server's policy forbids.
import { readFile, stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const LIMIT = 250_000;
const dist = new URL("../dist/", import.meta.url);

// The pages that someone may open first, and what they need before they show anything.
const FIRST = ["src/pages/find/FindPage.tsx", "src/pages/sign-in/SignInPage.tsx"];
const TYPEFACES = /source-(sans-3|serif-4)-latin-wght-normal.*\.woff2$/;

const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", dist), "utf8"));

function needed(name, found = new Set()) {
  const { file, css = [], imports = [], assets = [] } = manifest[name];
  for (const one of [file, ...css, ...assets.filter((asset) => TYPEFACES.test(asset))]) found.add(one);
  for (const other of imports) if (!found.has(manifest[other].file)) needed(other, found);
  return found;
}

async function size(file) {
  const url = new URL(file, dist);
  return file.endsWith(".woff2") ? (await stat(url)).size : gzipSync(await readFile(url), { level: 9 }).length;
}

let failed = false;
for (const page of FIRST) {
  const files = [...needed(page, needed("index.html", new Set(["index.html", "layers.css", "theme.js", "mark.svg"])))];
  const sizes = await Promise.all(files.map(size));
  const total = sizes.reduce((sum, one) => sum + one, 0);
  const verdict = total <= LIMIT ? "of" : "IS MORE THAN";
  console.log(
    `first load of ${page}: ${(total / 1000).toFixed(1)} kB in ${files.length} files, ${verdict} ${LIMIT / 1000} kB (gzip)`,
  );
  if (total > LIMIT) {
    failed = true;
    for (const [index, file] of files.entries()) console.log(`  ${(sizes[index] / 1000).toFixed(1)} kB  ${file}`);
  }
}

const page = await readFile(new URL("index.html", dist), "utf8");
for (const [what, pattern] of [
  ["an inline script", /<script(?![^>]*\bsrc=)/],
  ["an inline style", /<style|\sstyle=/],
  ["an inline handler", /\son\w+=/],
  ["something of another server", /(src|href)="(https?:)?\/\//],
]) {
  if (pattern.test(page)) {
    failed = true;
    console.error(`error: index.html has ${what}`);
  }
}
if (failed) process.exit(1);
