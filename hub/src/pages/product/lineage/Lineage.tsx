import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";

import { type Direction, lineage } from "../../../api/queries";
import type { ProductLineage } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Choices, Section, Select, Skeleton } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { useProduct } from "../useProduct";
import styles from "./Lineage.module.css";
import { AsList, Traced } from "./Lists";
import { columnsOf, keyOf, traceOf } from "./trace";

const words = productMessages.lineage;

// The drawing is most of the code of this part.
const Graph = lazy(() => import("./Graph").then(({ Graph }) => ({ default: Graph })));

interface Search {
  readonly direction?: Direction;
  readonly depth?: number;
  readonly column?: string;
  readonly view?: "list";
}

function useLineageSearch(): [Search, (wanted: Search) => void] {
  const { name } = useProduct();
  const search: Search = useSearch({ from: "/shell/products/$product/lineage" });
  const navigate = useNavigate();
  return [
    search,
    (wanted) =>
      void navigate({
        to: "/products/$product/lineage",
        params: { product: name },
        search: wanted,
        replace: true,
        resetScroll: false,
      }),
  ];
}

/** Where the data comes from and where it goes, by product and by column. */
export function Lineage() {
  const { name } = useProduct();
  const [search, go] = useLineageSearch();
  const { direction = "both", depth = 3 } = search;
  const query = useQuery({ ...lineage(name, direction, depth), placeholderData: keepPreviousData });
  return (
    <Section title={words.title} lead={words.lead}>
      <Bar answer={query.data} />
      <Answer query={query} skeleton={<Skeleton block lines={2} />}>
        {(answer) => <Shown answer={answer} search={search} onColumn={(column) => go({ ...search, column })} />}
      </Answer>
    </Section>
  );
}

function Bar({ answer }: { readonly answer: ProductLineage | undefined }) {
  const [search, go] = useLineageSearch();
  const { direction = "both", depth = 3, view = "graph" } = search;
  return (
    <div className={styles.bar}>
      <Choices
        legend={words.direction}
        value={direction}
        onChange={(wanted) => go({ ...search, direction: wanted })}
        options={[
          { value: "up", label: words.up },
          { value: "both", label: words.both },
          { value: "down", label: words.down },
        ]}
      />
      <div>
        <Select
          label={words.depth}
          value={depth}
          onChange={(event) => go({ ...search, depth: Number(event.target.value) })}
        >
          {[1, 2, 3, 5, 10, 20].map((steps) => (
            <option key={steps} value={steps}>
              {words.depthOf(steps)}
            </option>
          ))}
        </Select>
      </div>
      <ColumnChoice answer={answer} />
      <Choices
        legend={words.view}
        value={view}
        onChange={(wanted) => {
          const { view: _, ...rest } = search;
          go(wanted === "list" ? { ...rest, view: "list" } : rest);
        }}
        options={[
          { value: "graph", label: words.asGraph },
          { value: "list", label: words.asList },
        ]}
      />
    </div>
  );
}

function ColumnChoice({ answer }: { readonly answer: ProductLineage | undefined }) {
  const { name } = useProduct();
  const [search, go] = useLineageSearch();
  const tables = useMemo(() => [...columnsOf(answer?.columns ?? [], name)], [answer, name]);
  const own = tables.some(([table, columns]) =>
    columns.some((column) => keyOf({ product: name, table, column }) === search.column),
  );
  return (
    <div>
      <Select
        label={words.chooseColumn}
        value={search.column ?? ""}
        onChange={(event) => {
          const { column: _, ...rest } = search;
          go(event.target.value === "" ? rest : { ...rest, column: event.target.value });
        }}
      >
        <option value="">{words.noColumn}</option>
        {search.column && !own ? <option value={search.column}>{search.column.replaceAll("/", ".")}</option> : null}
        {tables.map(([table, columns]) => (
          <optgroup key={table} label={table}>
            {columns.map((column) => (
              <option key={column} value={keyOf({ product: name, table, column })}>
                {column}
              </option>
            ))}
          </optgroup>
        ))}
      </Select>
    </div>
  );
}

interface ShownProps {
  readonly answer: ProductLineage;
  readonly search: Search;
  readonly onColumn: (column: string) => void;
}

function Shown({ answer, search, onColumn }: ShownProps) {
  const { name } = useProduct();
  const trace = useMemo(() => (search.column ? traceOf(answer.columns, search.column) : null), [answer, search.column]);
  return (
    <>
      {search.view === "list" ? (
        <AsList answer={answer} here={name} />
      ) : (
        <Suspense fallback={<Skeleton block lines={2} />}>
          <Graph answer={answer} here={name} trace={trace} onColumn={onColumn} />
        </Suspense>
      )}
      {trace ? <Traced trace={trace} onColumn={onColumn} /> : null}
    </>
  );
}
