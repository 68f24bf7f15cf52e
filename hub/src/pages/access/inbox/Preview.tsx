import { useQuery } from "@tanstack/react-query";

import { preview } from "../../../api/agreements";
import type { AgreementPreview, ColumnPreview, TablePreview } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { classes, Facts, Prose, Skeleton, Status, Table, Tag, type Tone, When } from "../../../design";
import type { IconName } from "../../../design/Icon";
import { accessMessages } from "../../../messages/en/access";
import styles from "./Preview.module.css";
import { Sample } from "./Sample";

const words = accessMessages.preview;

/** What an agreement would show to whoever asks for it, as far as whoever decides may know. */
export function Preview({ agreement }: { readonly agreement: string }) {
  return (
    <Answer query={useQuery(preview(agreement))} skeleton={<Skeleton lines={2} block />}>
      {(shown) => (
        <div className={styles.preview}>
          <About shown={shown} />
          {shown.tables.map((table) => (
            <OneTable key={table.table} table={table} />
          ))}
        </div>
      )}
    </Answer>
  );
}

function About({ shown: { reader, purpose, expiresAt, words: sentences } }: { readonly shown: AgreementPreview }) {
  const who = reader.kind === "member" ? words.member(reader.name) : reader.name;
  return (
    <div className={styles.about}>
      <p>
        {words.lead(who, purpose)} {words.until} <When at={expiresAt} />.
      </p>
      {sentences.map((sentence) => (
        <Status key={sentence} tone="care">
          <Prose text={sentence} />
        </Status>
      ))}
    </div>
  );
}

const SEES: Readonly<Record<ColumnPreview["after"]["access"], readonly [Tone, IconName]>> = {
  plain: ["good", "passed"],
  masked: ["care", "shield"],
  none: ["plain", "locked"],
};

function OneTable({ table }: { readonly table: TablePreview }) {
  const { sqlName, columns, after, today } = table;
  const shown = columns.filter((column) => column.after.access !== "none");
  const classified = shown.filter(({ classification }) => classification !== null).length;
  return (
    <section className={styles.table} aria-label={sqlName}>
      <h4>
        <code>{sqlName}</code>
      </h4>
      <p>{words.changes(columns.filter(({ changes }) => changes).length)}</p>
      {classified > 0 ? <Status tone="care">{words.classified(classified)}</Status> : null}
      <Facts
        facts={[
          [`${words.rows}, ${words.after.toLowerCase()}`, <Prose key="after" text={after.words} />],
          [
            `${words.rows}, ${words.today.toLowerCase()}`,
            after.words === today.words ? words.same : <Prose key="today" text={today.words} />,
          ],
        ]}
      />
      <Table<ColumnPreview>
        caption={sqlName}
        rows={columns}
        rowKey={({ name }) => name}
        columns={[
          { key: "column", title: words.column, head: true, cell: (column) => <Name column={column} /> },
          { key: "after", title: words.after, cell: ({ after: seen, changes }) => <Seen seen={seen} now={changes} /> },
          {
            key: "today",
            title: words.today,
            cell: ({ today: seen, changes }) =>
              changes ? <Seen seen={seen} /> : <span className={styles.faint}>{words.same}</span>,
          },
        ]}
      />
      {after.readable ? <Sample table={table} /> : null}
    </section>
  );
}

function Name({ column: { name, classification, requested } }: { readonly column: ColumnPreview }) {
  return (
    <span className={styles.name}>
      <code>{name}</code>
      {classification ? <Tag>{classification}</Tag> : null}
      {requested ? null : <span className={styles.faint}>{words.notAsked}</span>}
    </span>
  );
}

/** How a column is seen; with its mask in words, and marked where it would change. */
function Seen({
  seen: { access, words: how },
  now = false,
}: {
  readonly seen: ColumnPreview["after"];
  readonly now?: boolean;
}) {
  const [tone, icon] = SEES[access];
  return (
    <span className={classes(styles.seen, now && styles.changed)}>
      <Status tone={tone} icon={icon}>
        {words.sees[access]}
      </Status>
      {access === "masked" ? <Prose text={how} /> : null}
      {now ? <span className="unseen"> {words.changed}</span> : null}
    </span>
  );
}
