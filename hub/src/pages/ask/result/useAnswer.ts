/** Asking a question, and what comes of it while it comes. */
import { useCallback, useEffect, useRef, useState } from "react";

import { askFor, type Heard } from "../../../api/sql";
import type { Ended } from "./arrow";
import type { Loaded } from "./column";

/** More rows than anybody reads, in less memory than a browser gives a page. */
export const BOUNDS = { rows: 1_000_000, bytes: 384_000_000 };

/** So often is told what has come. */
const EVERY = 120;

export interface Asking {
  readonly sql: string;
  readonly purpose: string | null;
}

export type Answer =
  | { readonly state: "none" }
  | {
      readonly state: "asking";
      readonly asking: Asking;
      readonly heard: Heard | null;
      readonly loaded: Loaded | null;
      readonly began: number;
    }
  | {
      readonly state: "answered";
      readonly asking: Asking;
      readonly heard: Heard;
      readonly loaded: Ended;
      readonly milliseconds: number;
    }
  | {
      readonly state: "failed";
      readonly asking: Asking;
      readonly heard: Heard | null;
      /** What had come before. */
      readonly loaded: Loaded | null;
      readonly error: unknown;
    }
  | {
      readonly state: "stopped";
      readonly asking: Asking;
      readonly heard: Heard | null;
      readonly loaded: Loaded | null;
    };

export type Finished = Exclude<Answer, { readonly state: "none" | "asking" }>;

/** One question at a time: a new one stops the one before. */
export function useAnswer(onEnd: (answer: Finished) => void) {
  const [answer, setAnswer] = useState<Answer>({ state: "none" });
  const underway = useRef<AbortController | null>(null);
  const ended = useRef(onEnd);
  useEffect(() => {
    ended.current = onEnd;
  });
  // Whoever leaves the page wants no answer any more.
  useEffect(() => () => underway.current?.abort(), []);

  const ask = useCallback(async (asking: Asking) => {
    underway.current?.abort();
    const controller = new AbortController();
    underway.current = controller;
    const current = () => underway.current === controller;
    const show = (next: Answer) => {
      if (current()) setAnswer(next);
    };
    const finished = await follow(asking, controller.signal, show);
    if (!current()) return;
    underway.current = null;
    setAnswer(finished);
    ended.current(finished);
  }, []);

  const stop = useCallback(() => underway.current?.abort(), []);
  return { answer, ask, stop };
}

async function follow(asking: Asking, signal: AbortSignal, show: (answer: Answer) => void): Promise<Finished> {
  const began = Date.now();
  let heard: Heard | null = null;
  let loaded: Loaded | null = null;
  let shown = 0;
  show({ state: "asking", asking, heard, loaded, began });
  try {
    // The code that reads the answer comes while the server computes it.
    const reading = import("./arrow");
    const { body, ...head } = await askFor(asking.sql, asking.purpose, "arrow", signal);
    heard = head;
    const { readArrow } = await reading;
    const whole = await readArrow(body, BOUNDS, (now) => {
      loaded = now;
      if (shown > 0 && Date.now() - shown < EVERY) return;
      shown = Date.now();
      show({ state: "asking", asking, heard, loaded, began });
    });
    return { state: "answered", asking, heard: head, loaded: whole, milliseconds: Date.now() - began };
  } catch (error) {
    if (signal.aborted) return { state: "stopped", asking, heard, loaded };
    return { state: "failed", asking, heard, loaded, error };
  }
}
