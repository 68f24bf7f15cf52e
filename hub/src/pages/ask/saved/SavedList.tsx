import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { removeQuestion, savedQuestion, savedQuestions, saveQuestion } from "../../../api/questions";
import type { SavedQuestion } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Button, Dialog, IconButton, Problem, Skeleton, useToast } from "../../../design";
import { askMessages } from "../../../messages/en/ask";
import { type LeftBehind, useLeftBehind } from "./leftBehind";
import styles from "./Saved.module.css";

const words = askMessages.saved;

/** Questions that are on the server: the reader's own, and those that others share with them. */
export function SavedList() {
  const query = useQuery(savedQuestions);
  return (
    <Answer query={query} skeleton={<Skeleton lines={4} />}>
      {(all) => {
        const [mine, others] = [all.filter(({ mayChange }) => mayChange), all.filter(({ mayChange }) => !mayChange)];
        return (
          <>
            <div>
              <h3>{words.ownTitle}</h3>
              <p className={styles.lead}>{mine.length === 0 ? words.none : words.ownLead}</p>
              <Offer />
              <Entries questions={mine} />
            </div>
            {others.length === 0 ? null : (
              <div>
                <h3>{words.othersTitle}</h3>
                <p className={styles.lead}>{words.othersLead}</p>
                <Entries questions={others} />
              </div>
            )}
          </>
        );
      }}
    </Answer>
  );
}

function Entries({ questions }: { readonly questions: readonly SavedQuestion[] }) {
  const { saved } = useSearch({ from: "/shell/ask" });
  return (
    <ul>
      {questions.map((question) => (
        <li key={question.id} className={styles.entry}>
          <Link
            to="/ask"
            search={{ saved: question.id }}
            resetScroll
            aria-current={question.id === saved ? "page" : undefined}
          >
            <strong>{question.title}</strong>
            <code>{question.sql.replaceAll(/\s+/g, " ").slice(0, 160)}</code>
            <small>
              {question.mayChange ? null : `${words.of(question.owner)}. `}
              {question.audience ? words.seenBy(question.audience) : null}
            </small>
          </Link>
          {question.mayRemove ? <Remove question={question} /> : null}
        </li>
      ))}
    </ul>
  );
}

/** Asks once more: it is gone for everyone. */
function Remove({ question: { id, title, audience } }: { readonly question: SavedQuestion }) {
  const [asked, setAsked] = useState(false);
  const { saved } = useSearch({ from: "/shell/ask" });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  const remove = useMutation({
    mutationFn: () => removeQuestion(id),
    onSuccess: async () => {
      setAsked(false);
      say(words.removed(title));
      if (saved === id) await navigate({ to: "/ask", search: {}, hash: true, replace: true });
      // Whoever goes back to it is told that it is gone; nobody asks for it before.
      await queries.invalidateQueries({ ...savedQuestion(id), refetchType: "none" });
      await queries.invalidateQueries({ queryKey: ["questions", "list"] });
    },
  });
  return (
    <>
      <IconButton small icon="trash" label={words.remove(title)} onClick={() => setAsked(true)} />
      <Dialog open={asked} onClose={() => setAsked(false)} title={words.removeTitle}>
        <div className={styles.form}>
          <p>{audience?.kind === "owner" ? words.removeOwn(title) : words.removeShared(title)}</p>
          {remove.error ? <Problem error={remove.error} /> : null}
          <div className={styles.actions}>
            <Button kind="main" busy={remove.isPending} onClick={() => remove.mutate()}>
              {words.removeIt}
            </Button>
            <Button onClick={() => setAsked(false)}>{words.keepIt}</Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}

/** What this browser kept until now, for the server to keep. */
function Offer() {
  const [entries, setEntries] = useLeftBehind();
  const queries = useQueryClient();
  const say = useToast();
  const move = useMutation({
    mutationFn: async (all: readonly LeftBehind[]) => {
      let rest = all;
      for (const { name, sql, purpose } of all) {
        await saveQuestion({ title: name, sql, purpose });
        // What has arrived is gone from here, whatever comes of the next one.
        rest = rest.slice(1);
        setEntries(rest);
      }
      return all.length;
    },
    onSuccess: (count) => say(words.moved(count)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["questions", "list"] }),
  });
  if (entries.length === 0) return null;
  return (
    <div className={styles.offer}>
      <p>{words.leftBehind(entries.length)}</p>
      {move.error ? <Problem error={move.error} /> : null}
      <div className={styles.actions}>
        <Button small kind="main" busy={move.isPending} onClick={() => move.mutate(entries)}>
          {words.move}
        </Button>
        <Button small onClick={() => setEntries([])}>
          {words.forget}
        </Button>
      </div>
    </div>
  );
}
