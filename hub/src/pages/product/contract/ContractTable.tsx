import { Link } from "@tanstack/react-router";

import type { PageColumn, PageTable } from "../../../api/types";
import { Icon, More, Section, Status, Table, Tag } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { list } from "../../../messages/format";
import { useProduct } from "../useProduct";
import styles from "./Contract.module.css";

const words = productMessages.contract;

interface Props {
  readonly table: PageTable;
  /** Only columns with this in their name or meaning. */
  readonly find: string;
}

/** A table of a contract: its columns with all that is promised of them. */
export function ContractTable({ table, find }: Props) {
  const columns = table.columns.filter((column) => fits(column, find));
  return (
    <Section id={table.name} title={<code>{table.sqlName}</code>} lead={table.description ?? undefined}>
      <Notes table={table} />
      {columns.length === 0 ? (
        <p className={styles.none}>{words.noColumns(find)}</p>
      ) : (
        <Columns table={table} columns={columns} />
      )}
      <Rules table={table} />
    </Section>
  );
}

export function fits({ name, description, tags }: PageColumn, find: string): boolean {
  const wanted = find.trim().toLowerCase();
  return [name, description ?? "", ...tags].some((text) => text.toLowerCase().includes(wanted));
}

function Notes({ table }: { readonly table: PageTable }) {
  if (!table.rowsFiltered && table.minimumGroup === null) return null;
  return (
    <div className={styles.notes}>
      {table.rowsFiltered ? (
        <Status tone="note" icon="filter">
          {words.rowsFiltered}
        </Status>
      ) : null}
      {table.minimumGroup === null ? null : (
        <Status tone="note" icon="people">
          {words.minimumGroup(table.minimumGroup)}
        </Status>
      )}
    </div>
  );
}

function Columns({ table, columns }: { readonly table: PageTable; readonly columns: readonly PageColumn[] }) {
  const { name } = useProduct();
  return (
    <Table
      caption={words.columnsOf(table.sqlName)}
      rows={columns}
      rowKey={(column) => column.name}
      rowId={(column) => `${table.name}.${column.name}`}
      columns={[
        {
          key: "column",
          title: words.column,
          head: true,
          cell: (column) => <code className={styles.column}>{column.name}</code>,
        },
        {
          key: "meaning",
          title: words.meaning,
          cell: (column) => (
            <div className={styles.meaning}>
              {column.description ?? <span className={styles.none}>{words.noMeaning}</span>}
            </div>
          ),
        },
        { key: "type", title: words.type, cell: (column) => column.type },
        { key: "rules", title: words.rules, cell: (column) => <ColumnRules column={column} /> },
        { key: "sensitivity", title: words.sensitivity, cell: (column) => <Sensitivity column={column} /> },
        {
          key: "you",
          title: words.you,
          cell: (column) => (
            <div className={styles.seen}>
              <Seen column={column} />
            </div>
          ),
        },
        {
          key: "ask",
          title: <span className="unseen">{words.ask}</span>,
          cell: (column) => (
            <Link
              to="/products/$product/feedback"
              params={{ product: name }}
              search={{ about: `${table.name}.${column.name}` }}
              title={words.ask}
            >
              <Icon name="ask" size={17} label={`${words.ask}: ${column.name}`} />
            </Link>
          ),
        },
      ]}
    />
  );
}

function ColumnRules({ column }: { readonly column: PageColumn }) {
  const implied = [
    column.primaryKey === null ? null : column.primaryKey === 1 ? words.key : words.keyPart(column.primaryKey),
    // A key is always there and never there twice.
    column.required && column.primaryKey === null ? words.required : null,
    column.unique && column.primaryKey === null ? words.unique : null,
    column.deprecated ? words.deprecated : null,
  ].filter((rule) => rule !== null);
  const further = column.checks.filter((check) => check.description);
  return (
    <div className={styles.rules}>
      {implied.map((rule) => (
        <Tag key={rule}>{rule}</Tag>
      ))}
      {further.map((check) => (
        <Tag key={check.id}>{check.description}</Tag>
      ))}
    </div>
  );
}

function Sensitivity({ column }: { readonly column: PageColumn }) {
  return (
    <div className={styles.rules}>
      {column.classification ? <Tag icon="shield">{column.classification}</Tag> : null}
      {column.tags.map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
    </div>
  );
}

function Seen({ column }: { readonly column: PageColumn }) {
  switch (column.access) {
    case "plain":
      return <Status tone="good">{words.plain}</Status>;
    case "masked":
      return (
        <Status tone="care" icon="shield">
          {column.mask ? words.masked(column.mask) : words.maskedOnly}
        </Status>
      );
    case "none":
      return (
        <Status tone="plain" icon="locked">
          {words.none}
        </Status>
      );
  }
}

function Rules({ table }: { readonly table: PageTable }) {
  const { checks, relations } = table;
  if (checks.length === 0 && relations.length === 0) return null;
  return (
    <div className={styles.columns}>
      {checks.length > 0 ? (
        <More summary={words.tableChecks}>
          <ul className={styles.list}>
            {checks.map((check) => (
              <li key={check.id}>{check.description ?? check.name}</li>
            ))}
          </ul>
        </More>
      ) : null}
      {relations.length > 0 ? (
        <More summary={words.relations}>
          <ul className={styles.list}>
            {relations.map((relation) => (
              <li key={`${relation.columns} ${relation.toTable}`}>
                {words.relation(list(relation.columns), relation.toTable, list(relation.toColumns))}
              </li>
            ))}
          </ul>
        </More>
      ) : null}
    </div>
  );
}
