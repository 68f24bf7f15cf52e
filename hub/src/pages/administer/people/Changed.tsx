import { useQuery } from "@tanstack/react-query";

import { type User, user as userQuery } from "../../../api/administer";
import { ApiError } from "../../../api/error";
import { Answer } from "../../../app/Answer";
import { Button, Panel, Status, Table } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { list, number } from "../../../messages/format";
import styles from "../Administer.module.css";
import { type Difference, differences, linesOf } from "./order";

const words = administerMessages.common;
const { person, people } = administerMessages;

/** Someone as they are on record, with the mark of that. */
export interface Marked {
  readonly value: User;
  readonly mark: string | null;
}

interface Props {
  readonly name: string;
  /** What the change was to be a change of. */
  readonly was: User;
  readonly onTake: (now: Marked) => void;
  /** Saves it all the same, over what is on record now. */
  readonly onKeep: (now: Marked) => void;
}

/** Someone else was faster: what they changed, and both ways on. */
export function Changed({ name, was, onTake, onKeep }: Props) {
  const query = useQuery({
    ...userQuery(name),
    queryKey: [...userQuery(name).queryKey, "now"],
    refetchOnMount: "always",
  });
  const gone = query.error instanceof ApiError && query.error.missing;
  return (
    <Panel className={styles.changed} role="alert">
      <Status tone="care">{words.changedTitle(name)}</Status>
      {gone ? (
        <p>{words.changedGone}</p>
      ) : (
        <>
          <p>{words.changedText}</p>
          <Answer query={query}>
            {(now) => (
              <>
                <Differences found={differences(was, now.value)} />
                <div className={styles.actions}>
                  <Button onClick={() => onTake(now)}>{words.takeTheirs}</Button>
                  <Button kind="danger" onClick={() => onKeep(now)}>
                    {words.keepMine}
                  </Button>
                </div>
              </>
            )}
          </Answer>
        </>
      )}
    </Panel>
  );
}

function Differences({ found }: { readonly found: readonly Difference[] }) {
  if (found.length === 0) return <p>{words.changedNothing}</p>;
  return (
    <Table<Difference>
      caption={words.changedWhat}
      rows={found}
      rowKey={({ member }) => member}
      columns={[
        { key: "member", title: words.changedWhat, head: true, cell: ({ member }) => person.fields[member] },
        { key: "was", title: words.was, cell: ({ was }) => told(was) },
        { key: "is", title: words.is, cell: ({ is }) => told(is) },
      ]}
    />
  );
}

function told(value: unknown): string {
  if (value === "user" || value === "service") return people.kinds[value];
  if (typeof value === "boolean") return value ? person.yes : person.no;
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.length === 0 ? person.nothing : list(value.map(String));
  if (typeof value === "object" && value !== null) return linesOf(value as Record<string, string>) || person.nothing;
  return value ? String(value) : person.nothing;
}
