import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";

import { classes, Section, Status } from "../../../design";
import { useWidth } from "../../../design/useWidth";
import { estateMessages } from "../../../messages/en/estate";
import { number } from "../../../messages/format";
import { type Domain, type Domains, isNext, sayOf } from "../domains";
import { ALIGNMENTS, UNSAID } from "../model";
import { alignmentName, domainName } from "../names";
import styles from "./DomainMap.module.css";
import { DomainTables } from "./DomainTables";
import { Lines, MOST } from "./Lines";
import { placed } from "./place";
import { COLOUR_OF } from "./Rim";

const words = estateMessages.map;

interface Props {
  readonly whole: Domains;
  /** How much there is, in a sentence. */
  readonly summary: string;
}

/** Domains as circles, and who reads whom as lines between them. */
export function DomainMap({ whole, summary }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const chart = useMemo(() => placed(whole, width), [whole, width]);
  const [pointed, setPointed] = useState<number | null>(null);
  const { domains, flows, days } = whole;
  return (
    <Section title={words.title} lead={`${summary} ${words.lead}`}>
      <Key domains={domains} />
      <div ref={frame} className={styles.frame} style={{ height: chart.height }}>
        {width > 0 ? (
          <>
            <Lines whole={whole} chart={chart} pointed={pointed} />
            <ul className={styles.domains} aria-label={words.list}>
              {chart.order.map((index) => {
                const [domain, island] = [domains[index], chart.islands[index]];
                if (!domain || !island) return null;
                return (
                  <li
                    key={domain.name}
                    style={{
                      left: island.x - chart.column / 2,
                      top: island.y - island.radius,
                      width: chart.column,
                    }}
                    className={classes(pointed !== null && !isNext(flows, pointed, index) && styles.aside)}
                  >
                    <Link
                      to="/estate"
                      search={{ view: "products", domain: domain.name, near: "yes" }}
                      style={{ paddingTop: 2 * island.radius + 6 }}
                      onPointerEnter={() => setPointed(index)}
                      onPointerLeave={() => setPointed(null)}
                      onFocus={() => setPointed(index)}
                      onBlur={() => setPointed(null)}
                    >
                      <strong>{domainName(domain.name)}</strong>
                      <span>{words.products(domain.products)}</span>
                      <small>{alignmentsOf(domain)}</small>
                      <Trust domain={domain} />
                      <small>{words.requests(domain.requests, days)}</small>
                    </Link>
                  </li>
                );
              })}
            </ul>
          </>
        ) : null}
      </div>
      {flows.length === 0 ? <p>{words.noFlows}</p> : null}
      {flows.length > MOST ? <p className={styles.note}>{words.strongest(MOST, flows.length)}</p> : null}
      <DomainTables whole={whole} />
    </Section>
  );
}

function Trust({ domain }: { readonly domain: Domain }) {
  const [tone, text] = sayOf(domain);
  return (
    <Status tone={tone} className={styles.trust}>
      {text}
    </Status>
  );
}

function alignmentsOf({ alignments }: Domain): string {
  return ([...ALIGNMENTS, UNSAID] as const)
    .filter((alignment) => alignments[alignment] > 0)
    .map((alignment) => `${number(alignments[alignment])} ${alignmentName(alignment).toLowerCase()}`)
    .join(" · ");
}

/** What the colours of the rims stand for. */
function Key({ domains }: { readonly domains: readonly Domain[] }) {
  const unsaid = domains.some(({ alignments }) => alignments[UNSAID] > 0);
  const shown = unsaid ? ([...ALIGNMENTS, UNSAID] as const) : ALIGNMENTS;
  return (
    <ul className={styles.key} aria-label={words.key}>
      {shown.map((alignment) => (
        <li key={alignment}>
          <span style={{ background: `var(${COLOUR_OF[alignment]})` }} aria-hidden />
          {alignmentName(alignment)}
        </li>
      ))}
    </ul>
  );
}
