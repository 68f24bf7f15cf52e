import { type RefObject, useLayoutEffect, useState } from "react";

/** The lines between boxes, measured where the boxes came to stand: each box of a column to each of the next. */
export function useWires(frame: RefObject<HTMLElement | null>): string {
  const [path, setPath] = useState("");

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => setPath(wires(element));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    // Text is as wide as its typeface, which may come later.
    void document.fonts.ready.then(measure);
    measure();
    return () => observer.disconnect();
  }, [frame]);

  return path;
}

function wires(frame: HTMLElement): string {
  const ground = frame.getBoundingClientRect();
  const columns = [...frame.querySelectorAll("[data-column]")].map((column) =>
    [...column.querySelectorAll("[data-box]")].map((box) => box.getBoundingClientRect()),
  );
  return columns
    .slice(1)
    .flatMap((column, index) =>
      (columns[index] ?? []).flatMap((from) =>
        column.map((to) =>
          wire(from.right - ground.left, middle(from) - ground.top, to.left - ground.left, middle(to) - ground.top),
        ),
      ),
    )
    .join("");
}

function middle({ top, height }: DOMRect): number {
  return top + height / 2;
}

function wire(x: number, y: number, toX: number, toY: number): string {
  const bend = (toX - x) / 2;
  return `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
}
