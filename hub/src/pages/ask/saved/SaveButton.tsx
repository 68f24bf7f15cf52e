import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { ApiError } from "../../../api/error";
import { changeQuestion, savedQuestion, saveQuestion } from "../../../api/questions";
import type { ChartSettings, SavedQuestion, SavedQuestionOrder } from "../../../api/types";
import { Button, buttonClass, Choices, Dialog, Problem, Status, TextArea, TextField, useToast } from "../../../design";
import { askMessages } from "../../../messages/en/ask";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import type { Asking } from "../result/useAnswer";
import { type AudienceKind, audienceOf, formOf } from "./audience";
import styles from "./Saved.module.css";

const words = askMessages.saved;

const KINDS: readonly AudienceKind[] = ["owner", "everyone", "named"];

/** The saved question that is open, with the mark of what it was. */
export interface Open {
  readonly value: SavedQuestion;
  readonly mark: string | null;
}

interface Props {
  readonly asking: Asking;
  /** How its answer is drawn; null where rows are looked at. */
  readonly chart: () => ChartSettings | null;
  readonly open: Open | null;
  readonly onSaved: (id: string) => void;
}

/** Keeps a question on the server: a new one, or in the place of the one that is open. */
export function SaveButton({ asking, chart, open, onSaved }: Props) {
  const [asked, setAsked] = useState(false);
  const mine = open?.value.mayChange ? open : null;
  return (
    <>
      <Button icon="star" disabled={asking.sql.trim() === ""} onClick={() => setAsked(true)}>
        {open && !mine ? words.saveCopy : words.save}
      </Button>
      <Dialog open={asked} onClose={() => setAsked(false)} title={mine ? words.changeTitle : words.saveTitle}>
        <Form
          open={open}
          mine={mine}
          content={() => ({ sql: asking.sql, purpose: asking.purpose, chart: chart() })}
          onSaved={(id) => {
            setAsked(false);
            onSaved(id);
          }}
        />
      </Dialog>
    </>
  );
}

interface FormProps {
  readonly open: Open | null;
  readonly mine: Open | null;
  readonly content: () => Pick<SavedQuestionOrder, "sql" | "purpose" | "chart">;
  readonly onSaved: (id: string) => void;
}

function Form({ open, mine, content, onSaved }: FormProps) {
  const before = formOf(mine?.value.audience ?? null);
  const [kind, setKind] = useState<AudienceKind>(before.kind);
  const { faults, accept } = useFaults();
  const save = useSave(mine, onSaved);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const audience = audienceOf({ kind, people: text("people"), groups: text("groups") });
    const order = {
      ...content(),
      title: text("title"),
      description: text("description") || null,
      ...(audience !== null && { audience }),
    };
    const wording = {
      title: { required: words.needTitle },
      audience: words.wrongNames,
      sql: words.longSql,
      purpose: words.longPurpose,
    };
    const found = {
      ...faultsOf("saveQuestion", { body: order, wording }),
      ...(audience === null && { audience: words.needNames }),
    };
    const { submitter } = event.nativeEvent as SubmitEvent;
    if (!accept(form, found)) return;
    save.mutate({ order, anew: mine === null || submitter?.getAttribute("value") === "anew" });
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p>{words.lead}</p>
      <TextField
        label={words.title}
        name="title"
        defaultValue={open?.value.title}
        fault={faults.title}
        autoComplete="off"
      />
      <TextArea
        label={words.description}
        name="description"
        rows={3}
        fault={faults.description}
        defaultValue={open?.value.description ?? ""}
        optional
      />
      <Choices
        legend={words.audience.legend}
        value={kind}
        onChange={setKind}
        options={KINDS.map((value) => ({ value, label: words.audience[value] }))}
      />
      {kind === "named" ? (
        <>
          <TextField
            label={words.audience.people}
            hint={words.audience.namesHint}
            name="people"
            defaultValue={before.people}
            fault={faults.audience}
            autoComplete="off"
          />
          <TextField label={words.audience.groups} name="groups" defaultValue={before.groups} autoComplete="off" />
        </>
      ) : null}
      {kind === "owner" ? null : <p className={styles.lead}>{words.audience.told}</p>}
      {[faults.sql, faults.purpose].map((fault) => (fault ? <Told key={fault} fault={fault} /> : null))}
      {save.error ? <Failed error={save.error} open={mine} /> : null}
      <div className={styles.actions}>
        <Button type="submit" kind="main" busy={save.isPending}>
          {mine ? words.change : words.save}
        </Button>
        {mine ? (
          <Button type="submit" value="anew" busy={save.isPending}>
            {words.saveNew}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

/** What is wrong with what stands on the page and not in this form. */
function Told({ fault }: { readonly fault: string }) {
  return (
    <p role="alert">
      <Status tone="bad">{fault}</Status>
    </p>
  );
}

/** Why it was not saved; where someone was faster, the way to what is on record now. */
function Failed({ error, open }: { readonly error: unknown; readonly open: Open | null }) {
  const queries = useQueryClient();
  const overtaken = open !== null && error instanceof ApiError && error.code === "changed";
  return (
    <>
      <Problem error={error} />
      {overtaken ? (
        <Link
          to="/ask"
          search={{ saved: open.value.id }}
          className={buttonClass({})}
          onClick={() => queries.removeQueries(savedQuestion(open.value.id))}
        >
          {words.openNow}
        </Link>
      ) : null}
    </>
  );
}

function useSave(mine: Open | null, onSaved: (id: string) => void) {
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: ({ order, anew }: { order: SavedQuestionOrder; anew: boolean }) =>
      mine && !anew ? changeQuestion(mine.value.id, mine.mark, order) : saveQuestion(order),
    onSuccess: (saved) => {
      queries.setQueryData(savedQuestion(saved.value.id).queryKey, saved);
      void queries.invalidateQueries({ queryKey: ["questions", "list"] });
      say(words.done(saved.value.title));
      onSaved(saved.value.id);
    },
  });
}
