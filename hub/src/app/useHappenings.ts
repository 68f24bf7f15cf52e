import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { session } from "../api/queries";

/** What is asked again when something happens, by the first part of its key. */
const CONCERNED: Readonly<Record<string, readonly string[]>> = {
  release: ["catalog", "sample", "estate"],
  run: ["catalog", "runs"],
  agreement: ["catalog", "agreements", "sample"],
  feedback: ["feedback"],
  task: ["tasks"],
};

/** Keeps what is shown true: the server tells what happens, and what that concerns is asked again. */
export function useHappenings(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const events = new EventSource("/v1/events");
    for (const [kind, keys] of Object.entries(CONCERNED)) {
      events.addEventListener(kind, () => {
        for (const key of keys) void queries.invalidateQueries({ queryKey: [key] });
      });
    }
    events.addEventListener("reset", () => void queries.invalidateQueries());
    // The browser comes back by itself after a break; it gives up only where it was refused: the session may be over.
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) void queries.invalidateQueries({ queryKey: session.queryKey });
    });
    return () => events.close();
  }, [queries]);
}
