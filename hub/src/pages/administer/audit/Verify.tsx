import { useQuery } from "@tanstack/react-query";

import { type Verification, verification } from "../../../api/administer";
import { Button, Problem, Section, Skeleton, Status, Table } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { number } from "../../../messages/format";
import styles from "../Administer.module.css";

const words = administerMessages.verification;

/** Whether anyone has changed the record. It is asked for, as all of it is read for that. */
export function Verify() {
  const query = useQuery(verification);
  return (
    <Section title={words.title} lead={words.lead}>
      <div>
        <Button icon="shield" busy={query.isFetching} onClick={() => query.refetch()}>
          {query.data ? words.again : words.verify}
        </Button>
      </div>
      <div aria-live="polite" className={styles.answer}>
        {query.isFetching ? (
          <>
            <p className={styles.faint}>{words.running}</p>
            <Skeleton lines={1} />
          </>
        ) : query.error ? (
          <Problem error={query.error} />
        ) : query.data ? (
          <Found found={query.data} />
        ) : null}
      </div>
    </Section>
  );
}

type Fault = Verification["faults"][number];

function Found({ found: { records, chains, incomplete, faults } }: { readonly found: Verification }) {
  const unfinished = incomplete.length > 0 ? <p>{words.incomplete(incomplete.length)}</p> : null;
  if (faults.length > 0) {
    return (
      <>
        <Status tone="bad">{words.broken}</Status>
        <p>{words.brokenText(faults.length, records)}</p>
        <Table<Fault>
          caption={words.broken}
          rows={faults}
          rowKey={({ file, line, message }) => `${file} ${line} ${message}`}
          columns={[
            { key: "file", title: words.file, head: true, cell: ({ file }) => <code>{file}</code> },
            { key: "line", title: words.line, number: true, cell: ({ line }) => number(line) },
            { key: "fault", title: words.fault, cell: ({ message }) => message },
          ]}
        />
        {unfinished}
      </>
    );
  }
  return (
    <>
      <Status tone="good">{records === 0 ? words.empty : words.whole}</Status>
      {records > 0 ? <p>{words.wholeText(records, chains)}</p> : null}
      {unfinished}
    </>
  );
}
