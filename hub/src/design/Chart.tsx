/** The one chart style: DESIGN.md. A chart never comes without its figures in words or in a table. */
import { useRef } from "react";

import { number } from "../messages/format";
import styles from "./Chart.module.css";
import { roundedUp } from "./scale";
import { useWidth } from "./useWidth";

export interface Bar {
  readonly key: string;
  /** What the bar is of, where it is pointed at. */
  readonly title: string;
  readonly value: number;
}

interface BarsProps {
  /** What is seen, in a sentence: all that some readers get of it. */
  readonly summary: string;
  readonly bars: readonly Bar[];
  /** Under the first and the last bar. */
  readonly from: string;
  readonly to: string;
}

const HEIGHT = 168;
const AXIS = 48;
const FOOT = 22;
const HEAD = 8;

/** A quantity over time. */
export function Bars({ summary, bars, from, to }: BarsProps) {
  const end = roundedUp(Math.max(0, ...bars.map((bar) => bar.value)));
  const ground = HEIGHT - FOOT;
  const height = (value: number) => ((ground - HEAD) * value) / end;
  const figure = useRef<HTMLElement>(null);
  const width = useWidth(figure);
  const step = Math.max(0, width - AXIS) / Math.max(1, bars.length);
  return (
    <figure ref={figure} className={styles.chart}>
      <svg className={styles.plot} width={width} height={HEIGHT} role="img" aria-label={summary}>
        {[0, 0.5, 1].map((part) => {
          const y = ground - height(end * part);
          return (
            <g key={part}>
              <line className={part === 0 ? styles.ground : undefined} x1={AXIS} x2={width} y1={y} y2={y} />
              <text x={AXIS - 8} y={y + 4} textAnchor="end">
                {number(end * part)}
              </text>
            </g>
          );
        })}
        {bars.map((bar, index) => (
          <rect
            key={bar.key}
            className={styles.bar}
            x={AXIS + index * step + step * 0.16}
            width={step * 0.68}
            y={ground - height(bar.value)}
            height={height(bar.value)}
          >
            <title>{`${bar.title}: ${number(bar.value)}`}</title>
          </rect>
        ))}
        <text x={AXIS} y={HEIGHT - 4}>
          {from}
        </text>
        <text x={width} y={HEIGHT - 4} textAnchor="end">
          {to}
        </text>
      </svg>
    </figure>
  );
}

export interface Part {
  readonly key: string;
  readonly value: number;
  /** A custom property of `tokens.css`. */
  readonly colour: `--${string}`;
}

/** Parts of a whole, on one line. The figures stand beside it. */
export function Share({ parts }: { readonly parts: readonly Part[] }) {
  return (
    <div className={styles.share} aria-hidden>
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.key} style={{ flex: part.value, background: `var(${part.colour})` }} />
        ))}
    </div>
  );
}
