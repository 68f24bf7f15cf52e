import { Button, Section, Status, type Tone, When } from "../../design";
import { askMessages } from "../../messages/en/ask";
import { type Asked, useHistory } from "./history";
import styles from "./Kept.module.css";
import type { Asking } from "./result/useAnswer";
import { SavedList } from "./saved/SavedList";

const words = askMessages.kept;

const TONE: Readonly<Record<Asked["outcome"], Tone>> = { answered: "good", failed: "bad", stopped: "plain" };

/** Questions that are worth asking again, and those that were asked in this session. */
export function Kept({ onOpen }: { readonly onOpen: (asking: Asking) => void }) {
  return (
    <Section title={words.title}>
      <div className={styles.lists}>
        <SavedList />
        <History onOpen={onOpen} />
      </div>
    </Section>
  );
}

function History({ onOpen }: { readonly onOpen: (asking: Asking) => void }) {
  const [entries, setEntries] = useHistory();
  return (
    <div>
      <div className={styles.head}>
        <h3>{words.history}</h3>
        {entries.length > 0 ? (
          <Button small kind="quiet" onClick={() => setEntries(() => [])}>
            {words.forget}
          </Button>
        ) : null}
      </div>
      <p className={styles.lead}>{entries.length === 0 ? words.noHistory : words.historyLead}</p>
      <ul>
        {entries.map((entry) => (
          <li key={`${entry.at} ${entry.sql}`} className={styles.entry}>
            <button type="button" onClick={() => onOpen({ sql: entry.sql, purpose: entry.purpose })}>
              <span className="unseen">{words.open} </span>
              <code>{entry.sql.replaceAll(/\s+/g, " ").slice(0, 160)}</code>
              {entry.purpose ? <small>{entry.purpose}</small> : null}
            </button>
            <span className={styles.outcome}>
              <Status tone={TONE[entry.outcome]}>{words.outcome[entry.outcome]}</Status>
              <span>
                {entry.rows === null ? null : `${words.rows(entry.rows)}, `}
                <When at={entry.at} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
