import type { PreviewSample, TablePreview } from "../../../api/types";
import { Prose, Table } from "../../../design";
import { accessMessages } from "../../../messages/en/access";
import styles from "./Preview.module.css";

const words = accessMessages.preview;

type Row = PreviewSample["rows"][number];

/** A few rows, as whoever asks would see them and whoever decides may; and what they leave out. */
export function Sample({ table: { sqlName, sample } }: { readonly table: TablePreview }) {
  const { columns, rows } = sample;
  return (
    <div className={styles.sample}>
      <h5>{words.sample}</h5>
      <p className={styles.faint}>{words.sampleLead}</p>
      {columns.length > 0 && rows.length > 0 ? (
        <Table<readonly [number, Row]>
          caption={words.sampleOf(sqlName)}
          rows={rows.map((row, at) => [at, row] as const)}
          rowKey={([at]) => String(at)}
          columns={columns.map(({ name }) => ({
            key: name,
            title: <code>{name}</code>,
            number: rows.every((row) => typeof row[name] === "number"),
            cell: ([, row]) => <Value value={row[name]} />,
          }))}
        />
      ) : null}
      {columns.length > 0 && rows.length === 0 ? <p>{words.noRows}</p> : null}
      {sample.words.map((sentence) => (
        <p key={sentence}>
          <Prose text={sentence} />
        </p>
      ))}
    </div>
  );
}

function Value({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <span className={styles.faint}>{words.missing}</span>;
  return <span className={styles.value}>{typeof value === "object" ? JSON.stringify(value) : String(value)}</span>;
}
