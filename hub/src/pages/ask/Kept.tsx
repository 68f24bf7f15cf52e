import { type FormEvent, useState } from "react";

import { Button, Dialog, IconButton, Section, Status, TextField, type Tone, useToast, When } from "../../design";
import { messages } from "../../messages";
import { type Asked, type Saved, saved, useHistory, useSaved } from "./history";
import styles from "./Kept.module.css";
import type { Asking } from "./result/useAnswer";

const words = messages.ask.kept;

const TONE: Readonly<Record<Asked["outcome"], Tone>> = { answered: "good", failed: "bad", stopped: "plain" };

/** Questions that were asked, and those that are worth asking again. */
export function Kept({ onOpen }: { readonly onOpen: (asking: Asking) => void }) {
  const [entries, setEntries] = useHistory();
  const [saved, setSaved] = useSaved();
  return (
    <Section title={words.title}>
      <div className={styles.lists}>
        <div>
          <h3>{words.saved}</h3>
          <p className={styles.lead}>{saved.length === 0 ? words.noSaved : words.savedLead}</p>
          <ul>
            {saved.map((entry) => (
              <li key={entry.name}>
                <Entry asking={entry} onOpen={onOpen} title={entry.name}>
                  <IconButton
                    small
                    icon="trash"
                    label={words.remove(entry.name)}
                    onClick={() => setSaved(saved.filter(({ name }) => name !== entry.name))}
                  />
                </Entry>
              </li>
            ))}
          </ul>
        </div>
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
              <li key={`${entry.at} ${entry.sql}`}>
                <Entry asking={entry} onOpen={onOpen} title={null}>
                  <span className={styles.outcome}>
                    <Status tone={TONE[entry.outcome]}>{words.outcome[entry.outcome]}</Status>
                    <span>
                      {entry.rows === null ? null : `${words.rows(entry.rows)}, `}
                      <When at={entry.at} />
                    </span>
                  </span>
                </Entry>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </Section>
  );
}

interface EntryProps {
  readonly asking: Asking;
  readonly title: string | null;
  readonly onOpen: (asking: Asking) => void;
  readonly children: React.ReactNode;
}

function Entry({ asking: { sql, purpose }, title, onOpen, children }: EntryProps) {
  return (
    <div className={styles.entry}>
      <button type="button" onClick={() => onOpen({ sql, purpose })}>
        <span className="unseen">{words.open} </span>
        {title ? <strong>{title}</strong> : null}
        <code>{sql.replaceAll(/\s+/g, " ").slice(0, 160)}</code>
        {purpose ? <small>{purpose}</small> : null}
      </button>
      {children}
    </div>
  );
}

/** Gives a question a name, and keeps it. */
export function Save({ sql, purpose }: Asking) {
  const [open, setOpen] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [entries, setEntries] = useSaved();
  const say = useToast();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    setFault(name === "" ? words.needName : null);
    if (name === "") return;
    const entry: Saved = { name, sql, purpose };
    setEntries(saved(entries, entry));
    setOpen(false);
    say(words.saveDone(name));
  }

  return (
    <>
      <Button icon="star" disabled={sql.trim() === ""} onClick={() => setOpen(true)}>
        {words.save}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={words.saveTitle}>
        <form className={styles.form} onSubmit={submit} noValidate>
          <p>{words.savedLead}</p>
          <TextField label={words.saveName} name="name" maxLength={100} fault={fault} required />
          <Button type="submit" kind="main">
            {words.save}
          </Button>
        </form>
      </Dialog>
    </>
  );
}
