/** The names of lanes and bands beside the drawing, and texts that have to fit. */
import { compact } from "../../../messages/format";
import type { Brush } from "./paint";
import { onScreen, type Size } from "./view";

/** Room for the names of lanes on the left, and of bands above. */
export function margins(size: Size): { readonly left: number; readonly top: number } {
  return { left: Math.round(Math.min(148, size.width * 0.22)), top: 30 };
}

/** The names of bands above and of lanes on the left, where they are looked for from everywhere. */
export function paintMargins(brush: Brush, whole: Size): void {
  const { context, scene, colours, view, size } = brush;
  const { left, top } = margins(whole);
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, whole.width, top);
  context.fillRect(0, 0, left, whole.height);
  context.fillStyle = colours.rule;
  context.fillRect(0, top - 1, whole.width, 1);
  context.fillRect(left - 1, 0, 1, whole.height);
  context.textBaseline = "middle";
  let free = left;
  for (const { name, left: from, width } of scene.layout.bands) {
    const start = Math.max(left, left + onScreen(view, size, { x: from, y: 0 }).x);
    const end = Math.min(whole.width, left + onScreen(view, size, { x: from + width, y: 0 }).x);
    if (end < left || start > whole.width) continue;
    context.font = `600 13px ${colours.sans}`;
    context.fillStyle = colours.ink2;
    const x = Math.max(free, start) + 6;
    const text = cut(context, scene.bandName(name), Math.max(end, start + 110) - x);
    context.fillText(text, x, top / 2);
    free = x + context.measureText(text).width + 8;
  }
  context.save();
  context.beginPath();
  context.rect(0, top, left - 1, whole.height - top);
  context.clip();
  paintLaneNames(brush, left, top, whole);
  context.restore();
}

function paintLaneNames({ context, scene, colours, view, size }: Brush, left: number, top: number, whole: Size): void {
  let free = top;
  for (const { name, top: from, height, count } of scene.layout.lanes) {
    const start = top + onScreen(view, size, { x: 0, y: from }).y;
    const end = top + onScreen(view, size, { x: 0, y: from + height }).y;
    if (end < top || start > whole.height) continue;
    const y = Math.max(free, Math.min(Math.max(top, start), end - 36)) + 10;
    if (y + 4 > Math.max(end, start + 14)) continue;
    context.font = `600 13px ${colours.sans}`;
    context.fillStyle = colours.ink;
    context.fillText(cut(context, scene.laneName(name), left - 18), 10, y);
    free = y + 10;
    if (end - y < 22) continue;
    context.font = `400 13px ${colours.sans}`;
    context.fillStyle = colours.ink3;
    context.fillText(compact(count), 10, y + 17);
    free = y + 26;
  }
}

/** Room for the sign that something was cut off, in pixels. */
const ELLIPSIS = 12;

const WIDTHS = new Map<string, number>();
/** Widths that are remembered. */
const MOST_WIDTHS = 50_000;

/** A text as far as there is room for it. */
export function cut(context: CanvasRenderingContext2D, text: string, room: number): string {
  const key = `${context.font} ${text}`;
  const width = WIDTHS.get(key) ?? context.measureText(text).width;
  if (WIDTHS.size >= MOST_WIDTHS) WIDTHS.clear();
  WIDTHS.set(key, width);
  if (width <= room) return text;
  const letters = Math.floor((text.length * (room - ELLIPSIS)) / width);
  return letters > 0 ? `${text.slice(0, letters).trimEnd()}…` : "";
}
