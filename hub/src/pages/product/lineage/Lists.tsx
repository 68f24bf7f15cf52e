import { Link } from "@tanstack/react-router";

import type { ProductLineage } from "../../../api/types";
import { Button, Tag } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { list } from "../../../messages/format";
import styles from "./Lineage.module.css";
import { type ColumnPlace, keyOf, productsOf, type Trace } from "./trace";

const words = productMessages.lineage;

type Node = ProductLineage["nodes"][number];

/** The same as is drawn, to be read. */
export function AsList({ answer, here }: { readonly answer: ProductLineage; readonly here: string }) {
  return (
    <ul className={styles.list}>
      {answer.nodes.map((node) => (
        <li key={node.product} className={styles.product}>
          <h3>
            <Link to="/products/$product/lineage" params={{ product: node.product }}>
              {node.title ?? node.product}
            </Link>{" "}
            {node.product === here ? <Tag>{words.here}</Tag> : null}
          </h3>
          <dl>
            <dt>{words.reads}</dt>
            <dd>{read(answer, node) || words.nothing}</dd>
            <dt>{words.readBy}</dt>
            <dd>{readers(answer, node) || words.nothing}</dd>
          </dl>
        </li>
      ))}
    </ul>
  );
}

function titleOf({ nodes }: ProductLineage, product: string): string {
  return nodes.find((node) => node.product === product)?.title ?? product;
}

function read(answer: ProductLineage, { product, sources }: Node): string {
  const products = answer.edges
    .filter(({ to }) => to === product)
    .map(({ from, port }) => `${titleOf(answer, from)} ${words.port(port)}`);
  const of = (kind: Node["sources"][number]["kind"]) =>
    sources.filter((source) => source.kind === kind).map(({ port }) => port);
  const files = of("files");
  const generated = of("generated");
  return [
    ...products,
    ...(files.length > 0 ? [words.files(list(files))] : []),
    ...(generated.length > 0 ? [words.generated(list(generated))] : []),
  ].join("; ");
}

function readers(answer: ProductLineage, { product }: Node): string {
  return answer.edges
    .filter(({ from }) => from === product)
    .map(({ to, port }) => `${titleOf(answer, to)} ${words.port(port)}`)
    .join("; ");
}

interface TracedProps {
  readonly trace: Trace;
  readonly onColumn: (column: string) => void;
}

/** What a column is made of and what a change of it would reach, in words. */
export function Traced({ trace, onColumn }: TracedProps) {
  return (
    <div className={styles.places} aria-live="polite">
      <Places title={words.comesFrom} summary={words.madeOf(trace.up.size)} places={trace.up} onColumn={onColumn} />
      <Places
        title={words.goesTo}
        summary={words.hit(trace.down.size, productsOf(trace.down.values()))}
        places={trace.down}
        onColumn={onColumn}
      />
    </div>
  );
}

interface PlacesProps {
  readonly title: string;
  readonly summary: string;
  readonly places: ReadonlyMap<string, ColumnPlace>;
  readonly onColumn: (column: string) => void;
}

function Places({ title, summary, places, onColumn }: PlacesProps) {
  return (
    <div className={styles.found}>
      <h3>{title}</h3>
      <p className={styles.faint}>{summary}</p>
      <ul>
        {[...places.values()].map((place) => (
          <li key={keyOf(place)}>
            <Button small kind="quiet" onClick={() => onColumn(keyOf(place))}>
              <code>
                {place.product}.{place.table}.{place.column}
              </code>
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
