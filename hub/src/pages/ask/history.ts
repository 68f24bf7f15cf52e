/** What was asked before, in this session. */
import { useTrail } from "../../app/trail";

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

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function figure(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

export function useHistory() {
  return useTrail("asked", readHistory);
}
