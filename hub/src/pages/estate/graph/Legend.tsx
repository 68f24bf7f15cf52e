import { useMemo } from "react";

import { Status } from "../../../design";
import { messages } from "../../../messages";
import { estateMessages } from "../../../messages/en/estate";
import { TONE_OF } from "../../../parts/trust";
import type { Model } from "../model";
import { QUALITIES } from "../search";
import styles from "./Drawing.module.css";
import { type Layout, MOST_FLOWS } from "./layout";
import { MOST_EDGES } from "./paint";
import { MOST_TRACED } from "./trace";

const words = estateMessages.drawing;

interface Props {
  readonly model: Model;
  readonly layout: Layout;
  readonly complete: boolean;
}

/** What shapes stand for, how many there are of each, and what of it is not drawn. */
export function Legend({ model, layout, complete }: Props) {
  const counts = useMemo(() => {
    const found = { passed: 0, warned: 0, failed: 0, unchecked: 0 };
    for (const index of layout.shown) found[model.quality[index] ?? "unchecked"] += 1;
    return found;
  }, [model, layout]);
  return (
    <div className={styles.legend}>
      <ul aria-label={words.legend}>
        {QUALITIES.filter((quality) => counts[quality] > 0).map((quality) => (
          <li key={quality}>
            <Status tone={TONE_OF[quality]}>{words.counted(messages.words.quality[quality], counts[quality])}</Status>
          </li>
        ))}
      </ul>
      <p>
        {words.hint} {layout.edges > MOST_EDGES ? words.flows(layout.edges) : null}{" "}
        {layout.edges > MOST_EDGES && layout.allFlows > MOST_FLOWS
          ? words.strongest(MOST_FLOWS, layout.allFlows)
          : null}{" "}
        {complete ? null : words.traced(MOST_TRACED)}
      </p>
    </div>
  );
}
