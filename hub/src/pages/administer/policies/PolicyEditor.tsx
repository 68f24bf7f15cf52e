import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useRef, useState } from "react";

import { client, take } from "../../../api/client";
import { Button, Panel, Problem, Status, TextArea, TextField } from "../../../design";
import { messages } from "../../../messages";
import { administerMessages } from "../../../messages/en/administer";
import { faultsOf } from "../../../parts/schema";
import { useFaults } from "../../../parts/useFaults";
import styles from "../Administer.module.css";
import { Problems, problemsOf } from "./Problems";

const words = administerMessages.policy;

interface Props {
  /** Of the file; null where it has none yet, and is asked for one. */
  readonly name: string | null;
  readonly text: string;
  /** Puts it in force, once it has been checked. */
  readonly onPut: (name: string, text: string) => void;
  readonly putting: boolean;
  /** Why it could not be put. */
  readonly error: Error | null;
  /** What is wrong with the name, beyond what the schema says. */
  readonly nameFault?: string | undefined;
  /** Said between the text and the buttons. */
  readonly children?: ReactNode;
  readonly onCancel: () => void;
}

/** The text of a policy file, checked by the server before it is put in force. */
export function PolicyEditor({ name, text, onPut, putting, error, nameFault, children, onCancel }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [written, setWritten] = useState({ name: name ?? "", text });
  const { faults, accept } = useFaults();
  const check = useMutation({
    mutationFn: (body: { readonly name: string; readonly text: string }) =>
      take(client.POST("/v1/policy-check", { body })),
  });

  function look(form: HTMLFormElement, then?: () => void) {
    const wording = { policies: words.needName, text: { required: words.needText } };
    const body = { text: written.text.trim() };
    const found = faultsOf("putPolicies", { names: { policies: written.name }, body, wording });
    if (accept(form, found)) check.mutate(written, then ? { onSuccess: then } : {});
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    look(event.currentTarget, () => onPut(written.name, written.text));
  }

  function go(line: number, column: number) {
    const field = place.current?.querySelector("textarea");
    if (!field) return;
    const before = written.text.split("\n").slice(0, line - 1);
    const at = before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    field.focus();
    field.setSelectionRange(at, at + 1);
    // To where the eye is: the browser scrolls to what is chosen only while one writes.
    field.scrollTop = (line - 4) * Number.parseFloat(getComputedStyle(field).lineHeight);
  }

  const problems = problemsOf(check.error ?? error);
  return (
    <form className={styles.wideForm} onSubmit={submit} noValidate>
      {name === null ? (
        <div className={styles.find}>
          <TextField
            label={words.name}
            hint={words.nameHint}
            value={written.name}
            onChange={({ target }) => setWritten({ ...written, name: target.value.trim() })}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            fault={faults.policies ?? nameFault}
            required
          />
        </div>
      ) : null}
      <div className={styles.editor} ref={place}>
        <TextArea
          label={name === null ? words.text : words.lines(name)}
          hint={words.textHint}
          value={written.text}
          onChange={({ target }) => {
            setWritten({ ...written, text: target.value });
            check.reset();
          }}
          spellCheck={false}
          autoCapitalize="none"
          fault={faults.text}
        />
      </div>
      <div aria-live="polite" className={styles.answer}>
        {problems.length > 0 ? (
          <Panel className={styles.changed}>
            <Status tone="bad">{words.wrongTitle}</Status>
            <Problems problems={problems} onGo={go} />
          </Panel>
        ) : check.error || error ? (
          <Problem error={check.error ?? error} />
        ) : null}
        {check.data && check.data.warnings.length > 0 ? (
          <Panel className={styles.changed}>
            <Status tone="care">{words.warningsTitle}</Status>
            <Problems problems={check.data.warnings} onGo={go} />
          </Panel>
        ) : null}
        {check.data?.warnings.length === 0 ? <Status tone="good">{words.checked}</Status> : null}
      </div>
      {children}
      <div className={styles.actions}>
        <Button type="submit" kind="main" busy={putting || check.isPending}>
          {words.put}
        </Button>
        <Button
          busy={check.isPending}
          onClick={({ currentTarget }) => currentTarget.form && look(currentTarget.form)}
          icon="check"
        >
          {words.check}
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          {messages.common.cancel}
        </Button>
      </div>
    </form>
  );
}
