import { type ReactNode, useEffect, useId, useRef } from "react";

import { messages } from "../messages";
import { IconButton } from "./Button";
import styles from "./Dialog.module.css";

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Without a head of its own, the title is only heard. */
  readonly bare?: boolean;
  readonly children: ReactNode;
}

/** A modal dialog. The browser holds the focus inside, closes it by Escape and gives the focus back. */
export function Dialog({ open, onClose, title, bare = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) element.showModal();
    if (!open && element.open) element.close();
  }, [open]);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; this is for the pointer beside it
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={heading}
      // Closing it here, because of what was done in it, is no wish of whoever uses it.
      onClose={() => {
        if (open) onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {open ? (
        <>
          {bare ? (
            <h2 id={heading} className="unseen">
              {title}
            </h2>
          ) : (
            <div className={styles.head}>
              <h2 id={heading}>{title}</h2>
              <IconButton icon="close" label={messages.common.close} onClick={onClose} />
            </div>
          )}
          <div className={bare ? undefined : styles.body}>{children}</div>
        </>
      ) : null}
    </dialog>
  );
}
