import { CopyButton, classes } from "../../../design";
import styles from "./Cedar.module.css";
import { type Kind, tokens } from "./cedar";

/** Policies as text, their words told apart. */
export function Cedar({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className={styles.cedar}>
      <div className={styles.title}>
        <span>{title}</span>
        <CopyButton text={text} what={title} />
      </div>
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard */}
      {/* biome-ignore-start lint/a11y/useSemanticElements: it is no group of fields */}
      <pre tabIndex={0} role="group" aria-label={title}>
        <Words text={text} />
      </pre>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: see above */}
      {/* biome-ignore-end lint/a11y/useSemanticElements: see above */}
    </div>
  );
}

const LOOK: Readonly<Record<Kind, string | undefined>> = {
  comment: styles.comment,
  text: styles.text,
  effect: styles.effect,
  word: styles.word,
  annotation: styles.annotation,
  kind: styles.kind,
  sign: undefined,
  plain: undefined,
};

function Words({ text }: { readonly text: string }) {
  let place = 0;
  return (
    <code>
      {tokens(text).map((token) => {
        const key = place;
        place += token.text.length;
        const look = LOOK[token.kind];
        return look ? (
          <span key={key} className={classes(look, token.text === "forbid" && styles.forbid)}>
            {token.text}
          </span>
        ) : (
          token.text
        );
      })}
    </code>
  );
}
