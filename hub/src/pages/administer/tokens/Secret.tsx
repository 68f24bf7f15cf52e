import { useEffect, useRef } from "react";

import type { NewToken } from "../../../api/administer";
import { Button, Code, Panel, Status } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";

const words = administerMessages.tokens;

/** A token that was just made, with its secret, which nobody is shown again. It stays until whoever made it has it. */
export function Secret({ made, onDone }: { readonly made: NewToken; readonly onDone: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <Panel ref={place} tabIndex={-1} className={styles.changed} role="group" aria-label={words.made}>
      <Status tone="good">
        {words.made}: {made.token.label || made.token.id}
      </Status>
      <p>{words.madeText}</p>
      <Code title={words.secret} text={made.secret} />
      <div>
        <Button icon="check" onClick={onDone}>
          {words.done}
        </Button>
      </div>
    </Panel>
  );
}
