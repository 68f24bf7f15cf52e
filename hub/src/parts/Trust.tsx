import type { Card, Trust as TrustValue } from "../api/types";
import { Status, type Tone } from "../design";
import type { IconName } from "../design/Icon";
import { messages } from "../messages";
import styles from "./Trust.module.css";
import { type Counts, dimensionsOf, qualityOf, TONE_OF } from "./trust";

const { words } = messages;

/** Whether a product keeps what it promises, in a few words. */
export function TrustLine({ trust }: { readonly trust: Counts }) {
  const quality = qualityOf(trust);
  return <Status tone={TONE_OF[quality]}>{words.trust[quality](trust)}</Status>;
}

/** The six dimensions of quality, each with what its checks came to. */
export function Dimensions({ dimensions }: { readonly dimensions: TrustValue["dimensions"] }) {
  return (
    <ul className={styles.dimensions} aria-label={words.dimensions}>
      {dimensionsOf(dimensions).map(([dimension, counts]) => {
        const quality = qualityOf(counts);
        return (
          <li key={dimension} className={styles.dimension} title={words.dimensionMeans[dimension]}>
            <strong>{words.dimension[dimension]}</strong>
            <Status boxed tone={TONE_OF[quality]}>
              {words.checks[quality](counts)}
            </Status>
          </li>
        );
      })}
    </ul>
  );
}

const ACCESS: Readonly<Record<Card["access"], readonly [Tone, IconName]>> = {
  open: ["good", "open"],
  agreement: ["good", "key"],
  requestable: ["note", "ask"],
  none: ["plain", "locked"],
};

/** The same on one line, where the page is about something else. */
export function DimensionLine({ dimensions }: { readonly dimensions: TrustValue["dimensions"] }) {
  return (
    <ul className={styles.line} aria-label={words.dimensions}>
      {dimensionsOf(dimensions).map(([dimension, counts]) => {
        const quality = qualityOf(counts);
        return (
          <li key={dimension}>
            <Status boxed tone={TONE_OF[quality]}>
              {words.dimension[dimension]}
              <span className="unseen">: {words.checks[quality](counts)}</span>
            </Status>
          </li>
        );
      })}
    </ul>
  );
}

/** Whether the reader may read it. */
export function AccessLine({ access }: { readonly access: Card["access"] }) {
  const [tone, icon] = ACCESS[access];
  return (
    <Status tone={tone} icon={icon}>
      {words.access[access]}
    </Status>
  );
}
