import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { product as productQuery } from "../../../api/queries";
import type { PagePort } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Checkbox, IconButton, More, Status, Tag } from "../../../design";
import { accessMessages } from "../../../messages/en/access";
import { type Wanted, wantedKey } from "../../../parts/basket";
import styles from "../Access.module.css";

const words = accessMessages.basket;

interface Props {
  readonly wanted: Wanted;
  /** What the reader has of it already. */
  readonly standing: "active" | "requested" | null;
  readonly onChange: (wanted: Wanted) => void;
  readonly onRemove: () => void;
}

/** One port in the basket, and which of its columns. */
export function Entry({ wanted, standing, onChange, onRemove }: Props) {
  const query = useQuery(productQuery(wanted.product));
  return (
    <li className={styles.entry}>
      <div className={styles.words}>
        <h3>
          <Link to="/products/$product" params={{ product: wanted.product }}>
            {query.data?.title ?? wanted.product}
          </Link>{" "}
          <code>{wantedKey(wanted)}</code>
        </h3>
        {standing === "active" ? <Status tone="good">{words.known}</Status> : null}
        {standing === "requested" ? <Status tone="wait">{words.waiting}</Status> : null}
        <Answer query={query}>
          {(product) => {
            const port = product.outputs.find(({ port, major }) => port === wanted.port && major === wanted.major);
            if (!port) return <Status tone="care">{words.gone}</Status>;
            return <Columns port={port} wanted={wanted} onChange={onChange} />;
          }}
        </Answer>
      </div>
      <div className={styles.actions}>
        <IconButton icon="trash" label={words.remove(wantedKey(wanted))} onClick={onRemove} />
      </div>
    </li>
  );
}

function Columns({
  port,
  wanted,
  onChange,
}: {
  readonly port: PagePort;
  readonly wanted: Wanted;
  readonly onChange: Props["onChange"];
}) {
  const all = [...new Set(port.tables.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  const { columns } = wanted;
  const toggle = (name: string) => {
    const before = columns ?? [];
    onChange({ ...wanted, columns: before.includes(name) ? before.filter((one) => one !== name) : [...before, name] });
  };
  return (
    <>
      <p>{columns === null ? words.all(all.length) : words.some(columns.length, all.length)}</p>
      {all.length > 1 ? (
        <More summary={words.only}>
          <p className={styles.faint}>{words.lessIsMore}</p>
          <Checkbox
            label={words.all(all.length)}
            checked={columns === null}
            onChange={(event) => onChange({ ...wanted, columns: event.target.checked ? null : [] })}
          />
          {port.tables.map((table) => (
            <fieldset key={table.sqlName} className={styles.columns}>
              <legend>
                <code>{table.sqlName}</code>
              </legend>
              {table.columns.map((column) => (
                <Checkbox
                  key={column.name}
                  label={
                    <span title={column.description ?? undefined}>
                      <code>{column.name}</code> {column.classification ? <Tag>{column.classification}</Tag> : null}
                    </span>
                  }
                  checked={columns?.includes(column.name) ?? true}
                  disabled={columns === null}
                  onChange={() => toggle(column.name)}
                />
              ))}
            </fieldset>
          ))}
        </More>
      ) : null}
    </>
  );
}
