import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { SearchFacets } from "../../api/types";
import { Button, buttonClass, Checkbox, Icon } from "../../design";
import { messages } from "../../messages";
import styles from "./Facets.module.css";
import { chosen, FACETS, type Facet, type FindSearch, filtersOf, toggled } from "./search";

const words = messages.find;

/** Values of a facet that are shown before the rest is asked for. */
const FEW = 6;

interface Props {
  readonly facets: SearchFacets;
  readonly search: FindSearch;
}

/** What the products that were found have in common and what sets them apart; `without` is offered elsewhere on the page. */
export function Facets({ facets, search, without }: Props & { readonly without: Facet | null }) {
  // Beside the results where there is room; folded above them where there is none.
  const [wide] = useState(() => window.matchMedia("(min-width: 60rem)").matches);
  const shown = FACETS.filter(
    (facet) => facet !== without && (facets[facet].length > 1 || (search[facet]?.length ?? 0) > 0),
  );
  if (shown.length === 0) return <div />;
  return (
    <details className={styles.facets} open={wide}>
      <summary>{words.showFilters}</summary>
      <div className={styles.groups}>
        {shown.map((facet) => (
          <Group key={facet} facet={facet} facets={facets} search={search} />
        ))}
      </div>
    </details>
  );
}

function Group({ facet, facets, search }: Props & { readonly facet: Facet }) {
  const navigate = useNavigate({ from: "/" });
  const [all, setAll] = useState(false);
  const selected = search[facet] ?? [];
  const missing = selected.filter((value) => !facets[facet].some((known) => known.value === value));
  const values = [...missing.map((value) => ({ value, count: 0 })), ...facets[facet]];
  const shown = all ? values : values.filter(({ value }, index) => index < FEW || selected.includes(value));
  return (
    <fieldset className={styles.group}>
      <legend>{messages.words.facet[facet]}</legend>
      {shown.map(({ value, count }) => (
        <Checkbox
          key={value}
          label={valueName(facet, value)}
          count={count}
          checked={selected.includes(value)}
          onChange={() => void navigate({ search: toggled(search, facet, value) })}
        />
      ))}
      {shown.length < values.length ? (
        <Button small kind="quiet" onClick={() => setAll(true)}>
          {messages.common.all(values.length)}
        </Button>
      ) : null}
    </fieldset>
  );
}

/** What was chosen, each to be taken back. */
export function Chosen({ search }: { readonly search: FindSearch }) {
  const all = chosen(filtersOf(search));
  if (all.length === 0) return null;
  return (
    <div className={styles.chosen}>
      {all.map(([facet, value]) => (
        <Link
          key={`${facet} ${value}`}
          to="/"
          search={toggled(search, facet, value)}
          className={buttonClass({ small: true })}
          aria-label={words.remove(messages.words.facet[facet], valueName(facet, value))}
        >
          {valueName(facet, value)} <Icon name="close" size={13} />
        </Link>
      ))}
      <Link to="/" search={search.q ? { q: search.q } : {}} className={buttonClass({ small: true, kind: "quiet" })}>
        {words.clear}
      </Link>
    </div>
  );
}

/** What a value is called: values that the API defines have words, others are words. */
export function valueName(facet: Facet, value: string): string {
  const known: Readonly<Record<string, string>> =
    facet === "alignment" ? messages.words.alignment : facet === "quality" ? messages.words.quality : {};
  return known[value] ?? value;
}
