import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { type User, users } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { Button, buttonClass, Empty, Icon, Section, Status, Table, Tag, TextField, When } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";
import { peopleRoute } from "../route";
import { NewPerson } from "./NewPerson";

const words = administerMessages.people;

/** So many are shown at once; whoever is looked for is found by words. */
const SHOWN = 100;

/** Everyone on record. */
export function People() {
  const { add } = peopleRoute.useSearch();
  return add ? <NewPerson /> : <Everyone />;
}

function Everyone() {
  const query = useQuery(users);
  const { find = "" } = peopleRoute.useSearch();
  const navigate = peopleRoute.useNavigate();
  return (
    <Section
      title={words.title}
      lead={words.lead}
      actions={
        <Link to="/administer/people" search={{ add: "yes" }} className={buttonClass({ kind: "main" })}>
          <Icon name="plus" /> {words.add}
        </Link>
      }
    >
      <Answer query={query}>
        {(all) => (
          <>
            <div className={styles.find}>
              <TextField
                type="search"
                label={words.find}
                defaultValue={find}
                onChange={({ target }) =>
                  navigate({ search: target.value === "" ? {} : { find: target.value }, replace: true })
                }
              />
            </div>
            <List found={all.filter((user) => fits(user, find))} />
          </>
        )}
      </Answer>
    </Section>
  );
}

/** Whether someone is called like that, or is in something that is. */
export function fits({ principal }: User, find: string): boolean {
  const wanted = find.trim().toLowerCase();
  const { id, groups = [], department, region } = principal;
  return [id, ...groups, department, region].some((text) => text?.toLowerCase().includes(wanted));
}

function List({ found }: { readonly found: readonly User[] }) {
  const [whole, setWhole] = useState(false);
  if (found.length === 0) {
    return (
      <Empty icon="people" title={words.none}>
        {words.noneText}
      </Empty>
    );
  }
  return (
    <>
      <Table<User>
        caption={words.title}
        rows={whole ? found : found.slice(0, SHOWN)}
        rowKey={({ principal }) => principal.id}
        columns={[
          {
            key: "name",
            title: words.name,
            head: true,
            cell: ({ principal: { id, kind } }) => (
              <span className={styles.named}>
                <Icon name={kind === "user" ? "person" : "program"} size={16} label={words.kinds[kind]} />
                <Link to="/administer/people/$user" params={{ user: id }}>
                  {id}
                </Link>
              </span>
            ),
          },
          {
            key: "groups",
            title: words.groups,
            cell: ({ principal: { groups = [] } }) =>
              groups.length === 0 ? (
                <span className={styles.faint}>{words.noGroups}</span>
              ) : (
                <span className={styles.tags}>
                  {groups.map((group) => (
                    <Tag key={group}>{group}</Tag>
                  ))}
                </span>
              ),
          },
          { key: "region", title: words.region, cell: ({ principal: { region } }) => region },
          { key: "department", title: words.department, cell: ({ principal: { department } }) => department },
          {
            key: "state",
            title: words.state,
            cell: ({ disabled }) =>
              disabled ? (
                <Status tone="bad" icon="stopped">
                  {words.disabled}
                </Status>
              ) : (
                <Status tone="good">{words.active}</Status>
              ),
          },
          { key: "since", title: words.since, cell: ({ createdAt }) => <When at={createdAt} /> },
        ]}
      />
      {!whole && found.length > SHOWN ? (
        <div>
          <Button onClick={() => setWhole(true)}>{words.showAll(found.length)}</Button>
        </div>
      ) : null}
    </>
  );
}
