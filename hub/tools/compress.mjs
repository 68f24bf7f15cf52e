// Writes each file of text in `dist` a second and a third time, compressed, as the server sends it.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const TEXT = /\.(html|js|css|svg|json|md)$/;
// Below this a header costs as much as is saved.
const LEAST = 512;

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !TEXT.test(path) || path.includes("/.vite/")) continue;
  const plain = await readFile(path);
  if (plain.length < LEAST) continue;
  const options = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } };
  await writeFile(`${path}.br`, brotliCompressSync(plain, options));
  await writeFile(`${path}.gz`, gzipSync(plain, { level: 9 }));
}
