import type { ReactNode } from "react";

import { messages } from "../messages";
import { Button } from "./Button";
import styles from "./Confirm.module.css";
import { Dialog } from "./Dialog";
import { Problem } from "./Wait";

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  /** A question. */
  readonly title: string;
  /** What happens, and what cannot be undone. */
  readonly children: ReactNode;
  /** What the button does, in the words of the one that opened this. */
  readonly verb: string;
  readonly onConfirm: () => void;
  readonly busy?: boolean;
  /** Why it was not done. */
  readonly error?: unknown;
  /** Whether something is lost by it. */
  readonly kind?: "danger" | "main";
}

/** Asks once more before something is done that others feel. */
export function Confirm({ open, onClose, title, children, verb, onConfirm, busy, error, kind = "danger" }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <div className={styles.body}>
        {children}
        {error ? <Problem error={error} /> : null}
        <div className={styles.actions}>
          <Button kind={kind} busy={busy} onClick={onConfirm}>
            {verb}
          </Button>
          <Button kind="quiet" onClick={onClose}>
            {messages.common.cancel}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
