import { useMemo } from "react";

import { Empty } from "../../design";
import { estateMessages } from "../../messages/en/estate";
import { Filters } from "./Filters";
import { Drawing } from "./graph/Drawing";
import type { Model } from "./model";
import { found, narrowed } from "./narrow";
import { Picked } from "./Picked";
import styles from "./Products.module.css";
import { type EstateFilters, type EstateView, isFiltered } from "./search";
import { ProductTable } from "./table/ProductTable";
import { useEstateSearch } from "./useEstateSearch";
import { Words } from "./Words";

const words = estateMessages;

interface Props {
  readonly model: Model;
  readonly view: Exclude<EstateView, "domains">;
}

/** Products one by one, drawn or as a table, and the one that is looked at. */
export function Products({ model, view }: Props) {
  const { search } = useEstateSearch();
  const { domain, alignment, status, quality, near } = search;
  const shown = useMemo(() => {
    const filters = { domain, alignment, status, quality, near };
    return narrowed(model, Object.fromEntries(Object.entries(filters).filter(([, one]) => one)) as EstateFilters);
  }, [model, domain, alignment, status, quality, near]);
  const all = useMemo(() => [...shown.fit, ...shown.near].sort((one, other) => one - other), [shown]);
  const hits = useMemo(() => (search.q ? found(model, all, search.q) : null), [model, all, search.q]);
  const chosen = search.product === undefined ? null : (model.indexOf.get(search.product) ?? null);
  const title = view === "table" ? words.table.title : words.drawing.title;
  return (
    <section aria-label={title} className={styles.whole}>
      <h2 className="unseen">{title}</h2>
      <div className={styles.bar}>
        <Words model={model} hits={hits} next={view === "products"} />
        <Filters model={model} />
      </div>
      {isFiltered(search) ? (
        <p className={styles.count} role="status">
          {words.filters.shown(shown.fit.length, model.products.length)}
          {shown.near.size > 0 ? ` ${words.filters.shownNear(shown.near.size)}` : null}
        </p>
      ) : null}
      <div className={styles.body}>
        {all.length === 0 ? (
          <Empty icon="filter" title={words.drawing.nothing.title}>
            {words.drawing.nothing.text}
          </Empty>
        ) : view === "table" ? (
          <ProductTable model={model} shown={hits ?? all} />
        ) : (
          <Drawing model={model} shown={all} near={shown.near} hits={hits} chosen={chosen} />
        )}
        {search.product === undefined ? null : <Picked model={model} product={chosen} shown={all} />}
      </div>
    </section>
  );
}
