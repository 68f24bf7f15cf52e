import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { access, sample } from "../../../api/queries";
import type { Answered } from "../../../api/sql";
import type { PageDoor, PagePort } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import { buttonClass, Code, Empty, More, Section, Select, Table } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { fragmentOf } from "../../../parts/question";
import { useProduct } from "../useProduct";
import styles from "./UseIt.module.css";
import { shownValue } from "./value";

const words = productMessages.use;

/** How to get at the data, for this reader, and what they will see. */
export function UseIt() {
  const product = useProduct();
  const readable = product.outputs.filter((port) => port.readable);
  if (readable.length === 0) return <NotYet name={product.name} />;
  return (
    <>
      <Sample ports={readable} />
      <Doors doors={product.doors} />
    </>
  );
}

function NotYet({ name }: { readonly name: string }) {
  return (
    <Section title={words.title}>
      <Empty
        icon="locked"
        title={words.none.title}
        actions={
          <Link to="/products/$product/access" params={{ product: name }} className={buttonClass({ kind: "main" })}>
            {words.none.action}
          </Link>
        }
      >
        {words.none.text}
      </Empty>
    </Section>
  );
}

function Doors({ doors }: { readonly doors: readonly PageDoor[] }) {
  const { principal } = useSession();
  return (
    <Section title={words.doors} lead={words.lead}>
      <div className={styles.doors}>
        {doors.map((door) => (
          <section key={door.door} className={styles.door}>
            <div className={styles.title}>
              <h3>{door.title}</h3>
              {door.address ? <small>{words.at(door.address)}</small> : null}
            </div>
            {door.lines.map((line) => (
              <Code key={line.title} title={line.title} text={line.text} />
            ))}
          </section>
        ))}
      </div>
      <More summary={words.token}>
        <Code title="outport" text={`export OUTPORT_TOKEN=$(outport token create --user ${principal} --label mine)`} />
      </More>
    </Section>
  );
}

function Sample({ ports }: { readonly ports: readonly PagePort[] }) {
  const { name } = useProduct();
  const { table } = useSearch({ from: "/shell/products/$product/use" });
  const navigate = useNavigate();
  const tables = ports.flatMap((port) => port.tables.map((one) => ({ port, sqlName: one.sqlName })));
  const chosen = tables.find(({ sqlName }) => sqlName === table) ?? tables[0];
  const purpose = usePurpose(chosen?.port);
  if (!chosen) return null;
  return (
    <Section
      title={words.sample}
      lead={words.sampleLead}
      actions={
        purpose === undefined ? null : (
          <Link to="/ask" hash={questionOf(chosen.sqlName, purpose)} className={buttonClass({ kind: "main" })}>
            {words.ask}
          </Link>
        )
      }
    >
      {tables.length > 1 ? (
        <div className={styles.choice}>
          <Select
            label={words.sampleOf}
            value={chosen.sqlName}
            onChange={(event) =>
              void navigate({
                to: "/products/$product/use",
                params: { product: name },
                search: { table: event.target.value },
                replace: true,
              })
            }
          >
            {tables.map(({ sqlName }) => (
              <option key={sqlName}>{sqlName}</option>
            ))}
          </Select>
        </div>
      ) : null}
      <Rows purpose={purpose} sqlName={chosen.sqlName} />
    </Section>
  );
}

/** The purpose for which a port may be read: null where none is asked for, undefined until it is known. */
function usePurpose(port: PagePort | undefined): string | null | undefined {
  const { name } = useProduct();
  const agreement = port?.agreement ?? null;
  const rights = useQuery({ ...access(name), enabled: agreement !== null });
  if (agreement === null) return null;
  return rights.data?.agreements.find(({ id }) => id === agreement)?.purpose ?? (rights.isPending ? undefined : null);
}

/** The first rows, as a question to go on from. */
function questionOf(table: string, purpose: string | null): string {
  return fragmentOf({ sql: `SELECT *\nFROM ${table}\nLIMIT 100`, ...(purpose !== null && { purpose }) });
}

function Rows({ purpose, sqlName }: { readonly purpose: string | null | undefined; readonly sqlName: string }) {
  const rows = useQuery({ ...sample(sqlName, purpose ?? null), enabled: purpose !== undefined });
  return (
    <>
      {purpose ? <p>{words.purpose(purpose)}</p> : null}
      <Answer query={rows}>{(answered) => <Grid answered={answered} sqlName={sqlName} />}</Answer>
    </>
  );
}

const FIGURES = /^(u?int|float|decimal|number|double)/i;

function Grid({ answered, sqlName }: { readonly answered: Answered; readonly sqlName: string }) {
  if (answered.rows.length === 0) return <p>{words.sampleEmpty}</p>;
  const rows = answered.rows.map((row, index) => ({ row, key: String(index) }));
  return (
    <Table<(typeof rows)[number]>
      caption={words.sampleCaption(sqlName)}
      rows={rows}
      rowKey={({ key }) => key}
      columns={answered.columns.map((column) => ({
        key: column.name,
        title: <code>{column.name}</code>,
        number: FIGURES.test(column.type),
        cell: ({ row }: { readonly row: Answered["rows"][number] }) => <Value value={row[column.name]} />,
      }))}
    />
  );
}

function Value({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <span className={styles.missing}>{words.missing}</span>;
  return shownValue(value);
}
