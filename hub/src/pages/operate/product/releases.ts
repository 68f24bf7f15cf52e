/** What is different from one release to the next. */
import type { HistoryEntry, Release } from "../../../api/operate";
import type { Run } from "../../../api/types";

/** How a table of a release differs from the same table of the release before. */
export interface TableChange {
  readonly table: string;
  readonly kind: "added" | "removed" | "rebuilt" | "appended";
  /** Rows that it has now, and how many more that is than before. */
  readonly rows: number;
  readonly more: number;
}

export interface ReleaseChange {
  readonly release: Release;
  /** Of the tables that consumers see. */
  readonly tables: readonly TableChange[];
  readonly rows: number;
  /** The generation of the record that it was made of, where that is another one than of the release before. */
  readonly applied: { readonly generation: number; readonly summary: readonly string[] } | null;
}

/** Releases, newest first, each with what it changed. Of the oldest that is kept nothing is known. */
export function changesOf(
  releases: readonly Release[],
  runs: readonly Run[],
  history: readonly HistoryEntry[],
): readonly ReleaseChange[] {
  const generations = new Map(runs.map((run) => [run.id, run.generation]));
  return releases.map((release, index) => {
    const before = releases[index + 1] ?? null;
    const generation = generations.get(release.run);
    const other = generation !== undefined && (before === null || generation !== generations.get(before.run));
    return {
      release,
      tables: before === null ? [] : tablesOf(before, release),
      rows: seen(release).reduce((sum, [, { version }]) => sum + version.rows, 0),
      applied: other ? { generation, summary: summaryOf(history, generation) } : null,
    };
  });
}

/** What consumers see of a release; not what lies between models or was held back. */
function seen({ tables }: Release) {
  return Object.entries(tables).filter(([, { role }]) => role === "output");
}

function tablesOf(before: Release, after: Release): readonly TableChange[] {
  const was = new Map(seen(before));
  const changed = seen(after).flatMap(([table, { version }]): TableChange[] => {
    const old = was.get(table)?.version;
    if (old === undefined) return [{ table, kind: "added", rows: version.rows, more: version.rows }];
    const kind = old.path === version.path && old.fingerprint === version.fingerprint ? "appended" : "rebuilt";
    if (kind === "appended" && old.version === version.version) return [];
    return [{ table, kind, rows: version.rows, more: version.rows - old.rows }];
  });
  const is = new Map(seen(after));
  const gone = [...was].filter(([table]) => !is.has(table));
  return [
    ...changed,
    ...gone.map(([table, { version }]) => ({ table, kind: "removed" as const, rows: 0, more: -version.rows })),
  ];
}

function summaryOf(history: readonly HistoryEntry[], generation: number): readonly string[] {
  for (const { kind } of history) if (kind.event === "applied" && kind.generation === generation) return kind.summary;
  return [];
}
