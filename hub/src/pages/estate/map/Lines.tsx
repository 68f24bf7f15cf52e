import { useId } from "react";

import { classes } from "../../../design";
import { estateMessages } from "../../../messages/en/estate";
import { list, number } from "../../../messages/format";
import { type Domains, isNext } from "../domains";
import { domainName } from "../names";
import styles from "./DomainMap.module.css";
import { type Chart, figuresOn, type Line, lineOf } from "./place";
import { Rim } from "./Rim";

const words = estateMessages.map;

/** Flows that are drawn at once at most, the strongest; those of one domain are all drawn. */
export const MOST = 120;
/** So few have their figures at the line. */
const FIGURES = 14;
/** How broad the strongest flow is, in pixels. */
const BROADEST = 9;

interface Props {
  readonly whole: Domains;
  readonly chart: Chart;
  readonly pointed: number | null;
}

/** Who reads whom, and the circles between which that is. */
export function Lines({ whole: { domains, flows }, chart, pointed }: Props) {
  const id = useId();
  const most = flows[0]?.count ?? 1;
  const few = flows.length <= FIGURES;
  const shown = flows
    .filter(({ from, to }, place) => place < MOST || (pointed !== null && (from === pointed || to === pointed)))
    .flatMap((flow) => {
      const line = lineOf(chart, flow.from, flow.to);
      return line ? [{ ...flow, line }] : [];
    });
  const figures = few ? figuresOn(shown.map(({ line }) => line)) : [];
  const summary = flows.slice(0, FIGURES).map(({ from, to, count }) => {
    const name = (index: number) => domainName(domains[index]?.name ?? null);
    return words.flow(name(from), name(to), count);
  });
  return (
    <svg
      className={styles.drawn}
      width={chart.width}
      height={chart.height}
      role="img"
      aria-label={summary.length > 0 ? `${list(summary)}.` : words.noFlows}
    >
      <defs>
        {["", "-own"].map((which) => (
          <marker
            key={which}
            id={`${id}${which}`}
            className={classes(styles.head, which !== "" && styles.own)}
            viewBox="0 0 10 10"
            refX="4"
            refY="5"
            markerUnits="userSpaceOnUse"
            markerWidth="12"
            markerHeight="12"
            orient="auto"
          >
            <path d="M0 0 10 5 0 10Z" />
          </marker>
        ))}
      </defs>
      {shown.map(({ from, to, count, line }, place) => {
        const own = from === pointed || to === pointed;
        const figure = figures[place] ?? beside(line, from === pointed);
        return (
          <g
            key={`${from} ${to}`}
            className={classes(styles.flow, own ? styles.own : pointed !== null && styles.aside)}
          >
            <path
              d={line.path}
              strokeWidth={1 + (BROADEST - 1) * Math.sqrt(count / most) * (few ? 0.5 : 0.7)}
              markerEnd={`url(#${id}${own ? "-own" : ""})`}
            />
            {own || few ? (
              <text x={figure.x} y={figure.y} textAnchor="middle" dominantBaseline="middle">
                {number(count)}
              </text>
            ) : null}
          </g>
        );
      })}
      {domains.map((domain, index) => {
        const island = chart.islands[index];
        if (!island) return null;
        const aside = pointed !== null && !isNext(flows, pointed, index);
        return (
          <g key={domain.name} className={classes(aside && styles.aside)}>
            <Rim domain={domain} island={island} pointed={index === pointed} />
          </g>
        );
      })}
    </svg>
  );
}

/** Where many lines meet in one circle their figures stand at the other one: of what goes there above the line, else under it. */
function beside({ start, end }: Line, goes: boolean) {
  return goes ? { x: end.x, y: end.y - 10 } : { x: start.x, y: start.y + 11 };
}
