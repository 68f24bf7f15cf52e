import { useNavigate, useSearch } from "@tanstack/react-router";

import type { PagePort } from "../../../api/types";
import { Choices, Facts, More, Section, Status, Table, TextField } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { list, number } from "../../../messages/format";
import { useProduct } from "../useProduct";
import styles from "./Contract.module.css";
import { ContractTable } from "./ContractTable";

const words = productMessages.contract;

function portKey(port: PagePort): string {
  return `${port.port}@${port.major}`;
}

/** What the owner promises of a port. */
export function Contract() {
  const { name, outputs } = useProduct();
  const search = useSearch({ from: "/shell/products/$product/contract" });
  const navigate = useNavigate();
  const port = outputs.find((one) => portKey(one) === search.port) ?? outputs[0];
  if (!port) return null;
  const go = (wanted: { port?: string; find?: string }) =>
    void navigate({
      to: "/products/$product/contract",
      params: { product: name },
      search: { ...search, ...wanted },
      replace: true,
      resetScroll: false,
    });
  const find = search.find ?? "";

  return (
    <>
      <Section title={words.title} lead={words.lead}>
        <div className={styles.bar}>
          {outputs.length > 1 ? (
            <Choices
              legend={words.port}
              value={portKey(port)}
              onChange={(wanted) => go({ port: wanted })}
              options={outputs.map((one) => ({ value: portKey(one), label: `${one.port} ${one.version}` }))}
            />
          ) : null}
          <div className={styles.find}>
            <TextField
              type="search"
              label={words.filter}
              value={find}
              onChange={(event) => go({ find: event.target.value })}
            />
          </div>
        </div>
        <About port={port} />
      </Section>
      {port.tables.map((table) => (
        <ContractTable key={table.sqlName} table={table} find={find} />
      ))}
      <Promises port={port} />
    </>
  );
}

function Standing({ port }: { readonly port: PagePort }) {
  if (port.readable)
    return (
      <Status tone="good" icon="open">
        {words.readable}
      </Status>
    );
  if (port.requestable)
    return (
      <Status tone="note" icon="ask">
        {words.requestable}
      </Status>
    );
  return (
    <Status tone="plain" icon="locked">
      {words.unreadable}
    </Status>
  );
}

function About({ port }: { readonly port: PagePort }) {
  const { contract } = port;
  const { purpose, usage, limitations } = contract.description;
  const said = [
    [words.purpose, purpose],
    [words.usage, usage],
    [words.limitations, limitations],
  ] as const;
  return (
    <>
      <Standing port={port} />
      <div className={styles.columns}>
        {said.map(([title, text]) =>
          text ? (
            <div key={title} className={styles.said}>
              <h3>{title}</h3>
              <p>{text}</p>
            </div>
          ) : null,
        )}
      </div>
      <More summary={words.of(contract.name ?? contract.id, contract.version)}>
        <Facts
          facts={[
            [words.address, <code key="address">{port.address}</code>],
            ["id", <code key="id">{contract.id}</code>],
            ...(contract.status ? ([["status", contract.status]] as const) : []),
            ...(contract.tags.length > 0 ? ([[words.tags, list(contract.tags)]] as const) : []),
            ...(contract.terms.approvers.length > 0
              ? ([[words.approvers, list(contract.terms.approvers)]] as const)
              : []),
          ]}
        />
      </More>
    </>
  );
}

function Promises({ port }: { readonly port: PagePort }) {
  const { sla, terms } = port.contract;
  const { price } = terms;
  return (
    <Section title={words.promises}>
      {sla.length === 0 ? <p className={styles.none}>{words.noPromises}</p> : null}
      {sla.length > 0 ? (
        <Table
          caption={words.promises}
          rows={sla.map((level, index) => ({ ...level, key: `${level.property} ${level.element} ${index}` }))}
          rowKey={({ key }) => key}
          columns={[
            { key: "property", title: words.promise, head: true, cell: (level) => level.property },
            {
              key: "value",
              title: words.value,
              cell: (level) => [promised(level.value), level.unit].filter(Boolean).join(" "),
            },
            { key: "about", title: words.about, cell: (level) => level.description ?? level.element ?? "" },
          ]}
        />
      ) : null}
      {price?.amount === null || price === null ? null : (
        <Facts
          facts={[
            [
              words.price,
              [price.amount === null ? "" : number(price.amount), price.currency, price.unit && `/ ${price.unit}`]
                .filter(Boolean)
                .join(" "),
            ],
          ]}
        />
      )}
    </Section>
  );
}

/** A value as the contract writes it. */
function promised(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
