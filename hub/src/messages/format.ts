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

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const YEAR = 365.25 * DAY;
const MONTH = YEAR / 12;

/**
 * Units, and from when on each is spoken in. Rounding reaches no figure at which the next begins (`60 minutes`), and one that would be
 * too coarse comes later: it is `10 days` and not a week, `6 weeks` and not a month, `14 months` and not a year.
 */
const SPOKEN: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, length: number, from: number])[] = [
  ["year", YEAR, 1.5 * YEAR],
  ["month", MONTH, 7.5 * WEEK],
  ["week", WEEK, 13.5 * DAY],
  ["day", DAY, 23.5 * HOUR],
  ["hour", HOUR, 59.5 * MINUTE],
  ["minute", MINUTE, MINUTE],
];

/** `3 hours ago`, `in 2 days`: to the nearest, as people say it. */
export function relative(at: string, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const away = Math.abs(seconds);
  for (const [unit, length, from] of SPOKEN) {
    if (away >= from) return ago.format(Math.sign(seconds) * Math.round(away / length), unit);
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
