/** What mice, pens and fingers do on a drawing. */
import type { Point } from "./view";

export interface Gestures {
  readonly move: (by: Point) => void;
  readonly zoom: (factor: number, under: Point) => void;
  readonly press: (at: Point) => void;
  readonly point: (at: Point | null) => void;
}

/** What is moved by less was pressed. */
const STILL = 5;

/** Tells of an element until what is given back is called. */
export function watch(element: HTMLElement, gestures: Gestures): () => void {
  const held = new Map<number, Point>();
  let start: Point | null = null;

  function placeOf(event: MouseEvent): Point {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  function down(event: PointerEvent) {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    start = held.size === 0 ? placeOf(event) : null;
    held.set(event.pointerId, placeOf(event));
  }

  function move(event: PointerEvent) {
    const [before, now] = [held.get(event.pointerId), placeOf(event)];
    if (!before) return gestures.point(event.pointerType === "mouse" ? now : null);
    if (start && Math.hypot(now.x - start.x, now.y - start.y) < STILL) return;
    start = null;
    held.set(event.pointerId, now);
    const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    gestures.point(null);
    if (!other) return gestures.move({ x: now.x - before.x, y: now.y - before.y });
    const apart = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
    gestures.move({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
    gestures.zoom(apart(now) / Math.max(1, apart(before)), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
  }

  function up(event: PointerEvent) {
    if (!held.delete(event.pointerId)) return;
    if (event.type === "pointerup" && start) gestures.press(placeOf(event));
    start = null;
  }

  const leave = () => gestures.point(null);

  function wheel(event: WheelEvent) {
    // Without a key the wheel is for the page.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    gestures.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.006), placeOf(event));
  }

  const all = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up],
    ["pointercancel", up],
    ["pointerleave", leave],
    ["wheel", wheel],
  ] as const;
  for (const [name, listener] of all)
    element.addEventListener(name, listener as EventListener, name === "wheel" ? { passive: false } : undefined);
  return () => {
    for (const [name, listener] of all) element.removeEventListener(name, listener as EventListener);
  };
}
