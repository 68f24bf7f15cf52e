import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { Button, More, Table, type TableColumn, When } from "../../../design";
import { messages } from "../../../messages";
import { estateMessages } from "../../../messages/en/estate";
import { number } from "../../../messages/format";
import type { Domain, Domains, Flow } from "../domains";
import { ALIGNMENTS, UNSAID } from "../model";
import { alignmentName, domainName } from "../names";
import styles from "./DomainMap.module.css";

const words = estateMessages.map;

/** Rows that are shown before the rest is asked for. */
const FEW = 100;

/** The map, to be read. */
export function DomainTables({ whole: { domains, flows, days } }: { readonly whole: Domains }) {
  const name = (index: number) => domainName(domains[index]?.name ?? null);
  return (
    <More summary={words.asTable}>
      <div className={styles.tables}>
        <Some
          title={words.domainTable}
          rows={domains}
          rowKey={(domain) => domain.name}
          columns={columnsOf(domains, days)}
        />
        {flows.length > 0 ? (
          <Some<Flow>
            title={words.flowTable}
            rows={flows}
            rowKey={({ from, to }) => `${from} ${to}`}
            columns={[
              { key: "to", title: words.column.to, head: true, cell: ({ to }) => name(to) },
              { key: "from", title: words.column.from, cell: ({ from }) => name(from) },
              { key: "count", title: words.column.count, number: true, cell: ({ count }) => number(count) },
            ]}
          />
        ) : null}
      </div>
    </More>
  );
}

function columnsOf(domains: readonly Domain[], days: number): readonly TableColumn<Domain>[] {
  const unsaid = domains.some(({ alignments }) => alignments[UNSAID] > 0);
  const kinds = unsaid ? ([...ALIGNMENTS, UNSAID] as const) : ALIGNMENTS;
  const figure = (key: string, title: string, of: (domain: Domain) => number): TableColumn<Domain> => ({
    key,
    title,
    number: true,
    cell: (domain) => number(of(domain)),
  });
  return [
    {
      key: "domain",
      title: words.column.domain,
      head: true,
      cell: ({ name }) => (
        <Link to="/estate" search={{ view: "products", domain: name, near: "yes" }}>
          {domainName(name)}
        </Link>
      ),
    },
    figure("products", words.column.products, ({ products }) => products),
    ...kinds.map((kind) => figure(kind, alignmentName(kind), ({ alignments }) => alignments[kind])),
    figure("failed", words.column.failed, ({ qualities }) => qualities.failed),
    figure("warned", words.column.warned, ({ qualities }) => qualities.warned),
    figure("requests", words.column.requests(days), ({ requests }) => requests),
    {
      key: "newest",
      title: words.column.newest,
      cell: ({ newest }) => (newest === null ? words.never : <When at={newest} />),
    },
  ];
}

interface SomeProps<Row> {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly columns: readonly TableColumn<Row>[];
}

function Some<Row>({ title, rows, rowKey, columns }: SomeProps<Row>) {
  const [all, setAll] = useState(false);
  return (
    <div className={styles.some}>
      <h3>{title}</h3>
      <Table caption={title} columns={columns} rows={all ? rows : rows.slice(0, FEW)} rowKey={rowKey} />
      {!all && rows.length > FEW ? (
        <Button small kind="quiet" onClick={() => setAll(true)}>
          {messages.common.all(rows.length)}
        </Button>
      ) : null}
    </div>
  );
}
