import { Link } from "@tanstack/react-router";

import type { SearchHit, SearchMatch } from "../../api/types";
import { Icon, When } from "../../design";
import { messages } from "../../messages";
import { number } from "../../messages/format";
import { plain } from "../../parts/plain";
import { AccessLine, TrustLine } from "../../parts/Trust";
import styles from "./Entry.module.css";

const words = messages.find;

/** Places beside the title and the purpose that say why a product was found. */
const REASONS = 3;

/** A product as one finds it: what it is for, whose it is, and whether it can be trusted. */
export function Entry({ hit: { card, matches } }: { readonly hit: SearchHit }) {
  const reasons = matches.filter((match) => match.field !== "title" && match.field !== "purpose").slice(0, REASONS);
  return (
    <li className={styles.entry}>
      <div className={styles.about}>
        <h3 className={styles.title}>
          <Link to="/products/$product" params={{ product: card.name }}>
            {card.title ?? card.name}
          </Link>
        </h3>
        <p className={styles.purpose}>{card.purpose ?? <em>{words.noPurpose}</em>}</p>
        <p className={styles.meta}>
          {card.domain ? <span>{card.domain}</span> : null}
          {card.alignment ? <span>{messages.words.alignment[card.alignment]}</span> : null}
          {card.owner ? <span>{messages.common.by(card.owner)}</span> : null}
          {card.status && card.status !== "active" ? <span>{card.status}</span> : null}
        </p>
        {reasons.length > 0 ? (
          <ul className={styles.matches}>
            {reasons.map((match) => (
              <Reason key={`${match.place} ${match.name} ${match.field}`} match={match} />
            ))}
          </ul>
        ) : null}
      </div>
      <div className={styles.trust}>
        <TrustLine trust={card.trust} />
        <AccessLine access={card.access} />
        <p>
          <Icon name="clock" size={17} />
          <span>
            {card.release ? (
              <>
                {words.released} <When at={card.release.publishedAt} />
              </>
            ) : (
              words.unreleased
            )}
          </span>
        </p>
        <p>
          <Icon name="people" size={17} />
          <span>{words.readers(card.use.readers, card.use.days)}</span>
        </p>
        {card.rating ? (
          <p>
            <Icon name="star" size={17} />
            <span>{words.rating(number(Math.round(card.rating.csat * 10) / 10), card.rating.count)}</span>
          </p>
        ) : null}
      </div>
    </li>
  );
}

function Reason({ match }: { readonly match: SearchMatch }) {
  return (
    <li>
      {messages.words.place[match.place]}{" "}
      {match.field === "name" ? (
        <code>
          <Snippet match={match} />
        </code>
      ) : (
        <code>{match.name}</code>
      )}
      {match.field === "name" ? null : (
        <>
          {" – "}
          <Snippet match={match} />
        </>
      )}
    </li>
  );
}

function Snippet({ match: { field, snippet } }: { readonly match: SearchMatch }) {
  // Names are no Markdown.
  const parts = field === "name" ? snippet : plain(snippet);
  return parts.map(({ text, hit }, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
    hit ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
  );
}
