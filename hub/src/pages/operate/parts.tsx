/** What several pages of operating show. */
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { run } from "../../api/operate";
import type { CheckResult, Run } from "../../api/types";
import { Code, More, Prose, Status, Table, type Tone, useToast } from "../../design";
import { operateMessages } from "../../messages/en/operate";
import { number } from "../../messages/format";
import styles from "./Operate.module.css";

const words = operateMessages;

/** Where a page is below the workspace. */
export function Trail({ here }: { readonly here: ReactNode }) {
  return (
    <nav className={styles.trail} aria-label={words.trail}>
      <ol>
        <li>
          <Link to="/operate">{words.title}</Link>
        </li>
        <li aria-current="page">{here}</li>
      </ol>
    </nav>
  );
}

/** Begins to run products, and goes to where that is watched. */
export function useRun() {
  const navigate = useNavigate();
  const say = useToast();
  return useMutation({
    mutationFn: run,
    onSuccess: (task) => {
      say(words.table.begun);
      void navigate({ to: "/operate/tasks/$task", params: { task: task.id } });
    },
  });
}

export const RUN_TONE: Readonly<Record<Run["state"], Tone>> = {
  running: "wait",
  published: "good",
  unchanged: "plain",
  failed: "bad",
  cancelled: "care",
};

const TONE: Readonly<Record<CheckResult["outcome"], Tone>> = {
  pass: "good",
  fail: "bad",
  warn: "care",
  error: "bad",
  skip: "plain",
};

/** Whether a check asks for someone's attention. */
export function isUnmet({ outcome }: CheckResult): boolean {
  return outcome === "fail" || outcome === "error" || outcome === "warn";
}

/** Checks with what was measured and what it must be, and how to see the rows that break them. */
export function Checks({ of, results }: { readonly of: string; readonly results: readonly CheckResult[] }) {
  if (results.length === 0) return null;
  const { column } = words.checks;
  return (
    <div className={styles.stack}>
      <Table
        caption={words.checks.caption(of)}
        rows={results.map((result, index) => ({ ...result, key: `${result.check.id} ${index}` }))}
        rowKey={({ key }) => key}
        columns={[
          {
            key: "outcome",
            title: column.outcome,
            cell: ({ outcome }) => <Status tone={TONE[outcome]}>{words.checks.outcome[outcome]}</Status>,
          },
          { key: "check", title: column.check, head: true, cell: (result) => <What result={result} /> },
          {
            key: "where",
            title: column.where,
            cell: ({ check }) => <code>{[check.table, check.column].filter(Boolean).join(".")}</code>,
          },
          { key: "measured", title: column.measured, number: true, cell: measured },
          { key: "must", title: column.must, number: true, cell: must },
          {
            key: "rows",
            title: column.rows,
            number: true,
            cell: ({ failedRows, rows }) => (failedRows === null ? "" : words.checks.failedRows(failedRows, rows)),
          },
        ]}
      />
      <Samples results={results} />
    </div>
  );
}

function What({ result: { check, message } }: { readonly result: CheckResult }) {
  return (
    <div className={styles.check}>
      {check.description ?? check.name}
      {message ? (
        <small>
          <Prose text={message} />
        </small>
      ) : null}
    </div>
  );
}

function Samples({ results }: { readonly results: readonly CheckResult[] }) {
  const shown = results.flatMap(({ check, sampleQuery }) => (sampleQuery ? [{ check, sampleQuery }] : []));
  if (shown.length === 0) return null;
  return (
    <More summary={words.checks.sample}>
      <div className={styles.samples}>
        <p>{words.checks.sampleLead}</p>
        {shown.map(({ check, sampleQuery }) => (
          <Code key={`${check.table} ${check.id}`} title={check.description ?? check.name} text={sampleQuery} />
        ))}
      </div>
    </More>
  );
}

function figure(value: unknown): string {
  return typeof value === "number" ? number(value) : typeof value === "string" ? value : JSON.stringify(value);
}

function inUnit(text: string, unit: CheckResult["check"]["unit"]): string {
  const named = words.checks.unit[unit];
  return named === "" ? text : `${text} ${named}`;
}

function measured({ measured: value, check }: CheckResult): string {
  return value === null || value === undefined ? "" : inUnit(figure(value), check.unit);
}

function must({ check: { threshold, unit } }: CheckResult): string {
  if (typeof threshold === "string") return words.checks.nothing;
  const [[operator, value] = []] = Object.entries(threshold as Readonly<Record<string, unknown>>);
  const told = words.checks.must[operator as keyof typeof words.checks.must];
  if (told === undefined) return words.checks.nothing;
  const text = Array.isArray(value) ? words.checks.range(figure(value[0]), figure(value[1])) : figure(value);
  return told(inUnit(text, unit));
}
