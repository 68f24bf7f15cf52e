import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useId, useMemo, useRef } from "react";

import { agreements } from "../../api/agreements";
import { ApiError } from "../../api/error";
import { savedQuestion } from "../../api/questions";
import type { ChartSettings } from "../../api/types";
import { Missing } from "../../app/Missing";
import { useSession } from "../../app/useSession";
import { useTitle } from "../../app/useTitle";
import { Button, CopyButton, Heading, Page, Problem, Skeleton, Status, TextField } from "../../design";
import { askMessages } from "../../messages/en/ask";
import { fragmentOf, type View } from "../../parts/question";
import styles from "./AskPage.module.css";
import type { EditorHandle } from "./editor/Editor";
import { asked, useHistory } from "./history";
import { Kept } from "./Kept";
import { placeOf } from "./place";
import { Result } from "./result/Result";
import { type Asking, type Finished, useAnswer } from "./result/useAnswer";
import { type Open, SaveButton } from "./saved/SaveButton";
import { SavedHead } from "./saved/SavedHead";
import { useQuestion } from "./saved/useQuestion";
import { Tables } from "./Tables";
import { useNames } from "./useNames";

const words = askMessages;

const Editor = lazy(() => import("./editor/Editor"));

/** A question in SQL, and its answer; one that was saved, where the address says which. */
export function AskPage() {
  const { saved = "" } = useSearch({ from: "/shell/ask" });
  const query = useQuery({ ...savedQuestion(saved), enabled: saved !== "" });
  if (saved === "") return <Workbench open={null} />;
  if (query.error instanceof ApiError && query.error.missing) return <Missing />;
  if (query.data) return <Workbench open={query.data} />;
  return (
    <Page>
      <Heading title={words.title}>{words.lead}</Heading>
      {query.error ? <Problem error={query.error} retry={() => query.refetch()} /> : <Skeleton block />}
    </Page>
  );
}

function Workbench({ open }: { readonly open: Open | null }) {
  useTitle(open?.value.title ?? words.title);
  const { asking, setSql, purpose, setPurpose, view, setView, linked, show, goOnAs } = useQuestion(open?.value ?? null);
  const { sql } = asking;
  const editor = useRef<EditorHandle>(null);
  const [, setHistory] = useHistory();
  const { answer, ask, stop } = useAnswer((finished) => setHistory((before) => asked(before, entryOf(finished))));
  const names = useNames(sql);
  const marked = useMarked(answer);
  const chart = useChart(open);
  const purposeField = useRef<HTMLInputElement>(null);
  const fault = purposeFault(answer.state === "failed" ? answer.error : null);
  useEffect(() => {
    if (fault) purposeField.current?.focus();
  }, [fault]);

  function run(question: Asking = asking) {
    if (question.sql.trim() === "") return editor.current?.focus();
    setSql(question.sql);
    show(question);
    void ask(question);
  }

  return (
    <Page>
      <Heading title={words.title}>{words.lead}</Heading>
      <div className={styles.body}>
        <Tables
          names={names}
          onInsert={(name) => editor.current?.insert(name)}
          onFirst={(table) => run({ ...asking, sql: `SELECT *\nFROM ${table}\nLIMIT 100` })}
        />
        <div className={styles.main}>
          {open ? <SavedHead question={open.value} asking={asking} /> : null}
          {linked ? <Status tone="note">{words.fromLink}</Status> : null}
          <Suspense fallback={<Skeleton block lines={0} />}>
            <Editor
              ref={editor}
              label={words.editor.label}
              hint={words.editor.hint}
              value={sql}
              onChange={setSql}
              onRun={(text) => run({ ...asking, sql: text })}
              names={names.namespace}
              fault={marked}
            />
          </Suspense>
          <div className={styles.bar}>
            <div className={styles.purpose}>
              <Purpose ref={purposeField} value={purpose} onChange={setPurpose} fault={fault} />
            </div>
            <div className={styles.actions}>
              {answer.state === "asking" ? (
                <Button icon="stopped" onClick={stop}>
                  {words.stop}
                </Button>
              ) : (
                <Button kind="main" icon="play" aria-keyshortcuts="Control+Enter Meta+Enter" onClick={() => run()}>
                  {words.run}
                </Button>
              )}
              <SaveButton
                asking={asking}
                chart={() => (view === "chart" ? chart.settings() : null)}
                open={open}
                onSaved={goOnAs}
              />
              <CopyButton text={linkOf(asking, view)} what={words.share.what} />
            </div>
          </div>
          <Result
            answer={answer}
            view={view}
            onView={setView}
            chart={chart}
            onPlace={(place) => editor.current?.goTo(place)}
          />
        </div>
      </div>
      <Kept
        onOpen={(question) => {
          setSql(question.sql);
          setPurpose(question.purpose ?? "");
          window.scrollTo({ top: 0 });
          editor.current?.focus();
        }}
      />
    </Page>
  );
}

/** How the answer is drawn: as it was drawn last, or as it was saved. */
function useChart(open: Open | null) {
  const id = open?.value.id;
  const drawn = useRef<{ readonly of: string | undefined; readonly settings: ChartSettings | null }>(null);
  return {
    settings: () => (drawn.current?.of === id ? drawn.current?.settings : null) ?? open?.value.chart ?? null,
    onDrawn: (settings: ChartSettings | null) => {
      drawn.current = { of: id, settings };
    },
  };
}

interface PurposeProps {
  readonly ref: React.Ref<HTMLInputElement>;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly fault: string | null;
}

/** What it is asked for, with the purposes that were agreed. */
function Purpose({ ref, value, onChange, fault }: PurposeProps) {
  const id = useId();
  const { principal, groups } = useSession();
  const { data } = useQuery(agreements);
  const agreed = useMemo(() => {
    const mine = (data ?? []).filter(
      ({ agreement: { consumer }, standing }) =>
        standing === "active" &&
        (consumer.kind === "principal" ? consumer.name === principal : groups.includes(consumer.name)),
    );
    return [...new Set(mine.map(({ agreement }) => agreement.purpose))];
  }, [data, principal, groups]);
  return (
    <>
      <TextField
        ref={ref}
        label={words.purpose.label}
        hint={words.purpose.hint}
        fault={fault}
        optional={fault === null}
        maxLength={200}
        list={`${id}-agreed`}
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={`${id}-agreed`}>
        {agreed.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  );
}

function purposeFault(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  return error.code === "purpose-missing"
    ? words.purpose.missing
    : error.code === "other-purpose"
      ? words.purpose.other
      : null;
}

/** Where the server says that the question is wrong. */
function useMarked(answer: ReturnType<typeof useAnswer>["answer"]) {
  const error = answer.state === "failed" && answer.error instanceof ApiError ? answer.error : null;
  return useMemo(() => {
    const place = error ? placeOf(error.problem) : null;
    return error && place
      ? { place, message: [error.detail ?? error.title, error.help].filter(Boolean).join(" – ") }
      : null;
  }, [error]);
}

function entryOf(finished: Finished) {
  const { asking, loaded, state } = finished;
  return {
    ...asking,
    at: new Date().toISOString(),
    outcome: state,
    rows: loaded?.rows ?? null,
    milliseconds: state === "answered" ? finished.milliseconds : null,
  };
}

function linkOf({ sql, purpose }: Asking, view: View): string {
  const { origin } = window.location;
  return `${origin}/hub/ask#${fragmentOf({ sql, ...(purpose !== null && { purpose }), view })}`;
}
