/**
 * How typed search parameters stand in an address: as people write them (`?q=returns&domain=sales&domain=care`),
 * not as JSON.
 */

/** What an address says: text, or several where a name is there more than once. */
export type Parameters = Record<string, string | string[]>;

export function parseSearch(text: string): Parameters {
  const found: Parameters = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = found[name];
    if (before === undefined) found[name] = value;
    else found[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return found;
}

/** What is empty or not there is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") parameters.append(name, String(one));
    }
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** A parameter that is one text; the first where there are several. */
export function oneText(value: unknown): string | undefined {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" && one !== "" ? one : typeof one === "number" ? String(one) : undefined;
}

/** A parameter that may be there several times; undefined where it is not there at all. */
export function severalTexts(value: unknown): string[] | undefined {
  const all = (Array.isArray(value) ? value : [value]).map(oneText).filter((text) => text !== undefined);
  return all.length > 0 ? [...new Set(all)] : undefined;
}

/** A parameter that is one of these words. */
export function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  const text = oneText(value);
  return words.find((word) => word === text);
}

/** A parameter that is a whole number within bounds. */
export function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const figure = Number(oneText(value));
  return Number.isInteger(figure) && figure >= least && figure <= most ? figure : undefined;
}
