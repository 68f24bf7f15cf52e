/** Values of Arrow as text: as the server writes them in JSON and CSV, so that what is copied is what is downloaded. */
import { type DataType, type Field, TimeUnit, Type } from "apache-arrow";

import type { Kind } from "./column";

export function kindOf(type: DataType): Kind {
  switch (type.typeId) {
    case Type.Int:
    case Type.Float:
    case Type.Decimal:
      return "number";
    case Type.Date:
    case Type.Timestamp:
      return "time";
    case Type.Bool:
      return "boolean";
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return "text";
    case Type.Dictionary:
      return kindOf(inner(type));
    default:
      return "other";
  }
}

/** What a type is called. */
export function typeName(type: DataType): string {
  const parts = type as unknown as {
    bitWidth?: number;
    isSigned?: boolean;
    precision?: number;
    scale?: number;
    timezone?: string | null;
  };
  switch (type.typeId) {
    case Type.Int:
      return `${parts.isSigned ? "" : "u"}int${parts.bitWidth}`;
    case Type.Float:
      return ["float16", "float32", "float64"][parts.precision ?? 2] ?? "float64";
    case Type.Decimal:
      return `decimal(${parts.precision},${parts.scale})`;
    case Type.Bool:
      return "boolean";
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return "text";
    case Type.Date:
      return "date";
    case Type.Timestamp:
      return parts.timezone ? "timestamp with zone" : "timestamp";
    case Type.Time:
      return "time";
    case Type.Duration:
      return "duration";
    case Type.Interval:
      return "interval";
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return "bytes";
    case Type.List:
    case Type.FixedSizeList:
      return `list of ${typeName(element(type))}`;
    case Type.Struct:
      return "object";
    case Type.Map:
      return "map";
    case Type.Null:
      return "nothing";
    case Type.Dictionary:
      return typeName(inner(type));
    default:
      return String(type).toLowerCase();
  }
}

/** Null where a value is missing. */
export function textOf(type: DataType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case Type.Decimal:
      return decimal(value, (type as unknown as { scale: number }).scale);
    case Type.Date:
      return new Date(Number(value)).toISOString().slice(0, 10);
    case Type.Timestamp:
      return moment(Number(value), Boolean((type as unknown as { timezone?: string | null }).timezone));
    case Type.Time:
      return timeOfDay(BigInt(value as number | bigint), (type as unknown as { unit: TimeUnit }).unit);
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return hexadecimal(value as Uint8Array);
    case Type.Dictionary:
      return textOf(inner(type), value);
    case Type.List:
    case Type.FixedSizeList:
    case Type.Struct:
    case Type.Map:
      return JSON.stringify(plain(type, value));
    case Type.Duration:
      return `${value} ${UNIT[(type as unknown as { unit: TimeUnit }).unit]}`;
    case Type.Interval:
      return interval(type, value as Int32Array);
    default:
      return String(value);
  }
}

/** A figure for an axis or an order; null where there is none. */
export function figureOf(type: DataType, value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const figure = type.typeId === Type.Decimal ? Number(textOf(type, value)) : Number(value);
  return Number.isFinite(figure) ? figure : null;
}

/** The digits of a whole number or a decimal, beyond what a figure can hold. */
export function exactOf(type: DataType, value: unknown): bigint | null {
  if (typeof value === "bigint") return value;
  return type.typeId === Type.Decimal && value !== null && value !== undefined ? BigInt(String(value)) : null;
}

/** Whether figures of this type may not be exact. */
export function isWide(type: DataType): boolean {
  return (
    type.typeId === Type.Decimal ||
    (type.typeId === Type.Int && (type as unknown as { bitWidth: number }).bitWidth === 64)
  );
}

function inner(type: DataType): DataType {
  return (type as unknown as { dictionary: DataType }).dictionary;
}

function element(type: DataType): DataType {
  return ((type as unknown as { children: readonly Field[] }).children[0] as Field).type;
}

