import { useEffect, useMemo, useRef, useState } from "react";

import type { ChartSettings } from "../../../api/types";
import { useTheme } from "../../../app/theme";
import { Checkbox, Choices, Empty, Select } from "../../../design";
import { askMessages } from "../../../messages/en/ask";
import { list, number } from "../../../messages/format";
import styles from "./Chart.module.css";
import {
  chosenPlan,
  type Drawing,
  distinct,
  drawing,
  type Form,
  MOST_SERIES,
  type Plan,
  planOf,
  settingsOf,
} from "./chart";
import type { Loaded } from "./column";
import type { Plot } from "./plot";

const words = askMessages.chart;

/** How an answer is to be drawn, where that was chosen before, and who is told how it is. */
export interface Drawn {
  readonly settings: () => ChartSettings | null;
  readonly onDrawn: (settings: ChartSettings | null) => void;
}

interface Props {
  readonly loaded: Loaded;
  readonly order: Uint32Array | null;
  readonly drawn: Drawn;
}

/** An answer as a picture, with what it says in words. */
export function Chart({ loaded, order, drawn: { settings, onDrawn } }: Props) {
  const { columns, rows } = loaded;
  const proposed = useMemo(() => chosenPlan(loaded), [loaded]);
  const [chosen, setChosen] = useState<Partial<Plan>>(() => planOf(settings(), columns) ?? {});
  const plan = useMemo(() => (proposed ? { ...proposed, ...chosen } : null), [proposed, chosen]);
  const drawn = useMemo(() => (plan ? drawing(loaded, order, plan) : null), [loaded, order, plan]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever is told is another one each time
  useEffect(() => onDrawn(plan && settingsOf(plan, columns)), [plan, columns]);
  if (!plan || !drawn) {
    return (
      <Empty icon="chart" title={words.none}>
        {words.noneHelp}
      </Empty>
    );
  }

  const numbers = columns.flatMap((column, index) => (column.kind === "number" ? [{ column, index }] : []));
  const axes = columns.flatMap((column, index) =>
    column.kind !== "other" && (plan.form !== "points" || column.kind === "number" || column.kind === "time")
      ? [{ column, index }]
      : [],
  );
  const splits = columns.flatMap((column, index) =>
    (column.kind === "text" || column.kind === "boolean") && index !== plan.along && distinct(column, rows, MOST_SERIES)
      ? [{ column, index }]
      : [],
  );
  return (
    <figure className={styles.whole}>
      <div className={styles.choices}>
        <Choices<Form>
          legend={words.form}
          value={plan.form}
          onChange={(form) => setChosen({ ...chosen, form })}
          options={(["bars", "line", "points"] as const).map((value) => ({ value, label: words[value] }))}
        />
        <Select
          label={words.along}
          value={plan.along}
          onChange={(event) => setChosen({ ...chosen, along: Number(event.target.value) })}
        >
          {axes.map(({ column, index }) => (
            <option key={index} value={index}>
              {column.name}
            </option>
          ))}
        </Select>
        {splits.length > 0 ? (
          <Select
            label={words.split}
            value={plan.split ?? ""}
            onChange={(event) => {
              const split = event.target.value === "" ? null : Number(event.target.value);
              setChosen({ ...chosen, split, values: split === null ? plan.values : plan.values.slice(0, 1) });
            }}
          >
            <option value="">{words.noSplit}</option>
            {splits.map(({ column, index }) => (
              <option key={index} value={index}>
                {column.name}
              </option>
            ))}
          </Select>
        ) : null}
        <fieldset className={styles.values}>
          <legend>{words.values}</legend>
          {numbers.map(({ column, index }) => (
            <Checkbox
              key={index}
              label={<code>{column.name}</code>}
              checked={plan.values.includes(index)}
              disabled={plan.values.length === 1 && plan.values[0] === index}
              onChange={(event) => {
                const others = plan.values.filter((value) => value !== index);
                const values = !event.target.checked
                  ? others
                  : plan.split === null
                    ? [...others, index].slice(-MOST_SERIES)
                    : [index];
                setChosen({ ...chosen, values });
              }}
            />
          ))}
        </fieldset>
      </div>
      <Canvas drawn={drawn} summary={summaryOf(drawn)} />
      <figcaption className={styles.told}>
        <Keys drawn={drawn} />
        <p>{summaryOf(drawn)}</p>
        <p>
          {drawn.cut === null ? null : `${words.cut(drawn.cut, rows)} `}
          {words.figures}
        </p>
      </figcaption>
    </figure>
  );
}

/** Which colour is which, where labels cannot stand at what they are of. */
function Keys({ drawn }: { readonly drawn: Drawing }) {
  if (drawn.form === "line" || drawn.series.length < 2) return null;
  return (
    <ul className={styles.keys}>
      {drawn.series.map(({ name }, index) => (
        <li key={name}>
          <span style={{ background: `var(--series-${index + 1})` }} aria-hidden />
          {name}
        </li>
      ))}
    </ul>
  );
}

function Canvas({ drawn, summary }: { readonly drawn: Drawing; readonly summary: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<Plot | null>(null);
  const theme = useTheme();
  const night = useNight();
  useEffect(() => {
    let closed = false;
    let opened: Plot | null = null;
    void import("./plot").then(({ plotIn }) => {
      if (closed || !place.current) return;
      opened = plotIn(place.current);
      setPlot(opened);
    });
    return () => {
      closed = true;
      opened?.close();
      setPlot(null);
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are others by night
  useEffect(() => plot?.draw(drawn), [plot, drawn, theme, night]);

  const bars = drawn.form === "bars" ? (drawn.series[0]?.points.length ?? 0) : 0;
  const height = bars > 8 ? Math.max(320, bars * (drawn.series.length > 1 ? 30 : 24) + 60) : 360;
  return (
    <div
      ref={place}
      className={styles.canvas}
      role="img"
      aria-label={summary}
      style={{ height }}
      aria-busy={plot === null || undefined}
    />
  );
}

/** Whether the system is dark, and when that changes. */
function useNight(): boolean {
  const [query] = useState(() => window.matchMedia("(prefers-color-scheme: dark)"));
  const [night, setNight] = useState(query.matches);
  useEffect(() => {
    const changed = () => setNight(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  return night;
}

function summaryOf({ form, along, series }: Drawing): string {
  const names = list(series.map(({ name }) => name));
  const [first] = series;
  const what =
    form === "bars" ? words.summary.bars(names, along, first?.points.length ?? 0) : words.summary[form](names, along);
  const ranges = series.map(({ name, points }) => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [, value] of points) {
      if (value === null) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return least > most ? null : words.range(name, number(least), number(most));
  });
  return `${what}. ${ranges.filter((range) => range !== null).join("; ")}.`;
}
