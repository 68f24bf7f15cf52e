import { estateMessages } from "../../../messages/en/estate";
import { compact } from "../../../messages/format";
import type { Domain } from "../domains";
import { ALIGNMENTS, type Alignment, UNSAID } from "../model";
import { domainName } from "../names";
import styles from "./DomainMap.module.css";
import type { Island } from "./place";

/** Series of the chart, by what products are for. */
export const COLOUR_OF: Readonly<Record<Alignment | typeof UNSAID, `--${string}`>> = {
  "source-aligned": "--series-1",
  aggregate: "--series-2",
  "consumer-aligned": "--series-3",
  [UNSAID]: "--edge",
};

/** Half of how wide a figure in a circle is, with its ground. */
const HALF = 4.5;

interface Props {
  readonly domain: Domain;
  readonly island: Island;
  readonly pointed: boolean;
}

/** The circle of a domain: its rim by what its products are for, and in it the share of those that fail. */
export function Rim({ domain, island: { x, y, radius }, pointed }: Props) {
  const rim = Math.min(7, Math.max(2, radius * 0.16));
  const inner = radius - rim - 1.5;
  const failed = domain.qualities.failed / Math.max(1, domain.products);
  const figure = compact(domain.products);
  let turned = 0;
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle r={radius} className={styles.ground} />
      {inner > 2 && failed > 0 ? <path d={sector(0, failed, 0, inner)} className={styles.failing} /> : null}
      {([...ALIGNMENTS, UNSAID] as const).map((alignment) => {
        const share = domain.alignments[alignment] / Math.max(1, domain.products);
        const path = sector(turned, turned + share, radius - rim, radius);
        turned += share;
        return share > 0 ? <path key={alignment} d={path} fill={`var(${COLOUR_OF[alignment]})`} /> : null;
      })}
      {pointed ? <circle r={radius + 4} className={styles.ring} /> : null}
      {inner >= Math.max(14, 2 + figure.length * HALF) ? (
        <text className={styles.figure} textAnchor="middle" dominantBaseline="central">
          {figure}
        </text>
      ) : null}
      <title>{`${domainName(domain.name)}: ${estateMessages.map.products(domain.products)}`}</title>
    </g>
  );
}

/** A part of a ring, from and to in turns, clockwise from the top. */
function sector(from: number, to: number, inner: number, outer: number): string {
  // An arc that ends where it begins is none.
  const end = Math.min(to, from + 0.9999);
  const point = (turn: number, radius: number) =>
    `${radius * Math.sin(turn * 2 * Math.PI)} ${-radius * Math.cos(turn * 2 * Math.PI)}`;
  const large = end - from > 0.5 ? 1 : 0;
  const back = inner > 0 ? `L${point(end, inner)}A${inner} ${inner} 0 ${large} 0 ${point(from, inner)}` : "L0 0";
  return `M${point(from, outer)}A${outer} ${outer} 0 ${large} 1 ${point(end, outer)}${back}Z`;
}
