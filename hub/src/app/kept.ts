/** Small choices that this browser remembers. Nothing that only some may see is ever kept here. */

const PREFIX = "outport.";

/** Null where nothing is kept, or the browser keeps nothing for pages. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Null forgets. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // The choice holds until the page is closed.
  }
}
