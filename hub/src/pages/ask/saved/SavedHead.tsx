import { Link } from "@tanstack/react-router";

import type { SavedQuestion } from "../../../api/types";
import { CopyButton, Status, When } from "../../../design";
import { askMessages } from "../../../messages/en/ask";
import type { Asking } from "../result/useAnswer";
import styles from "./Saved.module.css";

const words = askMessages.saved;

/** Which saved question is open, whose it is, and whether what stands in the editor is still that. */
export function SavedHead({ question, asking }: { readonly question: SavedQuestion; readonly asking: Asking }) {
  const { id, title, description, owner, audience, changedAt, mayChange } = question;
  const changed = asking.sql.trim() !== question.sql || asking.purpose !== question.purpose;
  return (
    <section className={styles.head} aria-label={words.openLabel}>
      <h2>{title}</h2>
      {description ? <p className={styles.description}>{description}</p> : null}
      <p className={styles.facts}>
        <span>
          {mayChange ? words.mine : words.of(owner)}, <When at={changedAt} />
        </span>
        {audience ? <span>{words.seenBy(audience)}</span> : null}
        <CopyButton text={`${window.location.origin}/hub/ask?saved=${id}`} what={words.link} />
        <Link to="/ask" search={{}}>
          {words.leave}
        </Link>
      </p>
      {changed ? (
        <Status tone="note">{words.changed}</Status>
      ) : mayChange ? null : (
        <Status tone="note">{words.fromOther(owner)}</Status>
      )}
    </section>
  );
}
