import { useQuery } from "@tanstack/react-query";

import { explanation } from "../../../api/agreements";
import { product as productQuery } from "../../../api/queries";
import type { Agreement, PageTable } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import { Status, Table, type TableColumn, Tag, type Tone } from "../../../design";
import type { IconName } from "../../../design/Icon";
import { messages } from "../../../messages";
import styles from "../Access.module.css";
import { type Sees, type Today, todayOf } from "./sees";

const words = messages.access.preview;

/** What an agreement would show to whoever asks for it, as far as whoever decides may know. */
export function Preview({ agreement }: { readonly agreement: Agreement }) {
  const { port } = agreement;
  const query = useQuery(productQuery(port.product));
  return (
    <div className={styles.tables}>
      <p className={styles.faint}>{words.lead}</p>
      <Answer query={query}>
        {(product) =>
          product.outputs
            .filter((one) => one.port === port.port && one.major === port.major)
            .flatMap(({ tables }) =>
              tables.map((table) => <OneTable key={table.sqlName} table={table} agreement={agreement} />),
            )
        }
      </Answer>
    </div>
  );
}

const SEES: Readonly<Record<Sees, readonly [Tone, IconName]>> = {
  plain: ["good", "passed"],
  masked: ["care", "shield"],
  hidden: ["plain", "locked"],
};

function OneTable({ table, agreement }: { readonly table: PageTable; readonly agreement: Agreement }) {
  const { administrator } = useSession();
  const { requestedBy, purpose, columns, port } = agreement;
  // Rules that are hidden from whom they are about are for administrators alone.
  const explained = useQuery({
    ...explanation(port.product, table.name, requestedBy, purpose),
    enabled: administrator,
  });
  const today = explained.data ? todayOf(explained.data) : null;
  const asked = (name: string) => columns === null || columns.includes(name);
  const classified = table.columns.filter(({ name, classification }) => asked(name) && classification !== null).length;
  return (
    <div>
      <h4>
        <code>{table.sqlName}</code>
      </h4>
      {classified > 0 ? <Status tone="care">{words.classified(classified)}</Status> : null}
      {today ? <p>{sentences(today, requestedBy)}</p> : null}
      <Table<PageTable["columns"][number]>
        caption={table.sqlName}
        rows={table.columns}
        rowKey={({ name }) => name}
        columns={[
          { key: "column", title: words.column, head: true, cell: ({ name }) => <code>{name}</code> },
          {
            key: "asked",
            title: words.asked,
            cell: ({ name }) =>
              asked(name) ? <Status tone="good">{words.yes}</Status> : <Status tone="plain">{words.no}</Status>,
          },
          {
            key: "holds",
            title: words.holds,
            cell: ({ classification }) => (classification ? <Tag>{classification}</Tag> : null),
          },
          { key: "meaning", title: words.meaning, cell: ({ description }) => description },
          ...seen(today),
        ]}
      />
    </div>
  );
}

function sentences({ state, rowsFiltered }: Today, who: string): string {
  if (state === "administrator") return words.administrator(who);
  if (state === "denied") return words.deniedToday(who);
  return rowsFiltered ? `${words.readsToday(who)} ${words.rowsFiltered}` : words.readsToday(who);
}

/** A column more where it is known what they see. */
function seen(today: Today | null): readonly TableColumn<PageTable["columns"][number]>[] {
  if (today?.state !== "reads") return [];
  return [
    {
      key: "today",
      title: words.today,
      cell: ({ name }) => {
        const sees = today.columns.get(name) ?? "hidden";
        const [tone, icon] = SEES[sees];
        return (
          <Status tone={tone} icon={icon}>
            {words.sees[sees]}
          </Status>
        );
      },
    },
  ];
}
