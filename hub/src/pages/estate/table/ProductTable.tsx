import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";

import { classes, Icon, When } from "../../../design";
import { estateMessages } from "../../../messages/en/estate";
import { number } from "../../../messages/format";
import { TrustLine } from "../../../parts/Trust";
import { countOf, type Model, type Product, titleOf } from "../model";
import { alignmentName, domainName, statusName } from "../names";
import { changed, type Order } from "../search";
import { useEstateSearch } from "../useEstateSearch";
import { ordered } from "./order";
import styles from "./ProductTable.module.css";

const words = estateMessages.table;

/** As `ProductTable.module.css` has it. */
const ROW = 44;
const OVERSCAN = 12;

interface Row {
  readonly model: Model;
  readonly index: number;
  readonly product: Product;
}

interface Column {
  readonly key: keyof typeof words.column;
  readonly order?: Order;
  readonly number?: boolean;
  readonly cell: (row: Row) => React.ReactNode;
}

const COLUMNS: readonly Column[] = [
  { key: "name", order: "name", cell: (row) => <Name {...row} /> },
  { key: "domain", order: "domain", cell: ({ product }) => domainName(product.domain) },
  { key: "alignment", cell: ({ product }) => alignmentName(product.alignment) },
  { key: "status", cell: ({ product }) => statusName(product.status) },
  { key: "quality", cell: ({ product }) => <TrustLine trust={product.trust} /> },
  { key: "reads", order: "reads", number: true, cell: ({ model, index }) => number(countOf(model.reads, index)) },
  { key: "readers", order: "readers", number: true, cell: ({ model, index }) => number(countOf(model.readers, index)) },
  { key: "use", order: "use", number: true, cell: ({ product }) => number(product.use.requests) },
  {
    key: "newest",
    order: "newest",
    cell: ({ product }) =>
      product.release ? <When at={product.release.publishedAt} /> : estateMessages.picked.unreleased,
  },
];

/** Every product in a row; however many, only those in sight are in the page. */
export function ProductTable({ model, shown }: { readonly model: Model; readonly shown: readonly number[] }) {
  const { search } = useEstateSearch();
  const order = search.order ?? "name";
  const rows = useMemo(() => ordered(model, shown, order), [model, shown, order]);
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: OVERSCAN,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = Math.max(0, virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0));
  const days = model.products[0]?.use.days ?? 0;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a group of its own would be a fieldset, which this is not
    <div ref={frame} className={styles.scroll} role="group" aria-label={words.caption} tabIndex={0}>
      <table className={styles.table} aria-rowcount={rows.length + 1}>
        <caption className="unseen">{words.caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <Head key={column.key} column={column} order={order} days={days} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={above} />
          {items.map(({ index: place }) => {
            const index = rows[place] ?? -1;
            const product = model.products[index];
            if (!product) return null;
            const row = { model, index, product };
            return (
              <tr key={product.name} aria-rowindex={place + 2} className={styles.row}>
                {COLUMNS.map(({ key, cell, number: figure }) =>
                  key === "name" ? (
                    <th key={key} scope="row">
                      {cell(row)}
                    </th>
                  ) : (
                    <td key={key} className={classes(figure && styles.number)}>
                      {cell(row)}
                    </td>
                  ),
                )}
              </tr>
            );
          })}
          <Gap height={below} />
        </tbody>
      </table>
    </div>
  );
}

/** Room for rows that are not in sight. */
function Gap({ height }: { readonly height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden className={styles.gap}>
      <td colSpan={COLUMNS.length} style={{ height }} />
    </tr>
  );
}

interface HeadProps {
  readonly column: Column;
  readonly order: Order;
  readonly days: number;
}

function Head({ column: { key, order: own, number: figure }, order, days }: HeadProps) {
  const { search } = useEstateSearch();
  const text = key === "use" ? words.column.use(days) : words.column[key];
  const current = own !== undefined && own === order;
  const descending = own !== "name" && own !== "domain";
  return (
    <th
      scope="col"
      className={classes(figure && styles.number)}
      aria-sort={current ? (descending ? "descending" : "ascending") : undefined}
    >
      {own === undefined ? (
        text
      ) : (
        <Link
          to="/estate"
          search={changed(search, { order: own === "name" ? undefined : own })}
          title={words.sort(text)}
          resetScroll={false}
        >
          {text} {current ? <Icon name={descending ? "down" : "up"} size={13} /> : null}
        </Link>
      )}
    </th>
  );
}

function Name({ product }: Row) {
  const { search } = useEstateSearch();
  return (
    <Link
      to="/estate"
      search={changed(search, { product: product.name })}
      resetScroll={false}
      aria-current={search.product === product.name ? "true" : undefined}
      activeProps={NONE}
    >
      {titleOf(product)}
    </Link>
  );
}

/** It is no link to where one is, but to what is looked at there. */
const NONE = {};
