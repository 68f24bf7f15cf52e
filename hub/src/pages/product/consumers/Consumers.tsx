import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { consumers } from "../../../api/queries";
import type { Consumer, ProductConsumers } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import {
  Bars,
  buttonClass,
  Choices,
  Empty,
  Icon,
  type IconName,
  More,
  Panel,
  Section,
  Status,
  Table,
  When,
} from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { day, list, number } from "../../../messages/format";
import { useProduct } from "../useProduct";
import styles from "./Consumers.module.css";

const words = productMessages.consumers;

const SPANS = [7, 30, 90] as const;

/** Who reads the product, through which door, and what for. */
export function Consumers() {
  const { name } = useProduct();
  const { days = 30 } = useSearch({ from: "/shell/products/$product/consumers" });
  const navigate = useNavigate();
  const query = useQuery({ ...consumers(name, days), placeholderData: keepPreviousData });
  return (
    <>
      <Section
        title={words.title}
        lead={words.lead}
        actions={
          <Choices
            hideLegend
            legend={words.days}
            value={days}
            onChange={(wanted) =>
              void navigate({
                to: "/products/$product/consumers",
                params: { product: name },
                search: { days: wanted },
                replace: true,
                resetScroll: false,
              })
            }
            options={SPANS.map((span) => ({ value: span, label: words.dayCount(span) }))}
          />
        }
      >
        <Answer query={query}>{(answer) => <Readers answer={answer} />}</Answer>
      </Section>
      {query.data ? <Downstream answer={query.data} /> : null}
    </>
  );
}

function Readers({ answer }: { readonly answer: ProductConsumers }) {
  const { name } = useProduct();
  const asked = answer.trend.some(({ requests }) => requests > 0);
  return (
    <>
      {asked ? <Trend answer={answer} /> : null}
      {answer.complete ? null : <Status tone="note">{words.partial}</Status>}
      {answer.consumers.length > 0 ? (
        <List consumers={answer.consumers} />
      ) : (
        <Empty
          icon="people"
          title={answer.complete || !asked ? words.none.title : words.none.self}
          actions={
            <Link to="/products/$product/use" params={{ product: name }} className={buttonClass()}>
              {words.none.action}
            </Link>
          }
        >
          {words.none.text}
        </Empty>
      )}
    </>
  );
}

function Trend({ answer: { trend, days } }: { readonly answer: ProductConsumers }) {
  const most = trend.reduce((best, one) => (one.requests > best.requests ? one : best));
  const requests = trend.reduce((sum, one) => sum + one.requests, 0);
  const summary = words.trendSummary(requests, days, most.requests, day(most.day));
  return (
    <Panel>
      <h3>{words.trend}</h3>
      <p className={styles.faint}>{summary}</p>
      <Bars
        summary={summary}
        from={day(trend[0]?.day ?? "")}
        to={day(trend.at(-1)?.day ?? "")}
        bars={trend.map((one) => ({ key: one.day, title: day(one.day), value: one.requests }))}
      />
      <More summary={words.figures}>
        <Table
          caption={words.figures}
          rows={trend.filter((one) => one.requests > 0).toReversed()}
          rowKey={(one) => one.day}
          columns={[
            { key: "day", title: words.day, head: true, cell: (one) => day(one.day) },
            { key: "requests", title: words.column.requests, number: true, cell: (one) => number(one.requests) },
            { key: "readers", title: words.readers, number: true, cell: (one) => number(one.readers) },
            {
              key: "rows",
              title: words.column.rows,
              number: true,
              cell: (one) => (one.rows === null ? "" : number(one.rows)),
            },
          ]}
        />
      </More>
    </Panel>
  );
}

const KIND: Readonly<Record<NonNullable<Consumer["kind"]>, IconName>> = { user: "person", service: "program" };

function List({ consumers: all }: { readonly consumers: readonly Consumer[] }) {
  return (
    <Table
      caption={words.listCaption}
      rows={all}
      rowKey={(consumer) => consumer.principal}
      columns={[
        { key: "who", title: words.column.who, head: true, cell: (consumer) => <Who consumer={consumer} /> },
        {
          key: "purposes",
          title: words.column.purposes,
          cell: ({ purposes }) => (
            <div className={styles.purposes}>
              {purposes.length > 0 ? purposes.join("; ") : <span className={styles.faint}>{words.noPurpose}</span>}
            </div>
          ),
        },
        { key: "doors", title: words.column.doors, cell: ({ doors }) => doors.join(", ") },
        { key: "columns", title: words.column.columns, cell: (consumer) => <Columns consumer={consumer} /> },
        { key: "requests", title: words.column.requests, number: true, cell: ({ requests }) => number(requests) },
        { key: "rows", title: words.column.rows, number: true, cell: ({ rows }) => number(rows) },
        { key: "last", title: words.column.last, cell: ({ lastAt }) => <When at={lastAt} /> },
      ]}
    />
  );
}

function Who({ consumer: { principal, kind } }: { readonly consumer: Consumer }) {
  const session = useSession();
  return (
    <span className={styles.who}>
      {kind ? <Icon name={KIND[kind]} size={17} label={words.kind[kind]} /> : null}
      {principal}
      {principal === session.principal ? (
        <Status boxed tone="mine">
          {words.you}
        </Status>
      ) : null}
    </span>
  );
}

function Columns({ consumer: { columns } }: { readonly consumer: Consumer }) {
  const count = columns.reduce((sum, table) => sum + table.columns.length, 0);
  if (count === 0) return null;
  return (
    <details>
      <summary>{words.columnCount(count)}</summary>
      <div className={styles.columns}>
        {columns.map((table) => (
          <code key={table.table}>
            {table.table}: {table.columns.join(", ")}
          </code>
        ))}
      </div>
    </details>
  );
}

function Downstream({ answer: { downstream } }: { readonly answer: ProductConsumers }) {
  return (
    <Section title={words.downstream}>
      {downstream.length === 0 ? <p className={styles.faint}>{words.noDownstream}</p> : null}
      <ul className={styles.products}>
        {downstream.map(({ product, title, ports }) => (
          <li key={product}>
            <Link to="/products/$product" params={{ product }}>
              {title ?? product}
            </Link>{" "}
            <small>{productMessages.lineage.port(list(ports))}</small>
          </li>
        ))}
      </ul>
    </Section>
  );
}
