import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { agreements } from "../../../api/agreements";
import type { Plan } from "../../../api/operate";
import { consumers } from "../../../api/queries";
import type { Consumer } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Panel, Problem, Section, Skeleton, Status, Table, When } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { number } from "../../../messages/format";
import own from "../Operate.module.css";
import { agreedOn, type Broken, brokenBy, downstreamOf, readOf } from "./hits";
import styles from "./Plan.module.css";

const words = operateMessages.plan.hit;

/** How far back readers are looked for: as far as the record is counted. */
const DAYS = 90;

/** Everyone who depends on what breaks: products and columns downstream, people and programs, agreements. */
export function Hit({ plan }: { readonly plan: Plan }) {
  const broken = brokenBy(plan);
  const downstream = downstreamOf(plan);
  if (broken.length === 0 && downstream.length === 0) {
    return (
      <Section title={words.title}>
        <Status tone="good">{words.none}</Status>
      </Section>
    );
  }
  return (
    <Section title={words.title} lead={words.lead}>
      <h3>{words.broken}</h3>
      <ul className={own.bullets}>
        {broken.map((one) => (
          <li key={nameOf(one)}>
            <code>{nameOf(one)}</code>
          </li>
        ))}
      </ul>
      <h3>{words.products}</h3>
      {downstream.length === 0 ? <p className={own.faint}>{words.noProducts}</p> : null}
      <ul className={styles.cards}>
        {downstream.map(({ product, columns }) => (
          <li key={product}>
            <Panel className={styles.card}>
              <h4>
                <Link to="/operate/products/$product" params={{ product }}>
                  {product}
                </Link>
              </h4>
              <ul>
                {columns.map(({ name, whole, becauseOf }) => (
                  <li key={name}>
                    <code>{name}</code> {whole ? words.table(becauseOf) : words.column(becauseOf)}
                  </li>
                ))}
              </ul>
              <Link to="/products/$product/lineage" params={{ product }} search={{ direction: "up" }}>
                {words.lineage(product)}
              </Link>
            </Panel>
          </li>
        ))}
      </ul>
      <Readers broken={broken} />
      <Agreements broken={broken} />
    </Section>
  );
}

function nameOf({ product, port, table, column }: Broken): string {
  return [product, table ?? port, column].filter((name) => name !== null).join(".");
}

function productsOf(broken: readonly Broken[]): readonly string[] {
  return [...new Set(broken.map(({ product }) => product))];
}

interface Reader {
  readonly consumer: Consumer;
  readonly product: string;
  readonly columns: readonly string[];
}

function Readers({ broken }: { readonly broken: readonly Broken[] }) {
  const products = productsOf(broken);
  const answers = useQueries({ queries: products.map((product) => consumers(product, DAYS)) });
  const error = answers.find((answer) => answer.error)?.error;
  const waiting = answers.some((answer) => answer.isPending);
  const readers = answers.flatMap(({ data }, index): Reader[] => {
    const product = products[index] as string;
    const own = broken.filter((one) => one.product === product);
    return (data?.consumers ?? [])
      .map((consumer) => ({ consumer, product, columns: readOf(consumer, own) }))
      .filter(({ columns }) => columns.length > 0);
  });
  const { reader } = words;
  return (
    <>
      <h3>{words.readers}</h3>
      {error ? <Problem error={error} /> : null}
      {waiting ? <Skeleton /> : null}
      {!waiting && !error ? (
        <p className={own.faint}>{readers.length > 0 ? words.readersLead(DAYS) : words.noReaders(DAYS)}</p>
      ) : null}
      {readers.length > 0 ? (
        <Table
          caption={words.readersCaption}
          rows={readers}
          rowKey={({ consumer, product }) => `${product} ${consumer.principal}`}
          columns={[
            {
              key: "who",
              title: reader.who,
              head: true,
              cell: ({ consumer: { principal, kind } }) => (
                <>
                  {principal} <span className={own.faint}>({words.kind[kind ?? "none"]})</span>
                </>
              ),
            },
            {
              key: "columns",
              title: reader.columns,
              cell: ({ product, columns }) => <code>{columns.map((name) => `${product}.${name}`).join(", ")}</code>,
            },
            { key: "purpose", title: reader.purpose, cell: ({ consumer }) => consumer.purposes.join(", ") },
            { key: "door", title: reader.door, cell: ({ consumer }) => consumer.doors.join(", ") },
            {
              key: "requests",
              title: reader.requests,
              number: true,
              cell: ({ consumer }) => number(consumer.requests),
            },
            { key: "last", title: reader.last, cell: ({ consumer }) => <When at={consumer.lastAt} /> },
          ]}
        />
      ) : null}
    </>
  );
}

function Agreements({ broken }: { readonly broken: readonly Broken[] }) {
  const query = useQuery(agreements);
  const { agreementColumn: column } = words;
  return (
    <>
      <h3>{words.agreements}</h3>
      <Answer query={query}>
        {(all) => {
          const hit = productsOf(broken).flatMap((product) =>
            agreedOn(
              all,
              product,
              broken.filter((one) => one.product === product),
            ),
          );
          if (hit.length === 0) return <p className={own.faint}>{words.noAgreements}</p>;
          return (
            <>
              <p className={own.faint}>{words.agreementsLead}</p>
              <Table
                caption={words.agreementCaption}
                rows={hit}
                rowKey={({ agreement }) => agreement.id}
                columns={[
                  {
                    key: "who",
                    title: column.who,
                    head: true,
                    cell: ({ agreement: { consumer } }) => words.agreement(consumer.kind === "group", consumer.name),
                  },
                  {
                    key: "port",
                    title: column.port,
                    cell: ({ agreement: { port } }) => <code>{`${port.product}.${port.port}@${port.major}`}</code>,
                  },
                  { key: "purpose", title: column.purpose, cell: ({ agreement }) => agreement.purpose },
                  {
                    key: "until",
                    title: column.until,
                    cell: ({ agreement: { expiresAt } }) => (expiresAt ? <When at={expiresAt} /> : words.endless),
                  },
                ]}
              />
            </>
          );
        }}
      </Answer>
    </>
  );
}
