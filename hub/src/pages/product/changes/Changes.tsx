import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { changes } from "../../../api/queries";
import type { ProductChanges, Run } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Prose, Section, Status, Table, type Tone, When } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { duration, number } from "../../../messages/format";
import { useProduct } from "../useProduct";
import styles from "./Changes.module.css";

const words = productMessages.changes;

/** What was released, what contracts gained and lost, and what else happened. */
export function Changes() {
  const { name, operates } = useProduct();
  const query = useQuery(changes(name));
  return (
    <Answer query={query}>
      {(answer) => (
        <>
          <Contracts steps={answer.contracts} />
          <Releases releases={answer.releases} />
          <History entries={answer.history} />
          {operates ? <Runs runs={answer.runs} /> : null}
        </>
      )}
    </Answer>
  );
}

type Step = ProductChanges["contracts"][number];

const STEP: Readonly<Record<Step["step"], Tone>> = { none: "plain", patch: "note", minor: "good", major: "bad" };

function Contracts({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <Section title={words.contracts} lead={words.lead}>
      {steps.length === 0 ? <p className={styles.faint}>{words.noContracts}</p> : null}
      <ol className={styles.steps}>
        {steps.map((step) => (
          <Line key={`${step.at} ${step.port} ${step.to}`} at={step.at}>
            <h3>{stepTitle(step)}</h3>
            {step.from === null || step.to === null ? null : (
              <Status boxed tone={STEP[step.step]}>
                {words.step[step.step]}
              </Status>
            )}
            {step.changes.length > 0 ? (
              <ul>
                {step.changes.map((change) => (
                  <li key={`${change.table} ${change.column} ${change.text}`}>
                    <Prose text={change.text} />
                  </li>
                ))}
              </ul>
            ) : null}
          </Line>
        ))}
      </ol>
    </Section>
  );
}

function stepTitle({ port, from, to }: Step): string {
  if (to === null) return words.gonePort(port);
  return from === null ? words.newPort(port, to) : words.changed(port, from, to);
}

function Line({ at, children }: { readonly at: string; readonly children: ReactNode }) {
  return (
    <li>
      <span className={styles.when}>
        <When at={at} />
      </span>
      <div className={styles.what}>{children}</div>
    </li>
  );
}

function Releases({ releases }: { readonly releases: ProductChanges["releases"] }) {
  return (
    <Section title={words.releases}>
      {releases.length === 0 ? (
        <p className={styles.faint}>{words.noReleases}</p>
      ) : (
        <Table
          caption={words.releaseCaption}
          rows={releases}
          rowKey={(release) => String(release.number)}
          columns={[
            {
              key: "release",
              title: words.column.release,
              head: true,
              cell: (release) => words.release(number(release.number)),
            },
            { key: "when", title: words.column.when, cell: (release) => <When at={release.publishedAt} /> },
            {
              key: "state",
              title: words.column.state,
              cell: (release) =>
                release.current ? (
                  <Status tone="good">{words.current}</Status>
                ) : (
                  <Status tone="plain" icon="history">
                    {words.older}
                  </Status>
                ),
            },
          ]}
        />
      )}
    </Section>
  );
}

function History({ entries }: { readonly entries: ProductChanges["history"] }) {
  return (
    <Section title={words.history}>
      {entries.length === 0 ? <p className={styles.faint}>{words.noHistory}</p> : null}
      <ol className={styles.steps}>
        {entries.map((entry) => (
          <Line key={`${entry.at} ${entry.event}`} at={entry.at}>
            <h3>
              {words.event[entry.event]}{" "}
              {entry.from !== null && entry.to !== null ? words.rolledBack(number(entry.from), number(entry.to)) : null}
            </h3>
            {entry.generation === null ? null : (
              <span className={styles.when}>{words.generation(entry.generation)}</span>
            )}
            {entry.summary.length > 0 ? (
              <ul>
                {entry.summary.map((line) => (
                  <li key={line}>
                    <Prose text={line} />
                  </li>
                ))}
              </ul>
            ) : null}
          </Line>
        ))}
      </ol>
    </Section>
  );
}

const RUN: Readonly<Record<Run["state"], Tone>> = {
  running: "wait",
  published: "good",
  unchanged: "plain",
  failed: "bad",
  cancelled: "care",
};

function Runs({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <Section title={words.runs} lead={words.runsLead}>
      <Table
        caption={words.runCaption}
        rows={runs}
        rowKey={(run) => run.id}
        columns={[
          { key: "started", title: words.run.started, head: true, cell: (run) => <When at={run.startedAt} /> },
          {
            key: "state",
            title: words.run.state,
            cell: (run) => <Status tone={RUN[run.state]}>{words.runState[run.state]}</Status>,
          },
          { key: "took", title: words.run.took, number: true, cell: took },
          {
            key: "release",
            title: words.run.release,
            number: true,
            cell: (run) => (run.release === null ? "" : number(run.release)),
          },
          { key: "error", title: words.run.error, cell: (run) => <Prose text={run.error ?? ""} /> },
        ]}
      />
    </Section>
  );
}

function took({ startedAt, endedAt }: Run): string {
  return endedAt === null ? "" : duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}
