import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { type Group, groups } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { Empty, Section, Table } from "../../../design";
import { messages } from "../../../messages";
import { administerMessages } from "../../../messages/en/administer";
import { number } from "../../../messages/format";
import styles from "../Administer.module.css";

const words = administerMessages.groups;

/** Whose members may do everything. */
const ADMINISTRATORS = "administrators";

/** Who belongs together, and what says something about them. */
export function Groups() {
  const query = useQuery(groups);
  return (
    <Section title={words.title} lead={words.lead}>
      <Answer query={query}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="people" title={words.none}>
              {words.noneText}
            </Empty>
          ) : (
            <List groups={all} />
          )
        }
      </Answer>
    </Section>
  );
}

function List({ groups }: { readonly groups: readonly Group[] }) {
  return (
    <Table<Group>
      caption={words.title}
      rows={groups}
      rowKey={({ name }) => name}
      rowId={({ name }) => name}
      columns={[
        {
          key: "name",
          title: words.name,
          head: true,
          cell: ({ name }) => (
            <span className={styles.stack}>
              {name}
              {name === ADMINISTRATORS ? <span className={styles.faint}>{words.administrators}</span> : null}
            </span>
          ),
        },
        { key: "members", title: words.members, cell: ({ members }) => <Members members={members} /> },
        { key: "policies", title: words.policies, cell: ({ policies }) => <Files files={policies} /> },
        {
          key: "agreements",
          title: words.agreements,
          number: true,
          cell: ({ agreements }) => (agreements === 0 ? messages.common.none : number(agreements)),
        },
      ]}
    />
  );
}

function Members({ members }: { readonly members: Group["members"] }) {
  if (members.length === 0) return <span className={styles.faint}>{words.noMembers}</span>;
  return (
    <ul className={styles.names}>
      {members.map(({ id, disabled }) => (
        <li key={id}>
          <Link to="/administer/people/$user" params={{ user: id }}>
            {id}
          </Link>
          {disabled ? <span className={styles.faint}> ({words.disabled})</span> : null}
        </li>
      ))}
    </ul>
  );
}

function Files({ files }: { readonly files: Group["policies"] }) {
  if (files.length === 0) return <span className={styles.faint}>{words.noPolicies}</span>;
  return (
    <ul className={styles.names}>
      {files.map(({ file, product }) => (
        <li key={`${product} ${file}`}>
          {product === null ? (
            <Link to="/administer/policies/files/$file" params={{ file }}>
              {file}
            </Link>
          ) : (
            <Link to="/products/$product/access" params={{ product }}>
              {words.of(product, file)}
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}
