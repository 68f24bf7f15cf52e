import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { suggestions } from "../api/queries";
import { Icon, useCombobox } from "../design";
import { messages } from "../messages";
import styles from "./SearchBox.module.css";
import { useDebounced } from "./useDebounced";

const { search } = messages.shell;

/** Search from anywhere: a product at once, or everything that was found on the page Find. */
export function SearchBox() {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const q = useDebounced(text.trim(), 120);
  const { data } = useQuery({ ...suggestions(q), enabled: open && q !== "", placeholderData: (before) => before });
  const hits = open && text.trim() !== "" ? (data?.hits ?? []) : [];

  function leave() {
    setOpen(false);
    setText("");
  }

  const combobox = useCombobox(
    hits.length,
    (index) => {
      const hit = hits[index];
      if (!hit) return;
      leave();
      void navigate({ to: "/products/$product", params: { product: hit.card.name } });
    },
    hits.length > 0,
    null,
  );

  function submit(event: FormEvent) {
    event.preventDefault();
    const wanted = text.trim();
    leave();
    void navigate({ to: "/", search: wanted === "" ? {} : { q: wanted } });
  }

  return (
    <search className={styles.box}>
      <form className={styles.field} onSubmit={submit}>
        <Icon name="search" size={16} />
        <input
          {...combobox.input}
          data-search
          type="text"
          inputMode="search"
          aria-label={search.label}
          placeholder={search.short}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(event) => {
            setText(event.target.value);
            setOpen(true);
            combobox.reset();
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") leave();
            else combobox.input.onKeyDown(event);
          }}
        />
        <kbd aria-hidden>/</kbd>
      </form>
      {hits.length > 0 ? (
        // What is pressed must not lose the field its focus first.
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is among the properties of the combobox
        <div
          {...combobox.list}
          className={styles.list}
          aria-label={search.label}
          onPointerDown={(event) => event.preventDefault()}
        >
          {hits.map(({ card }, index) => (
            <div key={card.name} {...combobox.option(index)} className={styles.option}>
              <Icon name="product" />
              <strong>{card.title ?? card.name}</strong>
              <span className={styles.detail}>{card.purpose ?? card.domain}</span>
            </div>
          ))}
        </div>
      ) : null}
    </search>
  );
}
