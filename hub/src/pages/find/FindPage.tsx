import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { search } from "../../api/queries";
import type { SearchFacets, SearchHit } from "../../api/types";
import { Answer } from "../../app/Answer";
import { useDebounced } from "../../app/useDebounced";
import { useTitle } from "../../app/useTitle";
import { Button, Code, classes, Empty, Icon, Page, Skeleton } from "../../design";
import { messages } from "../../messages";
import { AskForIt } from "./AskForIt";
import { Entry } from "./Entry";
import { Chosen, Facets } from "./Facets";
import styles from "./FindPage.module.css";
import { findRoute } from "./route";
import { chosen, type FindSearch, filtersOf, worded } from "./search";

const words = messages.find;

/** From a question to the products that may answer it. */
export function FindPage() {
  useTitle(words.title);
  const wanted = findRoute.useSearch();
  const q = wanted.q ?? "";
  const filters = filtersOf(wanted);
  const searched = q !== "" || chosen(filters).length > 0;
  const query = useInfiniteQuery({ ...search(q, filters), placeholderData: keepPreviousData });
  const [first] = query.data?.pages ?? [];
  const hits = query.data?.pages.flatMap((page) => page.hits) ?? [];

  return (
    <Page>
      <Question wanted={wanted} small={searched} />
      <Answer query={query} skeleton={<Skeleton lines={9} />}>
        {() => {
          if (!first) return null;
          if (first.total === 0 && !searched) return <NoProducts />;
          return (
            <>
              {searched ? null : <Domains facets={first.facets} />}
              <div className={styles.body}>
                <Facets facets={first.facets} search={wanted} without={searched ? null : "domain"} />
                <Results total={first.total} hits={hits} search={wanted}>
                  {query.hasNextPage ? (
                    <Button
                      className={styles.more}
                      busy={query.isFetchingNextPage}
                      onClick={() => void query.fetchNextPage()}
                    >
                      {words.more(first.total - hits.length)}
                    </Button>
                  ) : null}
                </Results>
              </div>
            </>
          );
        }}
      </Answer>
    </Page>
  );
}

/** The words of the search; the address follows them, and they follow the address. */
function Question({ wanted, small }: { readonly wanted: FindSearch; readonly small: boolean }) {
  const navigate = useNavigate({ from: "/" });
  const q = wanted.q ?? "";
  const [text, setText] = useState(q);
  const settled = useDebounced(text.trim(), 120);
  const told = useRef(q);

  useEffect(() => {
    if (settled === told.current) return;
    told.current = settled;
    void navigate({ search: (before: FindSearch) => worded(before, settled), replace: true });
  }, [settled, navigate]);

  useEffect(() => {
    if (q === told.current) return;
    told.current = q;
    setText(q);
  }, [q]);

  return (
    <div className={classes(styles.head, small && styles.small)}>
      <h1>{words.question}</h1>
      <search className={styles.field}>
        <Icon name="search" size={22} />
        <input
          data-search
          type="search"
          aria-label={words.label}
          placeholder={words.placeholder}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </search>
      {small ? null : <p className={styles.lead}>{words.lead}</p>}
    </div>
  );
}

function Domains({ facets }: { readonly facets: SearchFacets }) {
  if (facets.domain.length < 2) return null;
  return (
    <nav className={styles.browse} aria-labelledby="browse">
      <h2 id="browse">{words.browse}</h2>
      <ul className={styles.domains}>
        {facets.domain.map(({ value, count }) => (
          <li key={value}>
            <Link to="/" search={{ domain: [value] }}>
              {value} <span>{count}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface ResultsProps {
  readonly total: number;
  readonly hits: readonly SearchHit[];
  readonly search: FindSearch;
  readonly children: React.ReactNode;
}

function Results({ total, hits, search: wanted, children }: ResultsProps) {
  const q = wanted.q ?? "";
  const filtered = chosen(filtersOf(wanted)).length > 0;
  const title = q !== "" ? words.results(total, q) : filtered ? words.filtered(total) : words.everything(total);
  return (
    <section aria-labelledby="results">
      <div className={styles.bar}>
        <h2 id="results" aria-live="polite">
          {title}
        </h2>
        {total > 1 ? <p>{words.order}</p> : null}
      </div>
      <Chosen search={wanted} />
      {total === 0 ? <Nothing q={q} filtered={filtered} /> : null}
      <ol>
        {hits.map((hit) => (
          <Entry key={hit.card.name} hit={hit} />
        ))}
      </ol>
      {children}
    </section>
  );
}

function Nothing({ q, filtered }: { readonly q: string; readonly filtered: boolean }) {
  const [asking, setAsking] = useState(false);
  const { nothing } = words;
  return (
    <div className={styles.more}>
      <Empty
        icon="search"
        title={filtered || q === "" ? nothing.filteredTitle : nothing.title(q)}
        actions={
          <>
            <p>{nothing.askText}</p>
            <div className={styles.chosen}>
              <Button kind="main" icon="ask" onClick={() => setAsking(true)}>
                {nothing.ask}
              </Button>
              {filtered ? <ClearFilters q={q} /> : null}
            </div>
          </>
        }
      >
        {nothing.text}
      </Empty>
      <AskForIt open={asking} onClose={() => setAsking(false)} q={q} />
    </div>
  );
}

function ClearFilters({ q }: { readonly q: string }) {
  const navigate = useNavigate({ from: "/" });
  return <Button onClick={() => void navigate({ search: q === "" ? {} : { q } })}>{words.nothing.widen}</Button>;
}

function NoProducts() {
  return (
    <Empty icon="product" title={words.empty.title} actions={<Code title="outport" text={words.empty.command} />}>
      {words.empty.text}
    </Empty>
  );
}
