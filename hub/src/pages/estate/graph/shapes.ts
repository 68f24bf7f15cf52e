/** The shapes of the icons of status, for a canvas: a circle with a tick, a triangle, an octagon with a cross, a circle with a line. */
import type { Quality } from "../../../parts/trust";
import type { Colours } from "./colours";

const OUTLINES: Readonly<Record<Quality, string>> = {
  passed: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  warned: "M12 3.2 22 20.6H2L12 3.2Z",
  failed: "M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2L8.2 3Z",
  unchecked: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
};

const SIGNS: Readonly<Record<Quality, string>> = {
  passed: "M8 12.3l2.8 2.8L16 9.4",
  warned: "M12 10v4.4M12 17.2v.1",
  failed: "M9 9l6 6M15 9l-6 6",
  unchecked: "M8 12h8",
};

/** From this size on, in pixels, there is a sign within the outline. */
const SIGNED = 11;

/** Draws shapes; each is made once for every size. */
export class Shapes {
  readonly #made = new Map<string, HTMLCanvasElement>();

  constructor(
    readonly colours: Colours,
    readonly ratio: number,
  ) {}

  draw(context: CanvasRenderingContext2D, quality: Quality, x: number, y: number, size: number): void {
    const pixels = Math.max(3, Math.round(size * this.ratio));
    const key = `${quality} ${pixels}`;
    const made = this.#made.get(key) ?? shapeOf(quality, pixels, this.colours);
    this.#made.set(key, made);
    const side = pixels / this.ratio;
    context.drawImage(made, x - side / 2, y - side / 2, side, side);
  }
}

function shapeOf(quality: Quality, pixels: number, colours: Colours): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = pixels;
  canvas.height = pixels;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.scale(pixels / 24, pixels / 24);
  const colour = colours.quality[quality];
  const outline = new Path2D(OUTLINES[quality]);
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = colour;
  context.fillStyle = quality === "unchecked" ? colours.sheet : colour;
  context.fill(outline);
  context.lineWidth = quality === "unchecked" && pixels < SIGNED ? 4 : 2;
  context.stroke(outline);
  if (pixels >= SIGNED) {
    context.strokeStyle = quality === "unchecked" ? colour : colours.sheet;
    context.lineWidth = 2.4;
    context.stroke(new Path2D(SIGNS[quality]));
  }
  return canvas;
}
