// Adds to `dist/licences.md`, which Vite has written for code, what comes with the bundle and is no code: typefaces.
import { appendFile, readFile } from "node:fs/promises";

const typefaces = ["source-sans-3", "source-serif-4"];

for (const typeface of typefaces) {
  const folder = new URL(`../node_modules/@fontsource-variable/${typeface}/`, import.meta.url);
  const { name, version, license } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"));
  const text = await readFile(new URL("LICENSE", folder), "utf8");
  await appendFile(
    new URL("../dist/licences.md", import.meta.url),
    `\n## ${name} - ${version} (${license})\n\n${text.trim()}\n`,
  );
}
