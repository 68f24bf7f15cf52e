/** A canvas that an estate is drawn on: moved by dragging, made nearer by two fingers, by `Ctrl` and the wheel, or by calls. */
import { type Colours, coloursAt } from "./colours";
import { watch } from "./gestures";
import { margins } from "./labels";
import { paint, productAt, type Scene } from "./paint";
import { Shapes } from "./shapes";
import {
  centred,
  fitting,
  inDrawing,
  moved,
  NAMES,
  onScreen,
  type Point,
  read,
  type Size,
  type View,
  written,
  zoomed,
} from "./view";

export interface Listeners {
  /** A product was pressed; null beside all of them. */
  readonly onPick: (index: number | null) => void;
  /** A product is pointed at, and where; null where none is. */
  readonly onPoint: (pointed: { readonly index: number; readonly x: number; readonly y: number } | null) => void;
  /** It is looked at from elsewhere, as an address says it; undefined for all of it. */
  readonly onView: (at: string | undefined) => void;
}

export interface Stage {
  /** What is drawn from now on. Where it is laid out anew, it is looked at from `at`, or as a whole. */
  readonly show: (scene: Scene, at: string | undefined) => void;
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
  /** Brings a product into sight; near enough to read its name, where that is asked for. */
  readonly bring: (index: number, near: boolean) => void;
  readonly close: () => void;
}

/** The address follows when nothing has moved for a while. */
const SETTLED = 250;

export function stageOn(canvas: HTMLCanvasElement, listeners: Listeners): Stage {
  const context = canvas.getContext("2d", { alpha: false });
  const frame = canvas.parentElement ?? canvas;
  let whole: Size = { width: 0, height: 0 };
  let size: Size = whole;
  let scene: Scene | null = null;
  let view: View | null = null;
  /** Whether all of it is shown, whatever the size. */
  let all = true;
  let told: string | undefined;
  let pointed: number | null = null;
  let brushes: { readonly colours: Colours; readonly shapes: Shapes } | null = null;
  let request = 0;
  let settling = 0;

  function draw() {
    request = 0;
    if (!context || !scene || !view || size.width <= 0 || size.height <= 0) return;
    const ratio = window.devicePixelRatio;
    if (!brushes || brushes.shapes.ratio !== ratio) {
      const colours = coloursAt(frame);
      brushes = { colours, shapes: new Shapes(colours, ratio) };
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint({ context, scene, view, size, pointed, ...brushes }, whole);
  }

  function redraw() {
    if (request === 0) request = requestAnimationFrame(draw);
  }

  function look(wanted: View, whenever = false) {
    view = wanted;
    all = whenever;
    redraw();
    clearTimeout(settling);
    settling = window.setTimeout(() => {
      const at = all || !view ? undefined : written(view);
      if (at === told) return;
      told = at;
      listeners.onView(at);
    }, SETTLED);
  }

  function resize() {
    const box = canvas.getBoundingClientRect();
    whole = { width: box.width, height: box.height };
    const { left, top } = margins(whole);
    size = { width: whole.width - left, height: whole.height - top };
    canvas.width = Math.round(box.width * window.devicePixelRatio);
    canvas.height = Math.round(box.height * window.devicePixelRatio);
    if (scene && (all || !view)) view = fitting(scene.layout, size);
    // What was on the canvas is gone: it is not left empty until the next frame.
    draw();
  }

  function recolour() {
    brushes = null;
    redraw();
  }

  const release = watch(canvas, {
    move: (by) => scene && view && look(moved(view, scene.layout, by)),
    zoom: (factor, under) => scene && view && look(zoomed(view, scene.layout, size, factor, inside(under))),
    press: (point) => listeners.onPick(productOf(point)),
    point: (point) => {
      const index = point && productOf(point);
      if (index !== pointed) redraw();
      pointed = index;
      canvas.style.cursor = index === null ? "grab" : "pointer";
      listeners.onPoint(index === null || !point ? null : { index, ...point });
    },
  });

  function inside({ x, y }: Point): Point {
    const { left, top } = margins(whole);
    return { x: x - left, y: y - top };
  }

  function productOf(point: Point): number | null {
    const { x, y } = inside(point);
    if (!scene || !view || x < 0 || y < 0) return null;
    const place = inDrawing(view, size, { x, y });
    return productAt(scene.layout, place.x, place.y);
  }

  // It is known at once how much room there is: what is brought into sight first depends on it.
  resize();
  const resized = new ResizeObserver(resize);
  resized.observe(canvas);
  const themed = new MutationObserver(recolour);
  themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  night.addEventListener("change", recolour);
  document.fonts.addEventListener("loadingdone", recolour);

  return {
    show: (wanted, at) => {
      const anew = wanted.layout !== scene?.layout;
      scene = wanted;
      if (anew || at !== told) {
        const from = read(at, scene.layout);
        view = from ?? fitting(scene.layout, size);
        all = from === null;
        told = at;
      }
      redraw();
    },
    zoom: (factor) => {
      const centre = { x: size.width / 2, y: size.height / 2 };
      if (scene && view) look(zoomed(view, scene.layout, size, factor, centre));
    },
    fit: () => {
      if (scene) look(fitting(scene.layout, size), true);
    },
    bring: (index, near) => {
      // A small estate is whole in sight, and its names are read as it is.
      if (!scene || !view || (near && all && view.scale >= NAMES)) return;
      const place = { x: scene.layout.x[index] ?? 0, y: scene.layout.y[index] ?? 0 };
      const { x, y } = onScreen(view, size, place);
      const inSight = x > 60 && y > 20 && x < size.width - 60 && y < size.height - 20;
      if (near) look(centred(view, place));
      else if (!inSight) look({ ...place, scale: view.scale });
    },
    close: () => {
      release();
      resized.disconnect();
      themed.disconnect();
      night.removeEventListener("change", recolour);
      document.fonts.removeEventListener("loadingdone", recolour);
      cancelAnimationFrame(request);
      clearTimeout(settling);
    },
  };
}
