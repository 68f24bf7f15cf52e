/**
 * What the reader did in this session, so that a page that is loaded again, or opened a second time, knows of it: the basket, and
 * what was asked. It belongs to one session: it is forgotten when that ends, and nobody else ever finds it.
 */
import { useCallback, useSyncExternalStore } from "react";

import { keep, kept } from "./kept";
import { useSession } from "./useSession";

/** Whose it is, and until when. */
export interface Owner {
  readonly principal: string;
  readonly workspace: string;
  readonly expiresAt: string | null;
}

interface Trail {
  readonly owner: Owner;
  readonly steps: Readonly<Record<string, unknown>>;
}

const KEY = "trail";
const listeners = new Set<() => void>();

/** The steps of whoever is signed in; none where those that are kept are not theirs. */
export function readTrail(text: string | null, owner: Owner, now: number): Trail["steps"] {
  if (text === null) return {};
  try {
    const { owner: before, steps } = JSON.parse(text) as Trail;
    const same = belongs(before, owner);
    const over = before.expiresAt !== null && Date.parse(before.expiresAt) <= now;
    return same && !over && typeof steps === "object" && steps !== null ? steps : {};
  } catch {
    return {};
  }
}

/** The server writes the same moment with more or fewer digits. */
function belongs(before: Owner, owner: Owner): boolean {
  const end = ({ expiresAt }: Owner) => (expiresAt === null ? null : Date.parse(expiresAt));
  return before.principal === owner.principal && before.workspace === owner.workspace && end(before) === end(owner);
}

/** When the session ends. */
export function forgetTrail(): void {
  write(null);
}

function write(text: string | null) {
  keep(KEY, text);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  // Another window of the same session.
  const elsewhere = (event: StorageEvent) =>
    event.key === null || event.key.endsWith(`.${KEY}`) ? listener() : undefined;
  listeners.add(listener);
  window.addEventListener("storage", elsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", elsewhere);
  };
}

/** One step of the trail, and how it is changed. `read` makes sense of what is kept, which anybody may have written. */
export function useTrail<T>(step: string, read: (kept: unknown) => T): [T, (change: (before: T) => T) => void] {
  const { principal, workspace, expiresAt } = useSession();
  const text = useSyncExternalStore(subscribe, () => kept(KEY));
  const owner: Owner = { principal, workspace, expiresAt };
  const value = read(readTrail(text, owner, Date.now())[step]);

  const change = useCallback(
    (next: (before: T) => T) => {
      const owner: Owner = { principal, workspace, expiresAt };
      // What is kept now, not what was shown: another window may have been faster.
      const steps = readTrail(kept(KEY), owner, Date.now());
      const trail: Trail = { owner, steps: { ...steps, [step]: next(read(steps[step])) } };
      write(JSON.stringify(trail));
    },
    [principal, workspace, expiresAt, step, read],
  );
  return [value, change];
}
