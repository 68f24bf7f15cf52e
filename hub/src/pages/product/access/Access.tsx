import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { access } from "../../../api/queries";
import type { ProductAccess, TableRights } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Button, More, Prose, Section, Status, Table, type Tone } from "../../../design";
import type { IconName } from "../../../design/Icon";
import { productMessages } from "../../../messages/en/product";
import { AddToBasket } from "../../../parts/AddToBasket";
import { useProduct } from "../useProduct";
import styles from "./Access.module.css";
import { Agreements } from "./Agreements";
import { RequestDialog } from "./RequestDialog";

const words = productMessages.access;

/** A port of one major version, as agreements are about it. */
export interface PortOf {
  readonly port: string;
  readonly major: number;
}

/** What the reader may read, why, and what they can do about it. */
export function Access() {
  const { name } = useProduct();
  const query = useQuery(access(name));
  const [asked, setAsked] = useState<PortOf | null>(null);
  return (
    <Answer query={query}>
      {(answer) => (
        <>
          <Section title={words.title} lead={words.lead(answer.principal)}>
            {answer.purpose ? <p>{words.purpose(answer.purpose)}</p> : null}
            <div>
              {answer.tables.map((table) => (
                <Rights key={`${table.port}@${table.major}.${table.table}`} table={table} onAsk={setAsked} />
              ))}
            </div>
          </Section>
          <Agreements agreements={answer.agreements} />
          <Reviewers reviewers={answer.reviewers} />
          <RequestDialog port={asked} onClose={() => setAsked(null)} />
        </>
      )}
    </Answer>
  );
}

function Rights({ table, onAsk }: { readonly table: TableRights; readonly onAsk: (port: PortOf) => void }) {
  const { name } = useProduct();
  return (
    <article className={styles.table}>
      <div className={styles.head}>
        <h3>
          <code>{table.sqlName}</code>
        </h3>
        <Standing table={table} />
      </div>
      <div className={styles.words}>
        {table.words.map((sentence) => (
          <p key={sentence}>
            <Prose text={sentence} />
          </p>
        ))}
      </div>
      {table.requestable && !table.readable ? (
        <div className={styles.actions}>
          <Button kind="main" icon="key" onClick={() => onAsk({ port: table.port, major: table.major })}>
            {words.ask}
            <span className="unseen"> {table.sqlName}</span>
          </Button>
          <AddToBasket product={name} port={table.port} major={table.major} name={table.sqlName} />
        </div>
      ) : null}
      {table.columns.length > 0 ? (
        <More summary={words.columns(table.columns.length)}>
          <Columns table={table} />
        </More>
      ) : null}
    </article>
  );
}

function Standing({ table: { readable, requestable } }: { readonly table: TableRights }) {
  if (readable) {
    return (
      <Status tone="good" icon="open">
        {words.readable}
      </Status>
    );
  }
  return requestable ? (
    <Status tone="note" icon="ask">
      {words.requestable}
    </Status>
  ) : (
    <Status tone="plain" icon="locked">
      {words.unreadable}
    </Status>
  );
}

const SEES: Readonly<Record<TableRights["columns"][number]["access"], readonly [Tone, IconName]>> = {
  plain: ["good", "passed"],
  masked: ["care", "shield"],
  none: ["plain", "locked"],
};

function Columns({ table }: { readonly table: TableRights }) {
  return (
    <Table
      caption={`${words.column} – ${table.sqlName}`}
      rows={table.columns}
      rowKey={(column) => column.name}
      columns={[
        { key: "column", title: words.column, head: true, cell: (column) => <code>{column.name}</code> },
        {
          key: "see",
          title: words.see,
          cell: (column) => {
            const [tone, icon] = SEES[column.access];
            return (
              <Status tone={tone} icon={icon}>
                {words.access[column.access]}
              </Status>
            );
          },
        },
        { key: "why", title: words.why, cell: (column) => <Prose text={column.words} /> },
      ]}
    />
  );
}

function Reviewers({ reviewers }: { readonly reviewers: ProductAccess["reviewers"] }) {
  if (reviewers.length === 0) return null;
  return (
    <Section title={words.reviewers}>
      <div className={styles.words}>
        {reviewers.map((port) => (
          <p key={`${port.port}@${port.major}`}>
            {reviewers.length > 1 ? `${words.reviewersOf(`${port.port}@${port.major}`)}: ` : null}
            <Prose text={port.words} />
          </p>
        ))}
      </div>
    </Section>
  );
}
