/** What was asked before, and what is worth asking again. */
import { useState } from "react";

import { keep, kept } from "../../app/kept";
import { useTrail } from "../../app/trail";
import { useSession } from "../../app/useSession";

/** A question that was asked in this session. */
export interface Asked {
  readonly sql: string;
  readonly purpose: string | null;
  readonly at: string;
  /** What became of it; rows where it was answered. */
  readonly outcome: "answered" | "failed" | "stopped";
  readonly rows: number | null;
  readonly milliseconds: number | null;
}

/** A question with a name, that the reader wants to keep. */
export interface Saved {
  readonly name: string;
  readonly sql: string;
  readonly purpose: string | null;
}

const MOST = 50;
const OUTCOMES = ["answered", "failed", "stopped"] as const;

/** The newest first; asking the same again is one entry. */
export function asked(before: readonly Asked[], entry: Asked): readonly Asked[] {
  const others = before.filter(({ sql, purpose }) => sql !== entry.sql || purpose !== entry.purpose);
  return [entry, ...others].slice(0, MOST);
}

export function readHistory(value: unknown): readonly Asked[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    const outcome = OUTCOMES.find((word) => word === one?.outcome);
    if (typeof one?.sql !== "string" || typeof one.at !== "string" || !outcome) return [];
    const { sql, at } = one as Asked;
    return [
      {
        sql,
        at,
        outcome,
        purpose: textOrNull(one.purpose),
        rows: figure(one.rows),
        milliseconds: figure(one.milliseconds),
      },
    ];
  });
}

export function readSaved(text: string | null): readonly Saved[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.flatMap((one) =>
      typeof one?.name === "string" && typeof one.sql === "string"
        ? [{ name: one.name, sql: one.sql, purpose: textOrNull(one.purpose) }]
        : [],
    );
  } catch {
    return [];
  }
}

/** In the order of their names; one that is saved again takes the place of the one with its name. */
export function saved(before: readonly Saved[], entry: Saved): readonly Saved[] {
  return [...before.filter(({ name }) => name !== entry.name), entry].sort((a, b) => a.name.localeCompare(b.name));
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function figure(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

export function useHistory() {
  return useTrail("asked", readHistory);
}

/** Kept in this browser under the reader's name, until they remove them: they wrote them, and said that they are to be kept. */
export function useSaved(): [readonly Saved[], (next: readonly Saved[]) => void] {
  const { principal, workspace } = useSession();
  const key = `questions.${workspace}.${principal}`;
  const [entries, setEntries] = useState(() => readSaved(kept(key)));
  return [
    entries,
    (next) => {
      keep(key, next.length === 0 ? null : JSON.stringify(next));
      setEntries(next);
    },
  ];
}
