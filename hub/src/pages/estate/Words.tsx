import { type FormEvent, useEffect, useRef, useState } from "react";

import { useDebounced } from "../../app/useDebounced";
import { Button, TextField } from "../../design";
import { estateMessages } from "../../messages/en/estate";
import type { Model } from "./model";
import styles from "./Products.module.css";
import { changed } from "./search";
import { useEstateSearch } from "./useEstateSearch";

const words = estateMessages.words;

interface Props {
  readonly model: Model;
  /** What was found; null where nothing is looked for. */
  readonly hits: readonly number[] | null;
  /** Whether one goes from one to the next. */
  readonly next: boolean;
}

/** Words that names are looked for by; the address follows them, and they follow the address. */
export function Words({ model, hits, next }: Props) {
  const { search, go } = useEstateSearch();
  const q = search.q ?? "";
  const [text, setText] = useState(q);
  const settled = useDebounced(text.trim(), 120);
  const told = useRef(q);

  useEffect(() => {
    if (settled === told.current) return;
    told.current = settled;
    go((before) => changed(before, { q: settled === "" ? undefined : settled }), true);
  }, [settled, go]);

  useEffect(() => {
    if (q === told.current) return;
    told.current = q;
    setText(q);
  }, [q]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!hits || !next) return;
    const before = search.product === undefined ? undefined : model.indexOf.get(search.product);
    const place = before === undefined ? -1 : hits.indexOf(before);
    const product = model.products[hits[(place + 1) % hits.length] ?? -1];
    if (product) go((now) => changed(now, { product: product.name }));
  }

  return (
    <search className={styles.words}>
      <form onSubmit={submit}>
        <TextField
          label={words.label}
          placeholder={words.placeholder}
          type="search"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        {hits ? (
          <div className={styles.found}>
            <span role="status">{words.found(hits.length)}</span>
            {next && hits.length > 0 ? (
              <Button small kind="quiet" type="submit" icon="right">
                {words.next}
              </Button>
            ) : null}
          </div>
        ) : null}
      </form>
    </search>
  );
}
