/** From where a drawing is looked at. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What stands in the middle, and how many pixels a length of one is. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const NEAREST = 1.6;
const FARTHEST = 0.004;
const MARGIN = 28;
/** Names can be read from here on. */
export const NAMES = 0.6;

/** All of it, no nearer than it is drawn for. */
export function fitting(drawn: Size, size: Size): View {
  const room = { width: Math.max(1, size.width - 2 * MARGIN), height: Math.max(1, size.height - 2 * MARGIN) };
  const scale = Math.min(1, room.width / drawn.width, room.height / drawn.height);
  return { x: drawn.width / 2, y: drawn.height / 2, scale: Math.max(FARTHEST, scale) };
}

export function onScreen(view: View, size: Size, { x, y }: Point): Point {
  return { x: (x - view.x) * view.scale + size.width / 2, y: (y - view.y) * view.scale + size.height / 2 };
}

export function inDrawing(view: View, size: Size, { x, y }: Point): Point {
  return { x: (x - size.width / 2) / view.scale + view.x, y: (y - size.height / 2) / view.scale + view.y };
}

/** Some of it stays in sight, however far it is moved. */
export function kept({ x, y, scale }: View, drawn: Size): View {
  const within = (value: number, most: number) => Math.max(0, Math.min(most, value));
  return {
    x: within(x, drawn.width),
    y: within(y, drawn.height),
    scale: Math.max(FARTHEST, Math.min(NEAREST, scale)),
  };
}

export function moved(view: View, drawn: Size, { x, y }: Point): View {
  return kept({ ...view, x: view.x - x / view.scale, y: view.y - y / view.scale }, drawn);
}

/** Nearer or farther, where what is under a point stays there. */
export function zoomed(view: View, drawn: Size, size: Size, factor: number, under: Point): View {
  const scale = Math.max(FARTHEST, Math.min(NEAREST, view.scale * factor));
  const fixed = inDrawing(view, size, under);
  return kept(
    {
      x: fixed.x - (under.x - size.width / 2) / scale,
      y: fixed.y - (under.y - size.height / 2) / scale,
      scale,
    },
    drawn,
  );
}

/** With a point of the drawing in the middle, near enough to read names. */
export function centred(view: View, { x, y }: Point): View {
  return { x, y, scale: Math.max(view.scale, NAMES * 1.25) };
}

/** As it stands in an address: `x,y,scale`. */
export function written({ x, y, scale }: View): string {
  return `${Math.round(x)},${Math.round(y)},${Number(scale.toPrecision(3))}`;
}

export function read(text: string | undefined, drawn: Size): View | null {
  const [x, y, scale, ...more] = (text ?? "").split(",").map(Number);
  if (x === undefined || y === undefined || scale === undefined || more.length > 0) return null;
  if (![x, y, scale].every(Number.isFinite) || scale <= 0) return null;
  return kept({ x, y, scale }, drawn);
}
