import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { auditRecord, type RequestRecord } from "../../../api/administer";
import { ApiError } from "../../../api/error";
import { Answer } from "../../../app/Answer";
import { Code, Empty, Facts, Section, Table } from "../../../design";
import { messages } from "../../../messages";
import { administerMessages } from "../../../messages/en/administer";
import { dateTime, list, number } from "../../../messages/format";
import styles from "../Administer.module.css";
import { recordRoute } from "../route";
import { Result } from "./Result";

const words = administerMessages.record;

/** One request, with all that is on record of it. */
export function Record() {
  const { request } = recordRoute.useParams();
  const query = useQuery(auditRecord(request));
  const missing = query.error instanceof ApiError && query.error.missing;
  return (
    <Section title={words.title} actions={<Link to="/administer/audit">{words.back}</Link>}>
      {missing ? (
        <Empty icon="history" title={words.missing}>
          {words.missingText}
        </Empty>
      ) : (
        <Answer query={query}>{(record) => <Whole record={record} />}</Answer>
      )}
    </Section>
  );
}

function Whole({ record }: { readonly record: RequestRecord }) {
  const { principal, principalKind, result, times, error } = record;
  return (
    <div className={styles.answer}>
      <Facts
        facts={[
          [words.result, <Result key="result" result={result} />],
          ...("reason" in result ? [[words.reason, result.reason] as const] : []),
          ...("limit" in result ? [[words.reason, result.limit] as const] : []),
          ...(error ? [[words.error, <code key="error">{error}</code>] as const] : []),
          [
            words.at,
            <time key="at" dateTime={record.at}>
              {dateTime(record.at)}
            </time>,
          ],
          [
            words.who,
            principal === null ? (
              administerMessages.audit.unknown
            ) : (
              <span key="who">
                {principal}
                {principalKind ? ` (${principalKind})` : null} –{" "}
                <Link to="/administer/audit" search={{ user: principal }}>
                  {words.same(principal)}
                </Link>
              </span>
            ),
          ],
          [words.door, <code key="door">{record.door}</code>],
          [words.purpose, record.purpose ?? words.noPurpose],
          [words.client, record.client ?? messages.common.unknown],
          [words.rows, number(record.rows)],
          [words.bytes, words.size(record.bytes)],
          [words.took, words.seconds(record.microseconds)],
          ...(times !== undefined && times > 1 ? [[words.times, administerMessages.audit.times(times)] as const] : []),
          [words.id, <code key="id">{record.id}</code>],
        ]}
      />
      <Code title={words.request} text={record.request} />
      <h3>{words.reads}</h3>
      <Reads reads={record.reads} />
    </div>
  );
}

interface Read {
  readonly product: string;
  readonly table: string;
  readonly read: RequestRecord["reads"][string][string];
}

function Reads({ reads }: Pick<RequestRecord, "reads">) {
  const all = Object.entries(reads).flatMap(([product, tables]) =>
    Object.entries(tables).map(([table, read]): Read => ({ product, table, read })),
  );
  if (all.length === 0) return <p>{words.nothing}</p>;
  return (
    <Table<Read>
      caption={words.reads}
      rows={all}
      rowKey={({ product, table }) => `${product} ${table}`}
      columns={[
        {
          key: "table",
          title: words.table,
          head: true,
          cell: ({ product, table }) => (
            <>
              <Link to="/products/$product" params={{ product }}>
                {product}
              </Link>{" "}
              <code>{table}</code>
            </>
          ),
        },
        {
          key: "port",
          title: words.port,
          cell: ({ read: { port, major } }) => (port === undefined ? null : <code>{`${port}@${major}`}</code>),
        },
        { key: "release", title: words.release, number: true, cell: ({ read: { release } }) => number(release) },
        { key: "columns", title: words.columns, cell: ({ read: { columns } }) => list(columns) },
        {
          key: "agreement",
          title: words.agreement,
          cell: ({ read: { agreement } }) =>
            agreement === null ? (
              words.none
            ) : (
              <Link to="/administer/audit" search={{ agreement }}>
                <code>{agreement}</code>
              </Link>
            ),
        },
      ]}
    />
  );
}
