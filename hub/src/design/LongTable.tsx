import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type ReactNode, useRef } from "react";

import { classes } from "./classes";
import styles from "./LongTable.module.css";

/** Rows that are in the page above and below those in sight. */
const OVERSCAN = 4;

/** What a browser may forget of a table whose parts are not laid out as those of a table. */
const ROLE = {
  table: { role: "table" },
  rowgroup: { role: "rowgroup" },
  row: { role: "row" },
  columnheader: { role: "columnheader" },
  rowheader: { role: "rowheader" },
  cell: { role: "cell" },
} as const;

interface Props {
  /** What it is a table of. */
  readonly caption: string;
  /** How many rows there are. */
  readonly count: number;
  /** How high each of them is, in pixels. */
  readonly rowHeight: number;
  /** Says how high it may be, and how wide its columns (`--columns`) and all of it at least (`--least`) are. */
  readonly className: string | undefined;
  /** A `LongHead` for each column. */
  readonly head: ReactNode;
  /**
   * The row at a place: a component with a `LongRow`, and with a key. It is memoised (`memo`) and given the same properties as long as
   * nothing of it changes, so that those that stay in sight are left as they are while others pass by.
   */
  readonly row: (place: number) => ReactNode;
}

/** A table of however many rows, all of one height, that is scrolled within itself: only those in sight are in the page. */
export function LongTable({ caption, count, rowHeight, className, head, row }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
  });
  const items = virtual.getVirtualItems();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a group of its own would be a fieldset, which this is not
    <div ref={frame} className={classes(styles.frame, className)} role="group" aria-label={caption} tabIndex={0}>
      <table
        {...ROLE.table}
        className={styles.table}
        style={{ "--row": `${rowHeight}px` } as CSSProperties}
        aria-label={caption}
        aria-rowcount={count + 1}
      >
        <thead {...ROLE.rowgroup} className={styles.head}>
          <tr {...ROLE.row} aria-rowindex={1} className={styles.cells}>
            {head}
          </tr>
        </thead>
        <tbody
          {...ROLE.rowgroup}
          className={styles.rows}
          style={{ height: virtual.getTotalSize(), paddingTop: items[0]?.start ?? 0 }}
        >
          {items.map(({ index }) => row(index))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps {
  /** Over figures. */
  readonly number?: boolean | undefined;
  /** How rows are in order of this column, where they are. */
  readonly sort?: "ascending" | "descending" | undefined;
  readonly children: ReactNode;
}

/** The head of a column of a `LongTable`. */
export function LongHead({ number, sort, children }: HeadProps) {
  return (
    <th {...ROLE.columnheader} scope="col" className={classes(number && styles.number)} aria-sort={sort}>
      {children}
    </th>
  );
}

interface RowProps {
  readonly place: number;
  readonly className?: string | false | undefined;
  /** A `LongCell` for each column. */
  readonly children: ReactNode;
}

/** A row of a `LongTable`. */
export function LongRow({ place, className, children }: RowProps) {
  return (
    <tr {...ROLE.row} aria-rowindex={place + 2} className={classes(styles.cells, styles.row, className)}>
      {children}
    </tr>
  );
}

interface CellProps {
  /** What the row is called by, for those who hear it. */
  readonly head?: boolean | undefined;
  /** Figures stand at the end of the cell, under each other. */
  readonly number?: boolean | undefined;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A cell of a row of a `LongTable`. */
export function LongCell({ head, number, className, children }: CellProps) {
  const all = classes(number && styles.number, className);
  return head ? (
    <th {...ROLE.rowheader} scope="row" className={all}>
      {children}
    </th>
  ) : (
    <td {...ROLE.cell} className={all}>
      {children}
    </td>
  );
}
