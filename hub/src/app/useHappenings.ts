import { type Query, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { session } from "../api/queries";

/** What is asked again when something happens, by the first part of its key. */
const CONCERNED: Readonly<Record<string, readonly string[]>> = {
  release: ["catalog", "sample", "estate"],
  run: ["catalog", "runs"],
  agreement: ["catalog", "agreements", "sample"],
  feedback: ["feedback"],
  question: ["questions"],
  task: ["tasks"],
};

/** Where much happens, the same is asked again after this many milliseconds at the earliest. */
const PAUSE = 1_500;
/** The same for what is large. */
const PAUSES: Readonly<Record<string, number>> = { estate: 8_000 };

/** Whether it stays as it was read, as someone may be changing it: `held` of a query says so of what was read. */
function isHeld({ meta, state }: Query): boolean {
  return typeof meta?.held === "function" && meta.held(state.data) === true;
}

/** Keeps what is shown true: the server tells what happens, and what that concerns is asked again, while someone looks. */
export function useHappenings(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const events = new EventSource("/v1/events");
    const concerned = new Set<string>();
    const pauses = new Map<string, ReturnType<typeof setTimeout>>();
    function ask() {
      if (document.visibilityState === "hidden") return;
      for (const key of concerned) {
        if (pauses.has(key)) continue;
        concerned.delete(key);
        void queries.invalidateQueries({ queryKey: [key], predicate: (query) => !isHeld(query) });
        pauses.set(key, setTimeout(over, PAUSES[key] ?? PAUSE, key));
      }
    }
    function over(key: string) {
      pauses.delete(key);
      ask();
    }
    for (const [kind, keys] of Object.entries(CONCERNED)) {
      events.addEventListener(kind, () => {
        for (const key of keys) concerned.add(key);
        ask();
      });
    }
    document.addEventListener("visibilitychange", ask);
    events.addEventListener("reset", () => void queries.invalidateQueries());
    // The browser comes back by itself after a break; it gives up only where it was refused: the session may be over.
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) void queries.invalidateQueries({ queryKey: session.queryKey });
    });
    return () => {
      events.close();
      document.removeEventListener("visibilitychange", ask);
      for (const pause of pauses.values()) clearTimeout(pause);
    };
  }, [queries]);
}
