/** Parts of one thing, each with an address of its own: links, not buttons, so that back and new windows work. */
import type { ReactNode } from "react";

import styles from "./Tabs.module.css";

/** The class of a link in `Tabs`. The current one has `aria-current="page"`, which the router sets. */
export const tab = styles.tab ?? "";

export function Tabs({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {children}
    </nav>
  );
}
