/** Questions that this browser kept before the server did: they are offered to the server once, and then they are gone from here. */
import { useState } from "react";

import { keep, kept } from "../../../app/kept";
import { useSession } from "../../../app/useSession";

export interface LeftBehind {
  readonly name: string;
  readonly sql: string;
  readonly purpose: string | null;
}

export function readLeftBehind(text: string | null): readonly LeftBehind[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.flatMap((one) =>
      typeof one?.name === "string" && typeof one.sql === "string"
        ? [
            {
              name: one.name,
              sql: one.sql,
              purpose: typeof one.purpose === "string" && one.purpose ? one.purpose : null,
            },
          ]
        : [],
    );
  } catch {
    return [];
  }
}

export function useLeftBehind(): [readonly LeftBehind[], (next: readonly LeftBehind[]) => void] {
  const { principal, workspace } = useSession();
  const key = `questions.${workspace}.${principal}`;
  const [entries, setEntries] = useState(() => readLeftBehind(kept(key)));
  return [
    entries,
    (next) => {
      keep(key, next.length === 0 ? null : JSON.stringify(next));
      setEntries(next);
    },
  ];
}
