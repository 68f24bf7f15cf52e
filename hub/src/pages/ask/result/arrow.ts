/** An answer as it comes: an Arrow stream, kept as it is, column by column. A row is made only where it is looked at. */
import { type RecordBatch, RecordBatchReader, type Schema, type Vector } from "apache-arrow";

import type { Column, Loaded } from "./column";
import { exactOf, figureOf, isWide, kindOf, textOf, typeName } from "./value";

/** What is held at most: beyond it an answer is for a download, not for a browser. */
export interface Bounds {
  readonly rows: number;
  readonly bytes: number;
}

export interface Ended extends Loaded {
  /** Whether the answer goes on beyond the bounds. */
  readonly cut: boolean;
}

/**
 * Reads a stream up to the bounds, and tells what there is after each piece. The stream is given up where the bounds are reached:
 * whoever sends it stops.
 */
export async function readArrow(
  body: ReadableStream<Uint8Array>,
  bounds: Bounds,
  told: (loaded: Loaded) => void,
): Promise<Ended> {
  const source = new Source(body);
  try {
    const reader = await RecordBatchReader.from(source.pieces());
    await reader.open();
    source.demandWhole();
    const held = new Held(reader.schema);
    told(held.loaded());
    for await (const batch of reader) {
      const cut = held.add(batch, bounds);
      told(held.loaded());
      if (cut) return { ...held.loaded(), cut };
    }
    source.demandWhole();
    return { ...held.loaded(), cut: false };
  } finally {
    await source.giveUp();
  }
}

/** Bytes as they come. The reader of Arrow takes a stream that breaks for one that ends, so that how it ended is kept here. */
class Source {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private broken: { readonly error: unknown } | null = null;

  constructor(body: ReadableStream<Uint8Array>) {
    this.reader = body.getReader();
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    while (true) {
      const piece = await this.next();
      if (piece.done) return;
      yield piece.value;
    }
  }

  /** Fails where the stream broke. */
  demandWhole(): void {
    if (this.broken) throw this.broken.error;
  }

  /** Tells whoever sends that nobody listens any more. */
  async giveUp(): Promise<void> {
    // A stream that broke has nobody to tell.
    await this.reader.cancel().catch(() => {});
  }

  private async next() {
    try {
      return await this.reader.read();
    } catch (error) {
      this.broken = { error };
      throw error;
    }
  }
}

/** Pieces of an answer, and where each begins. */
class Held {
  private readonly starts: number[] = [];
  private readonly vectors: Vector[][];
  private readonly columns: readonly Column[];
  private rows = 0;
  private bytes = 0;

  constructor(private readonly schema: Schema) {
    this.vectors = schema.fields.map(() => []);
    this.columns = schema.fields.map(({ name, type }, index) => {
      const value = (row: number) => this.value(index, row);
      return {
        name,
        type: typeName(type),
        kind: kindOf(type),
        text: (row) => textOf(type, value(row)),
        figure: (row) => figureOf(type, value(row)),
        ...(isWide(type) && { exact: (row: number) => exactOf(type, value(row)) }),
      };
    });
  }

  /** Whether there was more than fits. */
  add(batch: RecordBatch, bounds: Bounds): boolean {
    const room = bounds.rows - this.rows;
    const taken = batch.numRows > room ? batch.slice(0, room) : batch;
    if (taken.numRows > 0) {
      this.starts.push(this.rows);
      for (const [index] of this.schema.fields.entries()) {
        const vector = taken.getChildAt(index);
        if (vector) this.vectors[index]?.push(vector);
      }
      this.rows += taken.numRows;
      this.bytes += batch.data.byteLength;
    }
    return batch.numRows > room || this.bytes > bounds.bytes;
  }

  /** A picture of what there is; the rows of an earlier one are those of a later one. */
  loaded(): Loaded {
    return { columns: this.columns, rows: this.rows, bytes: this.bytes };
  }

  private value(column: number, row: number): unknown {
    const piece = this.pieceOf(row);
    return this.vectors[column]?.[piece]?.get(row - (this.starts[piece] ?? 0));
  }

  /** Rows are mostly looked at one after the other. */
  private last = 0;

  private pieceOf(row: number): number {
    const { starts, last } = this;
    if ((starts[last] ?? 0) <= row && row < (starts[last + 1] ?? this.rows)) return last;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    this.last = low;
    return low;
  }
}
