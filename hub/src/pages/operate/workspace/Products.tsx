import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";

import type { Operated } from "../../../api/operate";
import { useSession } from "../../../app/useSession";
import { Button, Problem, Section, Select, Status, TextField, When } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { countsOf, NEEDS, narrowed, needsOf, type Shown } from "../needs";
import { RUN_TONE, useRun } from "../parts";
import { NEED_TONE } from "./Attention";
import styles from "./Workspace.module.css";

const words = operateMessages.table;

/** The height of a row, of `Workspace.module.css`. */
const ROW = 57;

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
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
}

function Rows({ products, chosen, onChoose }: RowsProps) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: products.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();
  const above = rows[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (rows.at(-1)?.end ?? 0);
  const all = products.every(({ name }) => chosen.has(name));

  function choose(name: string, wanted: boolean) {
    const next = new Set(chosen);
    if (wanted) next.add(name);
    else next.delete(name);
    onChoose(next);
  }

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard
    // biome-ignore lint/a11y/useSemanticElements: it is no group of fields
    <div ref={frame} className={styles.scroll} role="group" aria-label={words.caption} tabIndex={0}>
      <table className={styles.table} aria-rowcount={products.length + 1}>
        <caption className="unseen">{words.caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={styles.choose}>
              <input
                type="checkbox"
                aria-label={words.chooseAll}
                checked={all}
                onChange={() => onChoose(all ? new Set() : new Set(products.map(({ name }) => name)))}
              />
            </th>
            <th scope="col" className={styles.name}>
              {words.column.product}
            </th>
            <th scope="col">{words.column.state}</th>
            <th scope="col">{words.column.release}</th>
            <th scope="col">{words.column.run}</th>
            <th scope="col">{words.column.checks}</th>
          </tr>
        </thead>
        <tbody>
          <Gap height={above} />
          {rows.map(({ index }) => {
            const product = products[index] as Operated;
            return (
              <Row
                key={product.name}
                product={product}
                index={index}
                chosen={chosen.has(product.name)}
                onChoose={(wanted) => choose(product.name, wanted)}
              />
            );
          })}
          <Gap height={below} />
        </tbody>
      </table>
    </div>
  );
}

/** The room of rows that are not in sight. */
function Gap({ height }: { readonly height: number }) {
  if (height <= 0) return null;
  return (
    <tr className={styles.gap} aria-hidden>
      <td colSpan={6} style={{ height }} />
    </tr>
  );
}

interface RowProps {
  readonly product: Operated;
  readonly index: number;
  readonly chosen: boolean;
  readonly onChoose: (wanted: boolean) => void;
}

function Row({ product, index, chosen, onChoose }: RowProps) {
  const { name, title, release, lastRun, checks } = product;
  const [worst] = needsOf(product);
  const measured = checks.passed + checks.failed + checks.warned;
  return (
    <tr aria-rowindex={index + 2}>
      <td className={styles.choose}>
        <input
          type="checkbox"
          aria-label={words.choose(name)}
          checked={chosen}
          onChange={(event) => onChoose(event.target.checked)}
        />
      </td>
      <th scope="row" className={styles.name}>
        <Link to="/operate/products/$product" params={{ product: name }}>
          {title ?? name}
        </Link>
        <small>{name}</small>
      </th>
      <td>
        <Status tone={worst ? NEED_TONE[worst] : "good"}>
          {worst ? operateMessages.need[worst] : operateMessages.well}
        </Status>
      </td>
      <td>
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
      </td>
      <td>
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
      </td>
      <td>
        {measured === 0 ? (
          <span className={styles.faint}>{words.unchecked}</span>
        ) : (
          words.passed(checks.passed, measured)
        )}
      </td>
    </tr>
  );
}
