import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { type Depot, depots } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { Button, Empty, Section, Status, Table, type Tone, When } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";

const words = administerMessages.depots;

const TONES: Readonly<Record<Depot["state"], Tone>> = { readable: "good", missing: "bad", unreadable: "bad" };

/** Where inputs come from, and whether they can be read. */
export function Depots() {
  const query = useQuery(depots);
  return (
    <Section
      title={words.title}
      lead={words.lead}
      actions={
        <Button icon="running" busy={query.isFetching} onClick={() => query.refetch()}>
          {words.again}
        </Button>
      }
    >
      <Answer query={query}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="file" title={words.none}>
              {words.noneText}
            </Empty>
          ) : (
            <Table<Depot>
              caption={words.title}
              rows={all}
              rowKey={({ name }) => name}
              columns={[
                { key: "name", title: words.name, head: true, cell: ({ name }) => name },
                {
                  key: "state",
                  title: words.state,
                  cell: ({ state, problem }) => (
                    <span className={styles.stack}>
                      <Status tone={TONES[state]}>{words.states[state]}</Status>
                      {problem ? <span className={styles.faint}>{problem}</span> : null}
                    </span>
                  ),
                },
                {
                  key: "location",
                  title: words.location,
                  cell: ({ location }) => <code className={styles.wrap}>{location}</code>,
                },
                { key: "used", title: words.usedBy, cell: ({ usedBy }) => <Uses uses={usedBy} /> },
                { key: "at", title: words.lookedAt, cell: ({ lookedAt }) => <When at={lookedAt} /> },
              ]}
            />
          )
        }
      </Answer>
    </Section>
  );
}

function Uses({ uses }: { readonly uses: Depot["usedBy"] }) {
  if (uses.length === 0) return <span className={styles.faint}>{words.unused}</span>;
  return (
    <ul className={styles.names}>
      {uses.map(({ product, port }) => (
        <li key={`${product} ${port}`}>
          <Link to="/products/$product" params={{ product }}>
            {product}
          </Link>{" "}
          <code>{port}</code>
        </li>
      ))}
    </ul>
  );
}
