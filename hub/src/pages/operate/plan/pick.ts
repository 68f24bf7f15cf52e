/** What someone chose or dropped, as files with their paths. */
import type { Picked } from "./bundles";

/** Of an input: with the folder where one was chosen. */
export function pickedOf(files: FileList | null): readonly Picked[] {
  return Array.from(files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Of what was dropped: files, and folders with everything in them. Entries have to be taken while the event lasts. */
export async function dropped(transfer: DataTransfer): Promise<readonly Picked[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map((entry) => below(entry)))).flat();
}

async function below(entry: FileSystemEntry): Promise<readonly Picked[]> {
  // Hidden folders are no part of a bundle, and `.git` has more files than all the rest.
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // A folder is told piece by piece, until there is an empty one.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((one) => below(one)))).flat();
}
