/** An answer as a file. It is asked for once more, so that the file is whole however much of it is shown. */
import { askFor, type Format } from "../../../api/sql";
import type { Asking } from "./useAnswer";

export const FILES = ["csv", "parquet", "arrow"] as const satisfies readonly Format[];
export type File = (typeof FILES)[number];

const TYPES: Readonly<Record<File, string>> = {
  csv: "text/csv",
  parquet: "application/vnd.apache.parquet",
  arrow: "application/vnd.apache.arrow.stream",
};

/** Asks, and gives the file to the browser. It has nothing of an answer that breaks off. */
export async function download({ sql, purpose }: Asking, format: File, signal: AbortSignal): Promise<void> {
  const { body } = await askFor(sql, purpose, format, signal);
  // The browser keeps large ones on its disk.
  const blob = await new Response(body, { headers: { "Content-Type": TYPES[format] } }).blob();
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName(format, new Date());
  link.click();
  // The browser takes it at once, but not before this is over.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function fileName(format: File, now: Date): string {
  const stamp = now.toISOString().slice(0, 16).replace("T", "-").replace(":", "");
  return `answer-${stamp}.${format === "arrow" ? "arrows" : format}`;
}
