/** Figures, times and amounts as text. */

const LOCALE = "en-GB";

const plain = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const calendar = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const ago = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
const plurals = new Intl.PluralRules(LOCALE);
const enumeration = new Intl.ListFormat(LOCALE, { type: "conjunction" });

export function number(value: number): string {
  return plain.format(value);
}

/** Where there is no room for more than three figures. */
export function compact(value: number): string {
  return short.format(value);
}

/** Of a part between 0 and 1. A little short of all is never told as all. */
export function percent(part: number): string {
  const told = share.format(part);
  if (part < 1 && told === share.format(1)) return `>${share.format(0.999)}`;
  return told;
}

export function dateTime(at: string): string {
  return moment.format(new Date(at));
}

export function day(at: string): string {
  return calendar.format(new Date(at));
}

/** `1 row`, `2 rows`. */
export function counted(count: number, one: string, many: string): string {
  return `${number(count)} ${plurals.select(count) === "one" ? one : many}`;
}

/** `a, b and c`. */
export function list(words: readonly string[]): string {
  return enumeration.format(words);
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["week", 7 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
];

/** `3 hours ago`, `in 2 days`. */
export function relative(at: string, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? "in a moment" : "just now";
}

/** How long something took or lasts. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${plain.format(Math.round(seconds * 10) / 10)} s`;
  if (seconds < 90 * 60) return counted(Math.round(seconds / 60), "minute", "minutes");
  if (seconds < 48 * 3600) return counted(Math.round(seconds / 3600), "hour", "hours");
  return counted(Math.round(seconds / 86_400), "day", "days");
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 }).format(value)} ${UNITS[unit]}`;
}
