import type { ReactNode } from "react";

import { classes } from "./classes";
import styles from "./Table.module.css";

/** A column of a table of rows. */
export interface TableColumn<Row> {
  readonly key: string;
  readonly title: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand at the end of the cell, under each other. */
  readonly number?: boolean;
  /** What the row is called by, for those who hear it. */
  readonly head?: boolean;
}

interface Props<Row> {
  /** What it is a table of. */
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** The row's place in the address (`#…`). */
  readonly rowId?: (row: Row) => string;
}

/** A table that is scrolled within itself where the window is narrow. */
export function Table<Row>({ caption, columns, rows, rowKey, rowId }: Props<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a group of its own would be a fieldset, which this is not
    <div className={styles.scroll} role="group" aria-label={caption} tabIndex={0}>
      <table className={styles.table}>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={classes(column.number && styles.number)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} id={rowId?.(row)}>
              {columns.map((column) =>
                column.head ? (
                  <th key={column.key} scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={classes(column.number && styles.number)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
