import type { HistoryEntry } from "../../../api/operate";
import { Prose, Section, When } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import styles from "./OperatedProduct.module.css";

const words = operateMessages.product;

/** What someone did to a product. */
export function History({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  return (
    <Section title={words.history} lead={words.historyLead}>
      {entries.length === 0 ? <p className={own.faint}>{words.noHistory}</p> : null}
      <ol className={styles.releases}>
        {entries.map(({ at, kind }) => (
          <li key={`${at} ${kind.event}`}>
            <span className={styles.when}>
              <When at={at} />
            </span>
            <div className={styles.what}>
              <h3>{titleOf(kind)}</h3>
              <Details kind={kind} />
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function titleOf(kind: HistoryEntry["kind"]): string {
  switch (kind.event) {
    case "applied":
      return words.event.applied(kind.generation);
    case "removed":
      return words.event.removed;
    case "forced":
      return words.event.forced(kind.what);
    case "rolledBack":
      return words.event.rolledBack(kind.from, kind.to);
  }
}

function Details({ kind }: { readonly kind: HistoryEntry["kind"] }) {
  if (kind.event === "applied" && kind.summary.length > 0) {
    return (
      <ul>
        {kind.summary.map((line) => (
          <li key={line}>
            <Prose text={line} />
          </li>
        ))}
      </ul>
    );
  }
  const over = kind.event === "forced" ? kind.over : kind.event === "removed" ? kind.forcedOver : [];
  return over.length > 0 ? <p>{words.over(over)}</p> : null;
}
