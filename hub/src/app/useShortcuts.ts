import { useEffect, useRef, useSyncExternalStore } from "react";

import { keep, kept } from "./kept";

/** By key, as `KeyboardEvent.key` names it; `g f` for one after the other; `mod+k` for Ctrl or Command with it. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** How long the second key of two is waited for. */
const PATIENCE = 1_200;

const KEY = "shortcuts";
const listeners = new Set<() => void>();

function enabled(): boolean {
  return kept(KEY) !== "off";
}

/** Single keys can be switched off: they are in the way of those who speak to their computer. */
export function useSingleKeys(): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, enabled);
  return [
    on,
    (wanted) => {
      keep(KEY, wanted ? null : "off");
      for (const listener of listeners) listener();
    },
  ];
}

/** Runs what belongs to a key, unless whoever presses it is writing. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });

  useEffect(() => {
    let before: { readonly key: string; readonly at: number } | null = null;
    function press(event: KeyboardEvent) {
      const wanted = wantedBy(event, before, latest.current);
      before = event.key.length === 1 ? { key: event.key, at: event.timeStamp } : null;
      if (!wanted) return;
      event.preventDefault();
      before = null;
      wanted();
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function wantedBy(
  event: KeyboardEvent,
  before: { readonly key: string; readonly at: number } | null,
  shortcuts: Shortcuts,
): (() => void) | undefined {
  if (event.defaultPrevented || event.isComposing || event.altKey) return undefined;
  if (event.ctrlKey || event.metaKey) return shortcuts[`mod+${event.key.toLowerCase()}`];
  if (!enabled() || isWriting(event.composedPath()[0])) return undefined;
  const second = before && event.timeStamp - before.at < PATIENCE ? shortcuts[`${before.key} ${event.key}`] : undefined;
  return second ?? shortcuts[event.key];
}

/** `target` is the innermost element, inside a shadow root too: that is where the editor of SQL is. */
function isWriting(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("dialog[open]")) return true;
  return target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])");
}
