import { Link } from "@tanstack/react-router";
import { memo, useMemo } from "react";

import { Icon, When } from "../../../design";
import { LongCell, LongHead, LongRow, LongTable } from "../../../design/LongTable";
import { estateMessages } from "../../../messages/en/estate";
import { number } from "../../../messages/format";
import { TrustLine } from "../../../parts/Trust";
import { countOf, type Model, type Product, titleOf } from "../model";
import { alignmentName, domainName, statusName } from "../names";
import { changed, type EstateSearch, type Order } from "../search";
import { useEstateSearch } from "../useEstateSearch";
import { ordered } from "./order";
import styles from "./ProductTable.module.css";

const words = estateMessages.table;

/** How high a row is, in pixels. */
const ROW = 44;

interface Cell {
  readonly model: Model;
  readonly index: number;
  readonly product: Product;
  /** Whether it is the one that is looked at. */
  readonly chosen: boolean;
}

interface Column {
  readonly key: keyof typeof words.column;
  readonly order?: Order;
  readonly number?: boolean;
  readonly cell: (of: Cell) => React.ReactNode;
}

const COLUMNS: readonly Column[] = [
  { key: "name", order: "name", cell: ({ product, chosen }) => <Name product={product} chosen={chosen} /> },
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
  const days = model.products[0]?.use.days ?? 0;
  return (
    <LongTable
      caption={words.caption}
      count={rows.length}
      rowHeight={ROW}
      className={styles.products}
      head={COLUMNS.map((column) => <Head key={column.key} column={column} order={order} days={days} />)}
      row={(place) => {
        const index = rows[place] ?? -1;
        const product = model.products[index];
        if (!product) return null;
        const chosen = search.product === product.name;
        return <Row key={product.name} model={model} index={index} product={product} chosen={chosen} place={place} />;
      }}
    />
  );
}

interface RowProps extends Cell {
  readonly place: number;
}

const Row = memo(function Row({ place, ...of }: RowProps) {
  return (
    <LongRow place={place} className={of.chosen && styles.chosen}>
      {COLUMNS.map(({ key, cell, number: figure }) => (
        <LongCell key={key} head={key === "name"} number={figure}>
          {cell(of)}
        </LongCell>
      ))}
    </LongRow>
  );
});

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
    <LongHead number={figure} sort={current ? (descending ? "descending" : "ascending") : undefined}>
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
    </LongHead>
  );
}

function Name({ product, chosen }: Pick<Cell, "product" | "chosen">) {
  return (
    <Link
      to="/estate"
      search={(before) => changed(before as EstateSearch, { product: product.name })}
      resetScroll={false}
      aria-current={chosen ? "true" : undefined}
      activeProps={NONE}
    >
      {titleOf(product)}
    </Link>
  );
}

/** It is no link to where one is, but to what is looked at there. */
const NONE = {};
