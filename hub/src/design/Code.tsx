import { useState } from "react";

import { messages } from "../messages";
import { Button } from "./Button";
import styles from "./Code.module.css";
import { useToast } from "./Toasts";

/** Puts text on the clipboard and says so. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const say = useToast();
  const [copied, setCopied] = useState(false);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
      say(messages.common.copied(what));
    } catch {
      say(messages.common.notCopied, "care");
    }
  }

  return (
    <Button small kind="quiet" icon={copied ? "check" : "copy"} onClick={copy}>
      {messages.common.copy}
      <span className="unseen"> {what}</span>
    </Button>
  );
}

/** Text to copy and paste elsewhere. */
export function Code({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className={styles.code}>
      <div className={styles.title}>
        <span>{title}</span>
        <CopyButton text={text} what={title} />
      </div>
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard */}
      {/* biome-ignore-start lint/a11y/useSemanticElements: it is no group of fields */}
      <pre tabIndex={0} role="group" aria-label={title}>
        {text}
      </pre>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: see above */}
      {/* biome-ignore-end lint/a11y/useSemanticElements: see above */}
    </div>
  );
}
