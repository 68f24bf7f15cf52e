// biome-ignore-all lint/a11y/useSemanticElements: a table has all its rows in the page, and this has those in sight
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which of its cells is active
import { type KeyboardEvent, type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { Button, classes, Icon, Status, useToast } from "../../../design";
import { messages } from "../../../messages";
import { askMessages } from "../../../messages/en/ask";
import { number } from "../../../messages/format";
import type { Column, Loaded } from "./column";
import styles from "./Grid.module.css";
import type { Sorting } from "./order";
import { areaOf, copied, holds, MOST_CELLS, moved, type Selection } from "./selection";
import { columnsIn, scaleOf, scrollFor, windowOf } from "./windowing";

const words = askMessages.grid;

/** Of `Grid.module.css`. */
const ROW = 32;
const HEAD = 52;

interface Props {
  readonly loaded: Loaded;
  /** Rows by their places in the answer; as they came where it is null. */
  readonly order: Uint32Array | null;
  readonly sorting: Sorting | null;
  readonly onSort: (sorting: Sorting | null) => void;
}

/** Rows of an answer, however many: only those in sight are in the page. */
export function Grid({ loaded, order, sorting, onSort }: Props) {
  const { columns, rows } = loaded;
  const place = (row: number) => order?.[row] ?? row;
  const frame = useRef<HTMLDivElement>(null);
  const view = useScroll(frame);
  const head = `${number(rows)}`.length * 9 + 24;
  const widths = useWidths(loaded);
  const starts = useMemo(() => startsOf(widths, head), [widths, head]);
  const total = head + widths.reduce((sum, width) => sum + width, 0);
  const height = Math.max(0, view.height - HEAD);
  const shown = windowOf(view.top, height, rows, ROW);
  const inSight = columnsIn(starts, widths, view.left, view.width);
  const { selection, keys, point } = useSelection(frame, loaded, starts, widths, height, head);
  const copy = useCopy(columns, place);
  const area = selection ? areaOf(selection) : null;
  const cells = area ? (area.bottom - area.top + 1) * (area.right - area.left + 1) : 0;

  return (
    <div className={styles.whole}>
      <div
        ref={frame}
        className={styles.frame}
        role="grid"
        aria-label={words.label}
        aria-rowcount={rows + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable
        aria-activedescendant={selection ? cellId(selection.focus.row, selection.focus.column) : undefined}
        tabIndex={0}
        style={{ height: Math.min(560, HEAD + rows * ROW + 18) }}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "c" && area) {
            event.preventDefault();
            void copy(area, false);
          } else keys(event);
        }}
      >
        <div
          className={styles.body}
          role="presentation"
          style={{ height: HEAD + scaleOf(rows, ROW, height).height, width: total }}
        >
          <div className={styles.heads} role="row" aria-rowindex={1}>
            <span className={styles.corner} role="columnheader" aria-colindex={1} style={{ width: head }}>
              <span className="unseen">{words.row}</span>
            </span>
            {inSight.map((index) => (
              <Head
                key={index}
                column={columns[index] as Column}
                index={index}
                left={starts[index] ?? 0}
                width={widths[index] ?? 0}
                sorting={sorting?.column === index ? sorting : null}
                onSort={onSort}
              />
            ))}
          </div>
          <div role="rowgroup" className={styles.rows} style={{ transform: `translateY(${shown.top}px)` }}>
            {Array.from({ length: shown.end - shown.first }, (_, offset) => {
              const row = shown.first + offset;
              return (
                <div key={row} className={styles.row} role="row" aria-rowindex={row + 2}>
                  <span className={styles.number} role="rowheader" aria-colindex={1} style={{ width: head }}>
                    {number(row + 1)}
                  </span>
                  {inSight.map((index) => {
                    const column = columns[index] as Column;
                    const text = column.text(place(row));
                    const focus = selection?.focus.row === row && selection.focus.column === index;
                    return (
                      <span
                        key={index}
                        id={cellId(row, index)}
                        role="gridcell"
                        aria-colindex={index + 2}
                        aria-selected={area ? holds(area, row, index) : false}
                        className={classes(
                          styles.cell,
                          column.kind === "number" && styles.figure,
                          focus && styles.focus,
                        )}
                        style={{ left: starts[index], width: widths[index] }}
                        title={text && text.length > 24 ? text.slice(0, 1_000) : undefined}
                        onPointerDown={(event) => point(event, { row, column: index })}
                        onPointerEnter={(event) => point(event, { row, column: index })}
                      >
                        {text === null ? <span className={styles.missing}>{words.missing}</span> : text.slice(0, 400)}
                      </span>
                    );
                  })}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      <div className={styles.foot}>
        {sorting ? <Status tone="note">{words.sorted(rows)}</Status> : <span>{words.help}</span>}
        {area ? (
          <span className={styles.chosen}>
            {words.chosen(cells)}
            <Button small kind="quiet" icon="copy" onClick={() => copy(area, false)}>
              {words.copy}
            </Button>
            <Button small kind="quiet" icon="copy" onClick={() => copy(area, true)}>
              {words.copyHeads}
            </Button>
          </span>
        ) : null}
      </div>
    </div>
  );
}

function cellId(row: number, column: number): string {
  return `cell-${row}-${column}`;
}

interface HeadProps {
  readonly column: Column;
  readonly index: number;
  readonly left: number;
  readonly width: number;
  readonly sorting: Sorting | null;
  readonly onSort: (sorting: Sorting | null) => void;
}

/** Pressed once it orders, a second time the other way round, a third time as the rows came. */
function Head({ column, index, left, width, sorting, onSort }: HeadProps) {
  const next =
    sorting === null
      ? { column: index, descending: false }
      : sorting.descending
        ? null
        : { column: index, descending: true };
  const order = sorting === null ? "none" : sorting.descending ? "descending" : "ascending";
  return (
    <span
      className={styles.head}
      role="columnheader"
      aria-colindex={index + 2}
      aria-sort={order}
      style={{ left, width }}
    >
      <button
        type="button"
        className={classes(column.kind === "number" && styles.figure)}
        title={words.sort(column.name)}
        onClick={() => onSort(next)}
      >
        <span className={styles.name}>
          <code>{column.name}</code>
          {sorting ? (
            <Icon
              name={sorting.descending ? "down" : "up"}
              size={14}
              label={words[sorting.descending ? "descending" : "ascending"]}
            />
          ) : null}
        </span>
        <small>{column.type}</small>
      </button>
    </span>
  );
}

function startsOf(widths: readonly number[], head: number): readonly number[] {
  let at = head;
  return widths.map((width) => {
    const start = at;
    at += width;
    return start;
  });
}

const LOOKED_AT = 100;
const LETTER = 7.6;

/** As wide as the name and the first values need, and no wider than a screen is for. */
function useWidths({ columns, rows }: Loaded): readonly number[] {
  // Widths stay as they are while further rows come.
  const enough = Math.min(rows, LOOKED_AT);
  return useMemo(
    () =>
      columns.map((column) => {
        let letters = Math.max(column.name.length + 3, column.type.length);
        for (let row = 0; row < enough; row++) letters = Math.max(letters, column.text(row)?.length ?? 7);
        return Math.round(Math.min(360, Math.max(72, letters * LETTER + 28)));
      }),
    [columns, enough],
  );
}

interface Scrolled {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

function useScroll(frame: React.RefObject<HTMLDivElement | null>): Scrolled {
  const [view, setView] = useState<Scrolled>({ top: 0, left: 0, width: 1_280, height: 560 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => {
      const { scrollTop, scrollLeft, clientWidth, clientHeight } = element;
      setView({ top: scrollTop, left: scrollLeft, width: clientWidth, height: clientHeight });
    };
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [frame]);
  return view;
}

function useSelection(
  frame: React.RefObject<HTMLDivElement | null>,
  { columns, rows }: Loaded,
  starts: readonly number[],
  widths: readonly number[],
  height: number,
  head: number,
) {
  const [selection, setSelection] = useState<Selection | null>(null);
  const dragging = useRef(false);
  // What was chosen is of another answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: columns are new with each answer
  useEffect(() => setSelection(null), [columns]);
  useEffect(() => {
    const release = () => {
      dragging.current = false;
    };
    window.addEventListener("pointerup", release);
    return () => window.removeEventListener("pointerup", release);
  }, []);

  function intoSight({ row, column }: { readonly row: number; readonly column: number }) {
    const element = frame.current;
    if (!element) return;
    const top = scrollFor(row, element.scrollTop, height, rows, ROW);
    if (top !== null) element.scrollTop = top;
    const [start = 0, width = 0] = [starts[column], widths[column]];
    if (start - head < element.scrollLeft) element.scrollLeft = start - head;
    else if (start + width > element.scrollLeft + element.clientWidth)
      element.scrollLeft = start + width - element.clientWidth;
  }

  function keys(event: KeyboardEvent) {
    if (rows === 0 || event.target !== frame.current) return;
    const before = selection ?? { anchor: { row: -1, column: 0 }, focus: { row: -1, column: 0 } };
    const next = moved(before, event, {
      rows,
      columns: columns.length,
      page: Math.max(1, Math.floor(height / ROW) - 1),
    });
    if (!next) return;
    event.preventDefault();
    setSelection(next);
    intoSight(next.focus);
  }

  function point(event: PointerEvent, cell: { readonly row: number; readonly column: number }) {
    if (event.type === "pointerdown" && event.button === 0) {
      dragging.current = event.pointerType === "mouse";
      setSelection((before) => ({ anchor: event.shiftKey && before ? before.anchor : cell, focus: cell }));
    } else if (event.type === "pointerenter" && dragging.current) {
      setSelection((before) => (before ? { ...before, focus: cell } : before));
    }
  }

  return { selection, keys, point };
}

function useCopy(columns: readonly Column[], place: (row: number) => number) {
  const say = useToast();
  return async (area: ReturnType<typeof areaOf>, heads: boolean) => {
    const cells = (area.bottom - area.top + 1) * (area.right - area.left + 1);
    if (cells > MOST_CELLS) return say(words.tooMany(MOST_CELLS), "care");
    const text = copied(
      area,
      (row, column) => columns[column]?.text(place(row)) ?? null,
      heads ? columns.map(({ name }) => name) : null,
    );
    try {
      await navigator.clipboard.writeText(text);
      say(words.copied(cells));
    } catch {
      say(messages.common.notCopied, "care");
    }
  };
}
