/** From product to product by the keyboard: along edges, and between those that stand beside each other. */
import { at, type Model, neighboursOf } from "../model";
import type { Layout } from "./layout";

export type Step = "left" | "right" | "up" | "down";

/** Where one is, and what one goes through by up and down: what reads the same, is read by the same, or stands around. */
export interface Standing {
  readonly at: number;
  readonly beside: readonly number[];
}

/** The product and those of its block. */
export function standing(layout: Layout, index: number): Standing {
  return { at: index, beside: layout.blocks[at(layout.block, index)]?.members ?? [index] };
}

/** Where a step leads; null where it leads nowhere. */
export function walked(model: Model, layout: Layout, from: Standing | null, step: Step): Standing | null {
  const first = layout.blocks[0]?.members[0];
  if (from === null) return first === undefined ? null : standing(layout, first);
  if (step === "up" || step === "down") {
    const place = from.beside.indexOf(from.at);
    const next = from.beside[place + (step === "down" ? 1 : -1)];
    return next === undefined ? null : { at: next, beside: from.beside };
  }
  const along = neighboursOf(step === "right" ? model.readers : model.reads, from.at);
  const beside = along
    .filter((index) => at(layout.block, index) >= 0)
    .sort((one, other) => at(layout.y, one) - at(layout.y, other) || at(layout.x, one) - at(layout.x, other));
  const [nearest] = [...beside].sort(
    (one, other) =>
      Math.abs(at(layout.y, one) - at(layout.y, from.at)) - Math.abs(at(layout.y, other) - at(layout.y, from.at)),
  );
  return nearest === undefined ? null : { at: nearest, beside };
}
