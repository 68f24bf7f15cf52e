/** From files that someone chose to what is sent of bundles: as the command line finds, reads and sends them. */
import type { Change } from "../../../api/operate";

/** A file with its path below what was chosen. */
export interface Picked {
  readonly path: string;
  readonly file: Blob;
}

/** A file of a bundle: text as it is, anything else in base64. */
export type Content = { readonly text: string } | { readonly base64: string };

export interface Bundle {
  /** The folder, as messages name it; `.` where files were chosen and no folder. */
  readonly root: string;
  readonly files: ReadonlyMap<string, Content>;
  readonly bytes: number;
}

/** What makes a folder a bundle. */
export const DESCRIPTOR = "product.odps.yaml";

/** What the server takes at once. */
export const LARGEST = 32 * 1024 * 1024;

/** Bundles are looked for this many folders below the one that was chosen. */
const DEEPEST = 3;

/** Where a file belongs that was chosen without its folder. */
function placed(name: string): string {
  if (/\.odcs\.ya?ml$/.test(name)) return `contracts/${name}`;
  if (name.endsWith(".sql")) return `models/${name}`;
  if (name.endsWith(".cedar")) return `policies/${name}`;
  if (name.endsWith(".md")) return `docs/${name}`;
  return name;
}

interface Found {
  readonly root: string;
  /** By path below the root. */
  readonly files: readonly Picked[];
}

/** The bundles among what was chosen, in the order of their folders, and what belongs to none. */
export function found(picked: readonly Picked[]): { readonly bundles: readonly Found[]; readonly others: number } {
  const seen = picked.filter(({ path }) => !path.split("/").some((name) => name.startsWith(".")));
  if (seen.every(({ path }) => !path.includes("/"))) {
    const files = seen.map(({ path, file }) => ({ path: placed(path), file }));
    const whole = files.some(({ path }) => path === DESCRIPTOR);
    return whole ? { bundles: [{ root: ".", files }], others: 0 } : { bundles: [], others: seen.length };
  }
  const roots = seen
    .filter(({ path }) => path.endsWith(`/${DESCRIPTOR}`))
    .map(({ path }) => path.slice(0, -DESCRIPTOR.length - 1))
    .filter((root) => root.split("/").length <= DEEPEST + 1);
  // A bundle has no other bundles in it.
  const outermost = roots.filter((root) => !roots.some((other) => root.startsWith(`${other}/`))).sort();
  const bundles = outermost.map((root) => ({
    root,
    files: seen
      .filter(({ path }) => path.startsWith(`${root}/`))
      .map(({ path, file }) => ({ path: path.slice(root.length + 1), file })),
  }));
  const taken = bundles.reduce((sum, { files }) => sum + files.length, 0);
  return { bundles, others: seen.length - taken };
}

/** Reads every file of a bundle. */
export async function read({ root, files }: Found): Promise<Bundle> {
  const contents = await Promise.all(
    files.map(async ({ path, file }) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return { path, bytes: bytes.length, content: contentOf(bytes) };
    }),
  );
  contents.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    root,
    files: new Map(contents.map(({ path, content }) => [path, content])),
    bytes: contents.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function contentOf(bytes: Uint8Array): Content {
  try {
    // A mark of the order of bytes is text to the server too.
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
  }
}

/** Names in `${NAME}` and `${NAME:-default}` of documents, with the default where there is one. */
export function variablesOf(bundles: readonly Bundle[]): ReadonlyMap<string, string | null> {
  const named = new Map<string, string | null>();
  for (const { files } of bundles) {
    for (const [path, content] of files) {
      if (!/\.ya?ml$/.test(path) || !("text" in content)) continue;
      for (const [, name = "", fallback] of content.text.matchAll(/\$\{([A-Za-z0-9_]+)(?::-([^}]*))?\}/g)) {
        named.set(name, named.get(name) ?? fallback ?? null);
      }
    }
  }
  return new Map([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is sent. Variables without a value are left to their defaults. */
export function changeOf(
  bundles: readonly Bundle[],
  variables: Readonly<Record<string, string>>,
  remove: readonly string[],
): Change {
  const given = Object.entries(variables).filter(([, value]) => value !== "");
  return {
    bundles: bundles.map(({ root, files }) => ({
      root,
      files: Object.fromEntries([...files].map(([path, file]) => [path, "text" in file ? file.text : file])),
    })),
    variables: Object.fromEntries(given),
    remove: [...remove],
  };
}

/** The text of a file as messages name it; null where it is not among what was chosen. */
export function textOf(bundles: readonly Bundle[], shown: string): string | null {
  for (const { root, files } of bundles) {
    const path = root === "." ? shown : shown.startsWith(`${root}/`) ? shown.slice(root.length + 1) : null;
    const content = path === null ? undefined : files.get(path);
    if (content) return "text" in content ? content.text : null;
  }
  return null;
}
