import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";

import { product as productOf } from "../../api/queries";
import { Button, buttonClass, Facts, Icon, IconButton, Panel, Status, When } from "../../design";
import { messages } from "../../messages";
import { estateMessages } from "../../messages/en/estate";
import { AccessLine, TrustLine } from "../../parts/Trust";
import { traced } from "./graph/trace";
import { type Model, neighboursOf, titleOf } from "./model";
import { alignmentName, domainName, statusName } from "./names";
import styles from "./Picked.module.css";
import { changed, type EstateSearch } from "./search";
import { useEstateSearch } from "./useEstateSearch";

const words = estateMessages.picked;

/** Neighbours that are shown before the rest is asked for. */
const FEW = 8;

interface Props {
  readonly model: Model;
  /** Its place; null where there is no such product. */
  readonly product: number | null;
  /** Products that are shown. */
  readonly shown: readonly number[];
}

/** The product that is looked at: what it is, what it reads, and who reads it. */
export function Picked({ model, product: index, shown }: Props) {
  const { search, go } = useEstateSearch();
  const frame = useRef<HTMLDivElement>(null);
  const before = useRef(index);
  // Below what it was chosen in, it would not be seen that something has come. Who comes by an address begins at the top.
  useEffect(() => {
    if (before.current !== index) frame.current?.scrollIntoView({ block: "nearest" });
    before.current = index;
  }, [index]);
  const product = index === null ? undefined : model.products[index];
  return (
    <aside ref={frame} className={styles.picked} aria-label={words.label}>
      <Panel>
        <IconButton
          small
          className={styles.close}
          icon="close"
          label={words.close}
          onClick={() => go((before) => changed(before, { product: undefined }))}
        />
        {index === null || product === undefined ? (
          <>
            <h3 className={styles.title}>{words.gone.title}</h3>
            <p>{words.gone.text}</p>
          </>
        ) : (
          <>
            <h3 className={styles.title}>{titleOf(product)}</h3>
            <About name={product.name} />
            <TrustLine trust={product.trust} />
            <OfProduct model={model} index={index} />
            <Link
              className={buttonClass({ kind: "main", small: true }, styles.open)}
              to="/products/$product"
              params={{ product: product.name }}
            >
              {words.open} <Icon name="arrow" size={16} />
            </Link>
            <Around key={index} model={model} index={index} search={search} shown={shown} />
          </>
        )}
      </Panel>
    </aside>
  );
}

/** What is only asked for of the one product: what it is for, and whether the reader may read it. */
function About({ name }: { readonly name: string }) {
  const { data } = useQuery(productOf(name));
  if (!data) return null;
  return (
    <>
      {data.purpose ? <p className={styles.purpose}>{data.purpose}</p> : null}
      <AccessLine access={data.access} />
    </>
  );
}

function OfProduct({ model, index }: { readonly model: Model; readonly index: number }) {
  const product = model.products[index];
  if (!product) return null;
  const { facts } = words;
  const { readers, requests, days } = product.use;
  return (
    <Facts
      facts={[
        [facts.domain, domainName(product.domain)],
        [facts.alignment, alignmentName(product.alignment)],
        [facts.status, statusName(product.status)],
        [facts.owner, product.owner ?? messages.common.unknown],
        [facts.newest, product.release ? <When key="when" at={product.release.publishedAt} /> : words.unreleased],
        [facts.use, words.readers(readers, requests, days)],
      ]}
    />
  );
}

interface AroundProps {
  readonly model: Model;
  readonly index: number;
  readonly search: EstateSearch;
  readonly shown: readonly number[];
}

function Around({ model, index, search, shown }: AroundProps) {
  const trace = useMemo(() => traced(model, index), [model, index]);
  const drawn = useMemo(() => new Set(shown), [shown]);
  const reads = neighboursOf(model.reads, index);
  const readers = neighboursOf(model.readers, index);
  return (
    <>
      <Side
        title={reads.length > 0 ? words.reads(reads.length) : words.readsNothing}
        {...{ model, search, drawn }}
        of={reads}
      />
      <Side
        title={readers.length > 0 ? words.readBy(readers.length) : words.readByNothing}
        {...{ model, search, drawn }}
        of={readers}
      />
      {trace.up.size > reads.length || trace.down.size > readers.length ? (
        <p className={styles.all}>{words.all(trace.up.size, trace.down.size)}</p>
      ) : null}
    </>
  );
}

interface SideProps {
  readonly title: string;
  readonly of: readonly number[];
  readonly model: Model;
  readonly search: EstateSearch;
  readonly drawn: ReadonlySet<number>;
}

function Side({ title, of, model, search, drawn }: SideProps) {
  const [all, setAll] = useState(false);
  const shown = all ? of : of.slice(0, FEW);
  return (
    <div className={styles.side}>
      <h4>{title}</h4>
      <ul>
        {shown.map((index) => {
          const product = model.products[index];
          if (!product) return null;
          const here = drawn.has(index);
          // What the filters leave out is shown without them.
          const wanted: EstateSearch = here
            ? changed(search, { product: product.name })
            : { ...(search.view && { view: search.view }), product: product.name };
          return (
            <li key={product.name}>
              <Link to="/estate" search={wanted} resetScroll={false}>
                {titleOf(product)}
              </Link>
              <small>{domainName(product.domain)}</small>
              {here ? null : (
                <small>
                  <Status tone="plain">{words.hidden}</Status>
                </small>
              )}
            </li>
          );
        })}
      </ul>
      {shown.length < of.length ? (
        <Button small kind="quiet" onClick={() => setAll(true)}>
          {messages.common.all(of.length)}
        </Button>
      ) : null}
    </div>
  );
}
