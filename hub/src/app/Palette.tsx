import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { suggestions } from "../api/queries";
import { Dialog, Icon, type IconName, useCombobox } from "../design";
import { messages } from "../messages";
import { useSignOut } from "./AccountMenu";
import { destinationsFor } from "./navigation";
import styles from "./Palette.module.css";
import boxes from "./SearchBox.module.css";
import { setTheme } from "./theme";
import { useDebounced } from "./useDebounced";
import { useSession } from "./useSession";

const { palette, account, theme, shortcuts, navigation } = messages.shell;

interface Entry {
  readonly id: string;
  readonly group: string;
  readonly icon: IconName;
  readonly label: string;
  readonly detail?: string | null;
  readonly run: () => void;
}

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
}

/** Everything there is to go to or to do, by a few letters of its name. */
export function Palette(props: Props) {
  return (
    <Dialog bare open={props.open} onClose={props.onClose} title={palette.title}>
      <Entries {...props} />
    </Dialog>
  );
}

function Entries({ onClose, onShortcuts }: Props) {
  const [text, setText] = useState("");
  const entries = useEntries(text.trim(), onShortcuts);
  const combobox = useCombobox(
    entries.length,
    (index) => {
      onClose();
      entries[index]?.run();
    },
    true,
  );

  return (
    <>
      <div className={styles.field}>
        <Icon name="search" />
        <input
          {...combobox.input}
          // biome-ignore lint/a11y/noAutofocus: a palette is called to be typed into
          autoFocus
          type="text"
          aria-label={palette.title}
          placeholder={palette.placeholder}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            combobox.reset();
          }}
        />
      </div>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is among the properties of the combobox */}
      <div {...combobox.list} className={styles.list} aria-label={palette.title}>
        {groupsOf(entries).map(([group, members]) => (
          // biome-ignore lint/a11y/useSemanticElements: groups of options are no fieldsets
          <div key={group} role="group" aria-label={group}>
            <div className={styles.group} aria-hidden>
              {group}
            </div>
            {members.map(({ entry, index }) => (
              <div key={entry.id} {...combobox.option(index)} className={boxes.option}>
                <Icon name={entry.icon} />
                <strong>{entry.label}</strong>
                {entry.detail ? <span className={boxes.detail}>{entry.detail}</span> : null}
              </div>
            ))}
          </div>
        ))}
      </div>
      {entries.length === 0 ? <p className={styles.none}>{palette.none(text)}</p> : null}
      <p className={styles.hint}>{palette.hint}</p>
    </>
  );
}

/** Entries by their group, each with its place among all. Those of a group stand together already. */
function groupsOf(
  entries: readonly Entry[],
): readonly (readonly [string, readonly { readonly entry: Entry; readonly index: number }[]])[] {
  const groups = new Map<string, { readonly entry: Entry; readonly index: number }[]>();
  for (const [index, entry] of entries.entries()) {
    groups.set(entry.group, [...(groups.get(entry.group) ?? []), { entry, index }]);
  }
  return [...groups];
}

function useEntries(text: string, onShortcuts: () => void): readonly Entry[] {
  const navigate = useNavigate();
  const session = useSession();
  const signOut = useSignOut();
  const q = useDebounced(text, 120);
  const { data } = useQuery({ ...suggestions(q), enabled: q !== "", placeholderData: (before) => before });

  const pages = destinationsFor(session).map<Entry>((destination) => ({
    id: `page ${destination.to}`,
    group: palette.go,
    icon: destination.icon,
    label: destination.label,
    run: () => void navigate({ to: destination.to, search: {} } as Parameters<typeof navigate>[0]),
  }));
  const gallery: Entry = {
    id: "page gallery",
    group: palette.go,
    icon: "table",
    label: navigation.gallery,
    run: () => void navigate({ to: "/gallery" }),
  };
  const actions: readonly Entry[] = [
    {
      id: "light",
      group: palette.actions,
      icon: "sun",
      label: `${theme.label}: ${theme.light}`,
      run: () => setTheme("light"),
    },
    {
      id: "dark",
      group: palette.actions,
      icon: "moon",
      label: `${theme.label}: ${theme.dark}`,
      run: () => setTheme("dark"),
    },
    {
      id: "system",
      group: palette.actions,
      icon: "system",
      label: `${theme.label}: ${theme.system}`,
      run: () => setTheme("system"),
    },
    { id: "keys", group: palette.actions, icon: "keyboard", label: shortcuts.show, run: onShortcuts },
    { id: "out", group: palette.actions, icon: "exit", label: account.signOut, run: () => signOut.mutate() },
  ];
  const products = (text === "" ? [] : (data?.hits ?? [])).map<Entry>(({ card }) => ({
    id: `product ${card.name}`,
    group: palette.products,
    icon: "product",
    label: card.title ?? card.name,
    detail: card.purpose,
    run: () => void navigate({ to: "/products/$product", params: { product: card.name } }),
  }));
  const search: Entry = {
    id: "search",
    group: palette.products,
    icon: "search",
    label: palette.searchFor(text),
    run: () => void navigate({ to: "/", search: { q: text } }),
  };

  const named = [...pages, gallery, ...actions].filter((entry) => fits(entry.label, text));
  return text === "" ? named : [...products, search, ...named.slice(0, 4)];
}

/** Whether every word of a text begins a word of the label. */
export function fits(label: string, text: string): boolean {
  const words = label.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((wanted) => words.some((word) => word.startsWith(wanted)));
}
