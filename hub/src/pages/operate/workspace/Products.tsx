import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type Dispatch, memo, type SetStateAction, useCallback, useMemo, useState } from "react";

import type { Operated } from "../../../api/operate";
import { useSession } from "../../../app/useSession";
import { Button, Problem, Section, Select, Status, TextField, When } from "../../../design";
import { LongCell, LongHead, LongRow, LongTable } from "../../../design/LongTable";
import { operateMessages } from "../../../messages/en/operate";
import { countsOf, NEEDS, narrowed, needsOf, type Shown } from "../needs";
import { RUN_TONE, useRun } from "../parts";
import { NEED_TONE } from "./Attention";
import styles from "./Workspace.module.css";

const words = operateMessages.table;

/** How high a row is, in pixels. */
const ROW = 56;

/** Every product, however many: only the rows in sight are in the page. */
export function Products({ products }: { readonly products: readonly Operated[] }) {
  const { find = "", show } = useSearch({ from: "/shell/operate" });
  const navigate = useNavigate({ from: "/operate" });
  const { administrator } = useSession();
  const shown = useMemo(() => narrowed(products, find, show), [products, find, show]);
  const counts = useMemo(() => countsOf(products), [products]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const run = useRun();

  function narrow(wanted: { find?: string; show?: Shown | "" }) {
    const next = { find, show, ...wanted };
    void navigate({
      search: { ...(next.find && { find: next.find }), ...(next.show && { show: next.show }) },
      replace: true,
      resetScroll: false,
    });
  }

  return (
    <Section title={words.title} id="products">
      <div className={styles.bar}>
        <TextField
          label={words.find}
          type="search"
          placeholder={words.findHint}
          value={find}
          onChange={(event) => narrow({ find: event.target.value })}
        />
        <Select
          label={words.show}
          value={show ?? ""}
          onChange={(event) => narrow({ show: event.target.value as Shown | "" })}
        >
          <option value="">{words.choice(words.all, products.length)}</option>
          <option value="needing">{words.choice(words.needing, counts.needing)}</option>
          {NEEDS.map((need) => (
            <option key={need} value={need}>
              {words.choice(operateMessages.need[need], counts[need])}
            </option>
          ))}
        </Select>
        <div className={styles.buttons}>
          {chosen.size > 0 ? (
            <Button kind="main" icon="play" busy={run.isPending} onClick={() => run.mutate([...chosen])}>
              {words.runChosen(chosen.size)}
            </Button>
          ) : (
            <Button
              icon="play"
              busy={run.isPending}
              disabled={products.length === 0}
              // Only administrators are sure to operate all of the workspace.
              onClick={() => run.mutate(administrator ? [] : products.map(({ name }) => name))}
            >
              {words.runAll}
            </Button>
          )}
        </div>
      </div>
      {run.error ? <Problem error={run.error} /> : null}
      <p className={styles.faint} role="status">
        {words.shown(shown.length, products.length)}
      </p>
      {shown.length === 0 ? <p>{words.none}</p> : <Rows products={shown} chosen={chosen} onChoose={setChosen} />}
    </Section>
  );
}

interface RowsProps {
  readonly products: readonly Operated[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: Dispatch<SetStateAction<ReadonlySet<string>>>;
}

function Rows({ products, chosen, onChoose }: RowsProps) {
  const all = useMemo(() => products.every(({ name }) => chosen.has(name)), [products, chosen]);
  const choose = useCallback(
    (name: string, wanted: boolean) =>
      onChoose((before) => {
        const next = new Set(before);
        if (wanted) next.add(name);
        else next.delete(name);
        return next;
      }),
    [onChoose],
  );
  return (
    <LongTable
      caption={words.caption}
      count={products.length}
      rowHeight={ROW}
      className={styles.products}
      head={
        <>
          <LongHead>
            <input
              type="checkbox"
              aria-label={words.chooseAll}
              checked={all}
              onChange={() => onChoose(all ? new Set() : new Set(products.map(({ name }) => name)))}
            />
          </LongHead>
          <LongHead>{words.column.product}</LongHead>
          <LongHead>{words.column.state}</LongHead>
          <LongHead>{words.column.release}</LongHead>
          <LongHead>{words.column.run}</LongHead>
          <LongHead>{words.column.checks}</LongHead>
        </>
      }
      row={(place) => {
        const product = products[place];
        if (!product) return null;
        const { name } = product;
        return <Row key={name} product={product} place={place} chosen={chosen.has(name)} onChoose={choose} />;
      }}
    />
  );
}

interface RowProps {
  readonly product: Operated;
  readonly place: number;
  readonly chosen: boolean;
  readonly onChoose: (name: string, wanted: boolean) => void;
}

const Row = memo(function Row({ product, place, chosen, onChoose }: RowProps) {
  const { name, title, release, lastRun, checks } = product;
  const [worst] = needsOf(product);
  const measured = checks.passed + checks.failed + checks.warned;
  return (
    <LongRow place={place}>
      <LongCell>
        <input
          type="checkbox"
          aria-label={words.choose(name)}
          checked={chosen}
          onChange={(event) => onChoose(name, event.target.checked)}
        />
      </LongCell>
      <LongCell head className={styles.name}>
        <Link to="/operate/products/$product" params={{ product: name }}>
          {title ?? name}
        </Link>
        <small>{name}</small>
      </LongCell>
      <LongCell>
        <Status tone={worst ? NEED_TONE[worst] : "good"}>
          {worst ? operateMessages.need[worst] : operateMessages.well}
        </Status>
      </LongCell>
      <LongCell>
        {release ? (
          <>
            {words.release(release.number)}{" "}
            <span className={styles.faint}>
              · <When at={release.publishedAt} />
            </span>
          </>
        ) : (
          <span className={styles.faint}>{words.noRelease}</span>
        )}
      </LongCell>
      <LongCell>
        {lastRun ? (
          <>
            <Status tone={RUN_TONE[lastRun.state]}>{operateMessages.product.runState[lastRun.state]}</Status>{" "}
            <span className={styles.faint}>
              · <When at={lastRun.endedAt ?? lastRun.startedAt} />
            </span>
          </>
        ) : (
          <span className={styles.faint}>{words.noRun}</span>
        )}
      </LongCell>
      <LongCell>
        {measured === 0 ? (
          <span className={styles.faint}>{words.unchecked}</span>
        ) : (
          words.passed(checks.passed, measured)
        )}
      </LongCell>
    </LongRow>
  );
});
