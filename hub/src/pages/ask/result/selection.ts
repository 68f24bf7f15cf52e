/** Which cells of a grid are chosen, and what keys make of that. */

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** From where it began to where it is. */
export interface Selection {
  readonly anchor: Cell;
  readonly focus: Cell;
}

export interface Area {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function areaOf({ anchor, focus }: Selection): Area {
  return {
    top: Math.min(anchor.row, focus.row),
    bottom: Math.max(anchor.row, focus.row),
    left: Math.min(anchor.column, focus.column),
    right: Math.max(anchor.column, focus.column),
  };
}

export function holds({ top, bottom, left, right }: Area, row: number, column: number): boolean {
  return row >= top && row <= bottom && column >= left && column <= right;
}

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

interface Extent {
  readonly rows: number;
  readonly columns: number;
  /** Rows of a screen. */
  readonly page: number;
}

/** What a key makes of a selection; null where it is not about that. */
export function moved(before: Selection, key: Key, { rows, columns, page }: Extent): Selection | null {
  const far = key.ctrlKey || key.metaKey;
  const last = { row: rows - 1, column: columns - 1 };
  if (far && key.key.toLowerCase() === "a") return { anchor: { row: 0, column: 0 }, focus: last };
  const { row, column } = before.focus;
  const to = target(key.key, far, before.focus, last, page);
  if (!to) return null;
  const focus = {
    row: Math.max(0, Math.min(last.row, to.row ?? row)),
    column: Math.max(0, Math.min(last.column, to.column ?? column)),
  };
  return { anchor: key.shiftKey ? before.anchor : focus, focus };
}

function target(key: string, far: boolean, { row, column }: Cell, last: Cell, page: number): Partial<Cell> | null {
  switch (key) {
    case "ArrowDown":
      return { row: far ? last.row : row + 1 };
    case "ArrowUp":
      return { row: far ? 0 : row - 1 };
    case "ArrowRight":
      return { column: far ? last.column : column + 1 };
    case "ArrowLeft":
      return { column: far ? 0 : column - 1 };
    case "PageDown":
      return { row: row + page };
    case "PageUp":
      return { row: row - page };
    case "Home":
      return far ? { row: 0, column: 0 } : { column: 0 };
    case "End":
      return far ? last : { column: last.column };
    default:
      return null;
  }
}

/** No clipboard is for more. */
export const MOST_CELLS = 1_000_000;

/** Cells as spreadsheets take them: tabs between, a line a row. One cell is its value and nothing else. */
export function copied(
  area: Area,
  text: (row: number, column: number) => string | null,
  heads: readonly string[] | null,
): string {
  if (area.top === area.bottom && area.left === area.right && !heads) return text(area.top, area.left) ?? "";
  const lines: string[] = [];
  if (heads)
    lines.push(
      heads
        .slice(area.left, area.right + 1)
        .map(quoted)
        .join("\t"),
    );
  for (let row = area.top; row <= area.bottom; row++) {
    const cells: string[] = [];
    for (let column = area.left; column <= area.right; column++) cells.push(quoted(text(row, column) ?? ""));
    lines.push(cells.join("\t"));
  }
  return lines.join("\n");
}

/** What would end a cell stands in quotes. */
function quoted(text: string): string {
  return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
