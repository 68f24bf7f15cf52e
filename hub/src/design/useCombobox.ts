import { type KeyboardEvent, useId, useState } from "react";

/** Keys and roles of a text field with a list of options under it (the combobox of the ARIA practices). */
export function useCombobox(
  count: number,
  choose: (index: number) => void,
  expanded: boolean,
  first: number | null = 0,
) {
  const id = useId();
  const [chosen, setChosen] = useState<number | null>(first);
  const active = chosen === null || count === 0 ? null : Math.min(chosen, count - 1);

  function move(step: number) {
    if (count === 0) return;
    setChosen(active === null ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
  }

  function press(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && active !== null && expanded) choose(active);
    else return;
    event.preventDefault();
  }

  return {
    /** Back to the first option, as after other words were typed. */
    reset: () => setChosen(first),
    input: {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": expanded && count > 0,
      "aria-controls": `${id}-list`,
      "aria-activedescendant": expanded && active !== null ? `${id}-${active}` : undefined,
      onKeyDown: press,
    } as const,
    list: { role: "listbox", id: `${id}-list` } as const,
    option: (index: number) =>
      ({
        role: "option",
        id: `${id}-${index}`,
        "aria-selected": index === active,
        tabIndex: -1,
        onPointerMove: () => setChosen(index),
        onClick: () => choose(index),
      }) as const,
  };
}
