import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";

import { product as productQuery } from "../../api/queries";
import type { Card, PageTable } from "../../api/types";
import { Answer } from "../../app/Answer";
import { buttonClass, IconButton, Skeleton, TextField } from "../../design";
import { askMessages } from "../../messages/en/ask";
import { columnsOf, tablesOf } from "./names";
import styles from "./Tables.module.css";
import type { Names } from "./useNames";

const words = askMessages.tables;

/** Below, a list is seen at once. */
const MANY = 8;

interface Props {
  readonly names: Names;
  readonly onInsert: (name: string) => void;
  readonly onFirst: (table: string) => void;
}

/** Products, tables and columns that can be asked about; each goes into the question. */
export function Tables({ names, onInsert, onFirst }: Props) {
  const heading = useId();
  const [text, setText] = useState("");
  const fits = (card: Card) => `${card.title ?? ""} ${card.name}`.toLowerCase().includes(text.trim().toLowerCase());
  return (
    <section className={styles.tables} aria-labelledby={heading}>
      <h2 id={heading}>{words.title}</h2>
      <Answer query={names.query} skeleton={<Skeleton lines={4} />}>
        {() => {
          if (names.cards.length === 0) return <Nothing />;
          return (
            <>
              {names.cards.length > MANY ? (
                <TextField label={words.filter} value={text} onChange={(event) => setText(event.target.value)} />
              ) : null}
              <ul>
                {names.cards.filter(fits).map((card) => (
                  <Product
                    key={card.name}
                    card={card}
                    only={names.cards.length === 1}
                    onInsert={onInsert}
                    onFirst={onFirst}
                  />
                ))}
              </ul>
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function Nothing() {
  return (
    <div className={styles.nothing}>
      <p>{words.none}</p>
      <p>{words.noneText}</p>
      <Link to="/" className={buttonClass({ small: true })}>
        {words.find}
      </Link>
    </div>
  );
}

interface ProductProps extends Pick<Props, "onInsert" | "onFirst"> {
  readonly card: Card;
  /** There is no other: it is open. */
  readonly only: boolean;
}

function Product({ card, only, onInsert, onFirst }: ProductProps) {
  const [open, setOpen] = useState(only);
  const query = useQuery({ ...productQuery(card.name), enabled: open });
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{card.title ?? card.name}</summary>
        {open ? (
          <Answer query={query} skeleton={<Skeleton lines={2} />}>
            {(product) => (
              <div className={styles.inner}>
                {tablesOf(product).length === 0 ? <p>{words.noTables}</p> : null}
                {tablesOf(product).map((table) => (
                  <Table key={table.sqlName} table={table} onInsert={onInsert} onFirst={onFirst} />
                ))}
                <Link to="/products/$product" params={{ product: card.name }}>
                  {words.about}
                  <span className="unseen"> {card.title ?? card.name}</span>
                </Link>
              </div>
            )}
          </Answer>
        ) : null}
      </details>
    </li>
  );
}

function Table({ table, onInsert, onFirst }: Pick<Props, "onInsert" | "onFirst"> & { readonly table: PageTable }) {
  return (
    <div className={styles.table}>
      <div className={styles.name}>
        <button type="button" title={table.description ?? undefined} onClick={() => onInsert(table.sqlName)}>
          <code>{table.sqlName}</code>
          <span className="unseen"> {words.insert(table.sqlName)}</span>
        </button>
        <IconButton small icon="play" label={words.first(table.sqlName)} onClick={() => onFirst(table.sqlName)} />
      </div>
      <ul>
        {columnsOf(table).map((column) => (
          <li key={column.name}>
            <button type="button" title={column.description ?? undefined} onClick={() => onInsert(column.name)}>
              <code>{column.name}</code>
              <small>
                {column.type}
                {column.access === "masked" ? ` · ${words.masked}` : null}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
