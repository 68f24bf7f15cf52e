/** What a canvas draws with: it knows neither custom properties nor `light-dark()`. */
import type { Quality } from "../../../parts/trust";

export interface Colours {
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly rule: string;
  readonly edge: string;
  readonly sheet: string;
  readonly paper: string;
  readonly water: string;
  readonly mark: string;
  readonly markWater: string;
  readonly quality: Readonly<Record<Quality, string>>;
  readonly sans: string;
}

/** Those that hold where an element is. */
export function coloursAt(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    ink: colour("--ink"),
    ink2: colour("--ink-2"),
    ink3: colour("--ink-3"),
    rule: colour("--rule"),
    edge: colour("--edge"),
    sheet: colour("--sheet"),
    paper: colour("--paper"),
    water: colour("--water"),
    mark: colour("--mark"),
    markWater: colour("--mark-water"),
    quality: {
      passed: colour("--good"),
      warned: colour("--care"),
      failed: colour("--bad"),
      unchecked: colour("--plain"),
    },
    sans: getComputedStyle(element).fontFamily,
  };
  probe.remove();
  return found;
}
