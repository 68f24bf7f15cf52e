import type { ReactNode } from "react";

import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import styles from "./Status.module.css";

/** What a status means; each has its colour, and none is told by the colour alone. */
export type Tone = "good" | "care" | "bad" | "wait" | "note" | "mine" | "plain";

const ICON_OF: Record<Tone, IconName> = {
  good: "passed",
  care: "warning",
  bad: "failed",
  wait: "waiting",
  note: "info",
  mine: "person",
  plain: "unknown",
};

interface Props {
  readonly tone: Tone;
  /** In place of the tone's own. */
  readonly icon?: IconName;
  /** On a ground of its own, where it stands among others. */
  readonly boxed?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** An icon and a word. */
export function Status({ tone, icon, boxed = false, className, children }: Props) {
  return (
    <span className={classes(styles.status, styles[tone], boxed && styles.boxed, className)}>
      <Icon name={icon ?? ICON_OF[tone]} size={boxed ? 14 : 17} />
      <span>{children}</span>
    </span>
  );
}

/** A word that says what something is, not how it is. */
export function Tag({ icon, children }: { readonly icon?: IconName; readonly children: ReactNode }) {
  return (
    <span className={styles.tag}>
      {icon ? <Icon name={icon} size={13} /> : null}
      {children}
    </span>
  );
}