/** Digits with a point where the scale puts it. */
function decimal(value: unknown, scale: number): string {
  const digits = String(value);
  const negative = digits.startsWith("-");
  const figures = negative ? digits.slice(1) : digits;
  const sign = negative ? "-" : "";
  if (scale <= 0) return sign + figures + "0".repeat(figures === "0" ? 0 : -scale);
  const filled = figures.padStart(scale + 1, "0");
  return `${sign}${filled.slice(0, -scale)}.${filled.slice(-scale)}`;
}

/** Milliseconds with parts of one, as ISO 8601 with a blank. */
function moment(milliseconds: number, zoned: boolean): string {
  const whole = Math.floor(milliseconds);
  const date = new Date(whole);
  if (Number.isNaN(date.getTime())) return String(milliseconds);
  const micros = Math.round((milliseconds - whole) * 1_000);
  const [head = "", rest = ""] = date.toISOString().replace("T", " ").replace("Z", "").split(".");
  const fraction = `${rest}${String(Math.min(999, micros)).padStart(3, "0")}`.replace(/0+$/, "");
  return `${head}${fraction === "" ? "" : `.${fraction}`}${zoned ? "Z" : ""}`;
}

const PER_SECOND: Readonly<Record<TimeUnit, bigint>> = {
  [TimeUnit.SECOND]: 1n,
  [TimeUnit.MILLISECOND]: 1_000n,
  [TimeUnit.MICROSECOND]: 1_000_000n,
  [TimeUnit.NANOSECOND]: 1_000_000_000n,
};

const UNIT: Readonly<Record<TimeUnit, string>> = {
  [TimeUnit.SECOND]: "s",
  [TimeUnit.MILLISECOND]: "ms",
  [TimeUnit.MICROSECOND]: "µs",
  [TimeUnit.NANOSECOND]: "ns",
};

function timeOfDay(value: bigint, unit: TimeUnit): string {
  const per = PER_SECOND[unit];
  const seconds = value / per;
  const two = (part: bigint) => String(part).padStart(2, "0");
  const fraction = String(value % per)
    .padStart(String(per).length - 1, "0")
    .replace(/0+$/, "");
  const clock = `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return fraction === "" ? clock : `${clock}.${fraction}`;
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const INTERVAL_MONTH_DAY_NANO = 2;
const INTERVAL_YEAR_MONTH = 0;

function interval(type: DataType, value: Int32Array): string {
  const { unit } = type as unknown as { unit: number };
  const [first = 0, second = 0, low = 0, high = 0] = value;
  if (unit === INTERVAL_YEAR_MONTH)
    return parts([
      [first, "years"],
      [second, "months"],
    ]);
  if (unit !== INTERVAL_MONTH_DAY_NANO)
    return parts([
      [first, "days"],
      [second, "ms"],
    ]);
  const nanoseconds = (BigInt(high) << 32n) | BigInt(low >>> 0);
  return parts([
    [first, "months"],
    [second, "days"],
    [Number(nanoseconds) / 1e9, "s"],
  ]);
}

function parts(all: readonly (readonly [number, string])[]): string {
  const told = all.filter(([count]) => count !== 0).map(([count, unit]) => `${count} ${unit}`);
  return told.length > 0 ? told.join(" ") : "0 s";
}

/** What JSON can hold of a value with parts. Digits that a number would lose stay text. */
function plain(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const { children } = type as unknown as { children: readonly Field[] };
  switch (type.typeId) {
    case Type.List:
    case Type.FixedSizeList:
      return Array.from(value as Iterable<unknown>, (one) => plain(element(type), one));
    case Type.Struct:
      return Object.fromEntries(
        children.map((field) => [field.name, plain(field.type, (value as Record<string, unknown>)[field.name])]),
      );
    case Type.Map: {
      const [, held] = (element(type) as unknown as { children: readonly Field[] }).children;
      return Object.fromEntries(
        Array.from(value as Iterable<[unknown, unknown]>, ([key, one]) => [
          String(key),
          held ? plain(held.type, one) : one,
        ]),
      );
    }
    case Type.Int:
      return typeof value === "bigint" && Number.isSafeInteger(Number(value))
        ? Number(value)
        : typeof value === "bigint"
          ? String(value)
          : value;
    case Type.Float:
    case Type.Bool:
      return value;
    default:
      return textOf(type, value);
  }
}
