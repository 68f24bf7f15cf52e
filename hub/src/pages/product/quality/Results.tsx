import type { CheckResult } from "../../../api/types";
import { Code, More, Prose, Status, Table, type Tone } from "../../../design";
import { messages } from "../../../messages";
import { productMessages } from "../../../messages/en/product";
import { number } from "../../../messages/format";
import styles from "./Quality.module.css";

const words = productMessages.quality;

const TONE: Readonly<Record<CheckResult["outcome"], Tone>> = {
  pass: "good",
  fail: "bad",
  warn: "care",
  error: "bad",
  skip: "plain",
};

/** What each check came to, and a query that shows what breaks it. */
export function Results({ results }: { readonly results: readonly CheckResult[] }) {
  return (
    <>
      <Table
        caption={words.results}
        rows={results.map((result, index) => ({ result, key: `${result.check.id} ${index}` }))}
        rowKey={({ key }) => key}
        columns={[
          { key: "check", title: words.result.check, head: true, cell: ({ result }) => <What result={result} /> },
          {
            key: "where",
            title: words.result.where,
            cell: ({ result: { check } }) => <code>{[check.table, check.column].filter(Boolean).join(".")}</code>,
          },
          {
            key: "dimension",
            title: words.result.dimension,
            cell: ({ result: { check } }) => messages.words.dimension[check.dimension],
          },
          {
            key: "outcome",
            title: words.result.outcome,
            cell: ({ result: { outcome } }) => <Status tone={TONE[outcome]}>{words.outcome[outcome]}</Status>,
          },
          { key: "measured", title: words.result.measured, number: true, cell: ({ result }) => measured(result) },
          { key: "rows", title: words.result.rows, number: true, cell: ({ result }) => <Broken result={result} /> },
        ]}
      />
      <Samples results={results} />
    </>
  );
}

function What({ result: { check, message, method } }: { readonly result: CheckResult }) {
  return (
    <div className={styles.check}>
      {check.name}
      {check.description ? <small>{check.description}</small> : null}
      <small>
        <Prose text={message ?? words.method[method]} />
      </small>
    </div>
  );
}

function measured({ measured: value, check: { unit } }: CheckResult): string {
  if (value === null || value === undefined) return "";
  const figure = typeof value === "number" ? number(value) : typeof value === "string" ? value : JSON.stringify(value);
  return unit === "percent" ? `${figure} %` : unit === "value" ? figure : `${figure} ${unit}`;
}

function Broken({ result: { failedRows, rows } }: { readonly result: CheckResult }) {
  if (failedRows === null || rows === null) return null;
  return words.failedRows(failedRows, rows);
}

function Samples({ results }: { readonly results: readonly CheckResult[] }) {
  const shown = results.flatMap(({ check, outcome, sampleQuery }) =>
    sampleQuery && outcome !== "pass" ? [{ id: check.id, title: check.name, sampleQuery }] : [],
  );
  if (shown.length === 0) return null;
  return (
    <More summary={words.sample}>
      <div className={styles.samples}>
        <p>{words.sampleLead}</p>
        {shown.map(({ id, title, sampleQuery }) => (
          <Code key={id} title={title} text={sampleQuery} />
        ))}
      </div>
    </More>
  );
}
