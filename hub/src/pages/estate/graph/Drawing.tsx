import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";

import { IconButton } from "../../../design";
import { estateMessages } from "../../../messages/en/estate";
import { at, type Model, titleOf } from "../model";
import { alignmentName, domainName } from "../names";
import { changed } from "../search";
import { useEstateSearch } from "../useEstateSearch";
import styles from "./Drawing.module.css";
import { Legend } from "./Legend";
import { laidOut } from "./layout";
import type { Scene } from "./paint";
import { type Stage, stageOn } from "./stage";
import { traced } from "./trace";
import { type Standing, type Step, standing, walked } from "./walk";

const words = estateMessages.drawing;

/** How wide a drawing is for its height, before it is known how wide there is room for. */
const ASPECT = 1.9;
const CLOSER = 1.5;

interface Props {
  readonly model: Model;
  readonly shown: readonly number[];
  readonly near: ReadonlySet<number>;
  readonly hits: readonly number[] | null;
  readonly chosen: number | null;
}

/** Products and who reads whom, on a canvas. */
export function Drawing({ model, shown, near, hits, chosen }: Props) {
  const layout = useMemo(() => laidOut(model, shown, ASPECT), [model, shown]);
  const trace = useMemo(() => (chosen === null ? null : traced(model, chosen)), [model, chosen]);
  const scene = useMemo(
    (): Scene => ({
      model,
      layout,
      near,
      trace,
      hits: hits && new Set(hits),
      laneName: domainName,
      bandName: alignmentName,
    }),
    [model, layout, near, trace, hits],
  );
  const { canvas, stage, pointed } = useStage(scene, model, chosen);
  const { keys, said } = useWalk(scene, chosen, stage);
  const help = useId();
  const product = pointed === null ? undefined : model.products[pointed.index];
  return (
    <div className={styles.whole}>
      <div
        className={styles.frame}
        role="application"
        aria-label={words.label}
        aria-describedby={help}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is used by keys
        tabIndex={0}
        onKeyDown={keys}
      >
        <canvas ref={canvas} className={styles.canvas} />
        {product && pointed ? (
          <div className={styles.pointed} style={{ left: pointed.x, top: pointed.y }}>
            <strong>{titleOf(product)}</strong>
            <span>{domainName(product.domain)}</span>
          </div>
        ) : null}
        <div className={styles.tools}>
          <IconButton small icon="plus" label={words.zoomIn} onClick={() => stage.current?.zoom(CLOSER)} />
          <IconButton small icon="minus" label={words.zoomOut} onClick={() => stage.current?.zoom(1 / CLOSER)} />
          <IconButton small icon="fit" label={words.fit} onClick={() => stage.current?.fit()} />
        </div>
      </div>
      <p id={help} className="unseen">
        {words.keys}
      </p>
      <p className="unseen" role="status">
        {said}
      </p>
      <Legend model={model} layout={layout} complete={trace?.complete ?? true} />
    </div>
  );
}

interface Pointed {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

/** The canvas, what draws on it, and what is pointed at. */
function useStage(scene: Scene, model: Model, chosen: number | null) {
  const { search, go } = useEstateSearch();
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const products = useRef(model.products);
  products.current = model.products;

  useEffect(() => {
    if (!canvas.current) return;
    const made = stageOn(canvas.current, {
      onPick: (index) =>
        go((before) => changed(before, { product: index === null ? undefined : products.current[index]?.name })),
      onPoint: setPointed,
      onView: (at) => go((before) => changed(before, { at }), true),
    });
    stage.current = made;
    return () => made.close();
  }, [go]);

  useEffect(() => stage.current?.show(scene, search.at), [scene, search.at]);

  // What was chosen somewhere else, or by words, is brought into sight.
  const first = useRef(search.at === undefined);
  useEffect(() => {
    if (chosen !== null) stage.current?.bring(chosen, first.current);
    first.current = false;
  }, [chosen]);

  return { canvas, stage, pointed };
}

const STEPS: Readonly<Record<string, Step>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** Keys of the drawing, and what is said of where they led. */
function useWalk({ model, layout }: Scene, chosen: number | null, stage: React.RefObject<Stage | null>) {
  const { go } = useEstateSearch();
  const navigate = useNavigate();
  const [said, setSaid] = useState("");
  const stood = useRef<Standing | null>(null);

  function walk(step: Step) {
    const from =
      chosen === null || at(layout.block, chosen) < 0
        ? null
        : stood.current?.at === chosen
          ? stood.current
          : standing(layout, chosen);
    const next = walked(model, layout, from, step);
    const product = next && model.products[next.at];
    if (!product) return setSaid(words.end);
    stood.current = next;
    const place = next.beside.indexOf(next.at) + 1;
    setSaid(words.said(titleOf(product), domainName(product.domain), place, next.beside.length));
    go((before) => changed(before, { product: product.name }), true);
  }

  function keys(event: KeyboardEvent) {
    // Its buttons have keys of their own.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const product = chosen === null ? undefined : model.products[chosen];
    if (step) walk(step);
    else if (event.key === "+" || event.key === "=") stage.current?.zoom(CLOSER);
    else if (event.key === "-") stage.current?.zoom(1 / CLOSER);
    else if (event.key === "0") stage.current?.fit();
    else if (event.key === "Escape" && product) go((before) => changed(before, { product: undefined }));
    else if (event.key === "Enter" && product)
      void navigate({ to: "/products/$product", params: { product: product.name } });
    else return;
    event.preventDefault();
  }

  return { keys, said };
}
