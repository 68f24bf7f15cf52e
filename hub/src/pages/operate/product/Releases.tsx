import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Described, rollBack } from "../../../api/operate";
import { consumers } from "../../../api/queries";
import { Button, Confirm, Prose, Section, Status, useToast, When } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import styles from "./OperatedProduct.module.css";
import { changesOf, type ReleaseChange, type TableChange } from "./releases";

const words = operateMessages.product;

interface Props {
  readonly name: string;
  readonly product: Described;
}

/** Releases with what each changed, and the way back to an earlier one. */
export function Releases({ name, product }: Props) {
  const [wanted, setWanted] = useState<number | null>(null);
  const releases = changesOf(product.releases, product.runs, product.history);
  const current = product.release?.number ?? null;
  return (
    <Section title={words.releases} lead={words.releasesLead}>
      {releases.length === 0 ? <p className={own.faint}>{words.noReleases}</p> : null}
      <ol className={styles.releases}>
        {releases.map((change, index) => {
          const { number: release, publishedAt } = change.release;
          return (
            <li key={release}>
              <div className={styles.when}>
                <h3>{words.release(release)}</h3>
                <When at={publishedAt} />
                {release === current ? <Status tone="good">{words.isCurrent}</Status> : null}
              </div>
              <Changed change={change} oldest={index === releases.length - 1} />
              {release === current ? null : (
                <Button small icon="history" onClick={() => setWanted(release)}>
                  {words.makeCurrent}
                  <span className="unseen"> {words.release(release)}</span>
                </Button>
              )}
            </li>
          );
        })}
      </ol>
      {wanted !== null && current !== null ? (
        <RollBack
          name={name}
          from={current}
          to={wanted}
          newest={product.releases[0]?.number === wanted}
          onClose={() => setWanted(null)}
        />
      ) : null}
    </Section>
  );
}

function Changed({ change, oldest }: { readonly change: ReleaseChange; readonly oldest: boolean }) {
  const { tables, applied, rows } = change;
  return (
    <div className={styles.what}>
      {applied ? <strong>{words.applied(applied.generation)}</strong> : null}
      {applied && applied.summary.length > 0 ? (
        <ul>
          {applied.summary.map((line) => (
            <li key={line}>
              <Prose text={line} />
            </li>
          ))}
        </ul>
      ) : null}
      {tables.length > 0 ? (
        <ul>
          {tables.map((table) => (
            <li key={table.table}>
              <code>{table.table}</code> {told(table)}
            </li>
          ))}
        </ul>
      ) : (
        <span className={own.faint}>{oldest ? words.rows(rows) : `${words.rows(rows)}. ${words.sameRows}`}</span>
      )}
    </div>
  );
}

function told({ kind, rows, more }: TableChange): string {
  return words.table[kind](rows, more);
}

interface RollBackProps {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly newest: boolean;
  readonly onClose: () => void;
}

/** What happens, before it does. */
function RollBack({ name, from, to, newest, onClose }: RollBackProps) {
  const queries = useQueryClient();
  const say = useToast();
  const { data } = useQuery(consumers(name, 30));
  const done = useMutation({
    mutationFn: () => rollBack(name, to),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["catalog"] });
      say(words.rolledBack(to));
      onClose();
    },
  });
  return (
    <Confirm
      open
      onClose={onClose}
      title={words.confirm(to)}
      verb={words.makeCurrentOf(to)}
      onConfirm={() => done.mutate()}
      busy={done.isPending}
      error={done.error}
    >
      <p>{words.happens(from, to)}</p>
      <p>{newest ? words.frees : words.holds}</p>
      <p>{words.record}</p>
      {data ? <p>{words.hits(data.consumers.length)}</p> : null}
      {data && data.downstream.length > 0 ? (
        <p>{words.downstream(data.downstream.map(({ product, title }) => title ?? product))}</p>
      ) : null}
    </Confirm>
  );
}
