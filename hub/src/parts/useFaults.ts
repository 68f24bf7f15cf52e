import { useState } from "react";
import { flushSync } from "react-dom";

import type { Faults, Operation, Written } from "./schema";

/**
 * What is wrong with a form of a page that is there at the first load, for which the schemas would be too much: they come when it
 * is sent. Where they do not come, the server judges alone.
 */
export async function faultsLater(operation: Operation, written: Written): Promise<Faults> {
  const schema = await import("./schema").catch(() => null);
  return schema?.faultsOf(operation, written) ?? {};
}

/** What is wrong with a form, told at its fields. */
export function useFaults() {
  const [faults, setFaults] = useState<Faults>({});

  /** Whether nothing is wrong. Where something is, the first field of it has the focus. */
  function accept(form: HTMLFormElement, found: Faults): boolean {
    // The fields say what is wrong once they are drawn again.
    flushSync(() => setFaults(found));
    if (Object.values(found).every((fault) => fault === undefined)) return true;
    form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    return false;
  }

  return { faults, accept, forget: () => setFaults({}) };
}

/** What someone wrote into a field of a form, without white space around it. */
export function written(form: HTMLFormElement): (name: string) => string {
  const entered = new FormData(form);
  return (name) => String(entered.get(name) ?? "").trim();
}
