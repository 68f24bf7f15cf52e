import {
  Bool,
  DateDay,
  Decimal,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Table,
  TimeNanosecond,
  TimestampMicrosecond,
  tableFromArrays,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { describe, expect, test } from "vitest";

import { readArrow } from "./arrow";
import type { Loaded } from "./column";
import { exactOf, figureOf, kindOf, textOf, typeName } from "./value";

const ROOMY = { rows: 1_000_000, bytes: 1e9 };

/** A stream of batches of so many rows, 0, 1, 2… and their names. */
function streamOf(...sizes: number[]): { body: ReadableStream<Uint8Array>; given: () => boolean } {
  let next = 0;
  const batches = sizes.flatMap((size) => {
    const values = Int32Array.from({ length: size }, () => next++);
    return tableFromArrays({ n: values, name: Array.from(values, (value) => `row ${value}`) }).batches;
  });
  const schema = batches[0]?.schema ?? new Schema([new Field("n", new Int32())]);
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(new RecordBatch(schema, batch.data));
  writer.finish();
  const bytes = writer.toUint8Array(true);
  let cancelled = false;
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + 512));
      at += 512;
    },
    cancel() {
      cancelled = true;
    },
  });
  return { body, given: () => cancelled };
}

describe("an answer", () => {
  test("is told piece by piece, and each row is where it was", async () => {
    const told: Loaded[] = [];
    const ended = await readArrow(streamOf(3, 5, 2).body, ROOMY, (loaded) => told.push(loaded));
    expect(told.map(({ rows }) => rows)).toEqual([0, 3, 8, 10]);
    expect(ended.cut).toBe(false);
    const [n, name] = ended.columns;
    expect([9, 0, 3, 7, 8, 2].map((row) => [n?.figure(row), name?.text(row)])).toEqual(
      [9, 0, 3, 7, 8, 2].map((row) => [row, `row ${row}`]),
    );
    expect(ended.bytes).toBeGreaterThan(0);
  });

  test("ends where the bounds are, and is given up", async () => {
    const { body, given } = streamOf(100, 100, 100, 100, 100, 100, 100, 100);
    const ended = await readArrow(body, { rows: 150, bytes: 1e9 }, () => {});
    expect(ended).toMatchObject({ rows: 150, cut: true });
    expect(ended.columns[1]?.text(149)).toBe("row 149");
    expect(given()).toBe(true);
  });

  test("is bounded by what it takes too", async () => {
    const ended = await readArrow(streamOf(100, 100, 100).body, { rows: 1e6, bytes: 1 }, () => {});
    expect(ended).toMatchObject({ rows: 100, cut: true });
  });

  test("that has no rows has columns", async () => {
    const bytes = tableToIPC(new Table(new Schema([new Field("only", new Utf8())])), "stream");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    const ended = await readArrow(body, ROOMY, () => {});
    expect(ended).toMatchObject({ rows: 0, cut: false });
    expect(ended.columns.map(({ name, type }) => [name, type])).toEqual([["only", "text"]]);
  });

  test.each([0, 10, 700, 1_500])("that is broken off after %d bytes is an error", async (length) => {
    const whole = new Uint8Array(await new Response(streamOf(100, 100).body).arrayBuffer());
    let given = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (given) return controller.error(new TypeError("network error"));
        given = true;
        controller.enqueue(whole.slice(0, Math.max(1, length)));
      },
    });
    await expect(readArrow(body, ROOMY, () => {})).rejects.toThrow("network error");
  });
});

describe("a value", () => {
  const decimal = new Decimal(2, 15, 128);
  const digits = (value: bigint) => ({ toString: () => String(value) });

  test.each([
    [1250n, "12.50"],
    [-1500n, "-15.00"],
    [5n, "0.05"],
    [-5n, "-0.05"],
    [0n, "0.00"],
  ])("that is a decimal keeps its digits: %d", (value, text) => {
    expect(textOf(decimal, digits(value))).toBe(text);
    expect(figureOf(decimal, digits(value))).toBe(Number(text));
    expect(exactOf(decimal, digits(value))).toBe(value);
  });

  test("that is a whole number keeps its digits", () => {
    expect(textOf(new Int64(), 9_007_199_254_740_993n)).toBe("9007199254740993");
    expect(exactOf(new Int64(), 9_007_199_254_740_993n)).toBe(9_007_199_254_740_993n);
  });

  test("that is a day, a moment or a time is written as ISO 8601", () => {
    expect(textOf(new DateDay(), Date.UTC(2024, 0, 2))).toBe("2024-01-02");
    expect(textOf(new TimestampMicrosecond(), 1_704_164_645_123.456)).toBe("2024-01-02 03:04:05.123456");
    expect(textOf(new TimestampMicrosecond("UTC"), 1_704_164_645_000)).toBe("2024-01-02 03:04:05Z");
    expect(textOf(new TimestampMicrosecond(), -1)).toBe("1969-12-31 23:59:59.999");
    expect(textOf(new TimeNanosecond(), 3_723_500_000_000n)).toBe("01:02:03.5");
  });

  test("that is missing is null, whatever its type", () => {
    for (const type of [decimal, new Int64(), new DateDay(), new Utf8(), new List(new Field("item", new Int64()))]) {
      expect([textOf(type, null), figureOf(type, null)]).toEqual([null, null]);
    }
  });

  test("that is no number is on no axis, and is shown", () => {
    expect([textOf(new Float64(), Number.NaN), figureOf(new Float64(), Number.NaN)]).toEqual(["NaN", null]);
  });

  test("with parts is JSON, with all digits", () => {
    const struct = new Struct([new Field("a", new Int64()), new Field("b", new Utf8())]);
    expect(textOf(struct, { a: 9_007_199_254_740_993n, b: null })).toBe('{"a":"9007199254740993","b":null}');
    const list = vectorFromArray([[1n, 2n, null]], new List(new Field("item", new Int64())));
    expect(textOf(list.type, list.get(0))).toBe("[1,2,null]");
  });

  test("has a type that people can read", () => {
    expect([typeName(decimal), kindOf(decimal)]).toEqual(["decimal(15,2)", "number"]);
    expect([typeName(new Bool()), kindOf(new Bool())]).toEqual(["boolean", "boolean"]);
    expect(typeName(new List(new Field("item", new Int64())))).toBe("list of int64");
    expect(makeData({ type: new Int32() }).type.bitWidth).toBe(32);
  });
});
