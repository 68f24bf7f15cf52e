/** What a chart of an answer shows, chosen from the types of its columns unless the reader chooses. */
import type { ChartSettings } from "../../../api/types";
import type { Column, Loaded } from "./column";

export type Form = "bars" | "line" | "points";

/** Columns by their place. */
export interface Plan {
  readonly form: Form;
  /** Along the axis. */
  readonly along: number;
  /** Drawn, one series for each; one where there is a `split`. */
  readonly values: readonly number[];
  /** A column with few values, each a series of its own. */
  readonly split: number | null;
}

/** As DESIGN.md has it. */
export const MOST_SERIES = 6;
/** More are no bars but a wall. */
export const MOST_BARS = 60;
/** More are no points but a cloud that takes its time. */
export const MOST_POINTS = 20_000;

/** Null where nothing in the answer can be drawn. */
export function chosenPlan({ columns, rows }: Loaded): Plan | null {
  if (rows === 0) return null;
  const of = (...kinds: Column["kind"][]) =>
    columns.flatMap((column, index) => (kinds.includes(column.kind) ? [index] : []));
  const [times, names, figures] = [of("time"), of("text", "boolean"), of("number")];
  const values = figures.filter((index) => !looksLikeKey(columns[index]));
  const drawn = values.length > 0 ? values : figures;

  const [time] = times;
  if (time !== undefined && drawn.length > 0) return lineOver(time, drawn, names, columns, rows);
  const [name] = names;
  if (name !== undefined && drawn.length > 0) {
    return { form: "bars", along: name, values: comparable(drawn, columns, rows), split: null };
  }
  const year = figures.find((index) => isYear(columns[index], rows));
  const others = drawn.filter((index) => index !== year);
  if (year !== undefined && others.length > 0) return lineOver(year, others, names, columns, rows);
  const [first, second] = drawn;
  if (first !== undefined && second !== undefined)
    return { form: "points", along: first, values: [second], split: null };
  const [key] = figures.filter((index) => index !== first);
  return first !== undefined && key !== undefined ? { form: "bars", along: key, values: [first], split: null } : null;
}

/** The same with columns by their names, as it is kept. */
export function settingsOf({ form, along, values, split }: Plan, columns: readonly Column[]): ChartSettings | null {
  const name = (index: number) => columns[index]?.name;
  const [axis, drawn] = [name(along), values.flatMap((index) => name(index) ?? [])];
  if (axis === undefined || drawn.length === 0) return null;
  return { form, along: axis, values: drawn, split: split === null ? null : (name(split) ?? null) };
}

/** What was kept, for columns that are there and can be drawn so; null where they are not. */
export function planOf(settings: ChartSettings | null, columns: readonly Column[]): Plan | null {
  if (settings === null) return null;
  const find = (name: string, ...kinds: Column["kind"][]) =>
    columns.findIndex((column) => column.name === name && kinds.includes(column.kind));
  const { form } = settings;
  const along = find(settings.along, "number", "time", ...(form === "points" ? [] : (["text", "boolean"] as const)));
  const values = settings.values.map((name) => find(name, "number"));
  const split = settings.split === null ? null : find(settings.split, "text", "boolean");
  return [along, ...values, split ?? 0].includes(-1) ? null : { form, along, values, split };
}

function lineOver(
  along: number,
  values: readonly number[],
  names: readonly number[],
  columns: readonly Column[],
  rows: number,
): Plan {
  const [first] = values;
  const split = names.find((index) => distinct(columns[index], rows, MOST_SERIES) !== null) ?? null;
  if (split !== null && first !== undefined) return { form: "line", along, values: [first], split };
  return { form: "line", along, values: comparable(values, columns, rows), split: null };
}

/** Those that one axis can be for: each at least a twentieth of the largest. */
function comparable(values: readonly number[], columns: readonly Column[], rows: number): readonly number[] {
  const [first] = values;
  if (first === undefined) return [];
  const reach = (index: number) => highest(columns[index], rows);
  const scale = reach(first);
  return values
    .filter((index) => index === first || (reach(index) > scale / 20 && reach(index) < scale * 20))
    .slice(0, MOST_SERIES);
}

const LOOKED_AT = 2_000;

function highest(column: Column | undefined, rows: number): number {
  let most = 0;
  for (let row = 0; row < Math.min(rows, LOOKED_AT); row++) most = Math.max(most, Math.abs(column?.figure(row) ?? 0));
  return most;
}

/** Numbers that are names: nobody adds them. */
function looksLikeKey(column: Column | undefined): boolean {
  return /(^|_)(id|key|code|number|no|year|month|day)$/i.test(column?.name ?? "");
}

function isYear(column: Column | undefined, rows: number): boolean {
  if (!column || !/year/i.test(column.name)) return false;
  const figure = rows > 0 ? column.figure(0) : null;
  return figure !== null && figure >= 1_000 && figure < 3_000;
}

/** The different values of a column in the order in which they come; null where there are more than so many, or only one. */
export function distinct(column: Column | undefined, rows: number, most: number): readonly string[] | null {
  const found = new Set<string>();
  for (let row = 0; column && row < Math.min(rows, MOST_POINTS); row++) {
    const text = column.text(row);
    if (text !== null) found.add(text);
    if (found.size > most) return null;
  }
  return found.size > 1 ? [...found] : null;
}

export interface Series {
  readonly name: string;
  /** On the axis, and above it. A name where the axis has names. */
  readonly points: readonly (readonly [number | string, number | null])[];
}

export interface Drawing {
  readonly form: Form;
  readonly axis: "time" | "number" | "names";
  readonly along: string;
  readonly series: readonly Series[];
  /** Rows that are drawn, where not all of them are. */
  readonly cut: number | null;
}

/** The points of a chart, in the order of its axis where that has one. */
export function drawing({ columns, rows }: Loaded, order: Uint32Array | null, plan: Plan): Drawing | null {
  const along = columns[plan.along];
  if (!along) return null;
  const axis =
    plan.form === "bars" ? "names" : along.kind === "time" ? "time" : along.kind === "number" ? "number" : "names";
  const most = plan.form === "bars" ? MOST_BARS : MOST_POINTS;
  const count = Math.min(rows, most);
  const place = (index: number) => order?.[index] ?? index;
  const onAxis = (row: number) => (axis === "names" ? (along.text(row) ?? "–") : along.figure(row));

  const series = new Map<string, [number | string, number | null][]>();
  const split = plan.split === null ? null : columns[plan.split];
  for (let index = 0; index < count; index++) {
    const row = place(index);
    const x = onAxis(row);
    if (x === null) continue;
    for (const value of plan.values) {
      const column = columns[value];
      if (!column) continue;
      const name = split ? (split.text(row) ?? "–") : column.name;
      if (!series.has(name) && series.size === MOST_SERIES) continue;
      const points = series.get(name) ?? [];
      points.push([x, column.figure(row)]);
      series.set(name, points);
    }
  }
  const sorted = plan.form === "line" && axis !== "names";
  return {
    form: plan.form,
    axis,
    along: along.name,
    series: Array.from(series, ([name, points]) => ({
      name,
      points: sorted ? points.sort((a, b) => Number(a[0]) - Number(b[0])) : points,
    })),
    cut: rows > count ? count : null,
  };
}
