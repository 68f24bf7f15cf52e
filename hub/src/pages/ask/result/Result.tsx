import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useState } from "react";

import { ApiError } from "../../../api/error";
import type { Heard } from "../../../api/sql";
import { Button, Choices, Empty, Facts, More, Problem, Status, useToast } from "../../../design";
import { askMessages } from "../../../messages/en/ask";
import type { View } from "../../../parts/question";
import { type Place, placeOf } from "../place";
import { Chart, type Drawn } from "./Chart";
import type { Loaded } from "./column";
import { download, FILES, type File } from "./download";
import { Grid } from "./Grid";
import { orderedBy, type Sorting } from "./order";
import styles from "./Result.module.css";
import type { Answer, Asking } from "./useAnswer";

const words = askMessages;

interface Props {
  readonly answer: Answer;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly chart: Drawn;
  /** Goes to a place in the question. */
  readonly onPlace: (place: Place) => void;
}

/** What came of a question: rows, a picture of them, or why there are none. */
export function Result({ answer, view, onView, chart, onPlace }: Props) {
  if (answer.state === "none") {
    return (
      <Empty icon="table" title={words.empty.title}>
        {words.empty.text}
      </Empty>
    );
  }
  const { loaded } = answer;
  return (
    <div className={styles.result}>
      <div className={styles.bar}>
        <div aria-live="polite" className={styles.told}>
          <Told answer={answer} />
        </div>
        {answer.state === "answered" && loaded && loaded.rows > 0 ? (
          <div className={styles.actions}>
            <Choices<View>
              hideLegend
              legend={words.view.label}
              value={view}
              onChange={onView}
              options={(["rows", "chart"] as const).map((value) => ({ value, label: words.view[value] }))}
            />
            <Download asking={answer.asking} />
          </div>
        ) : null}
      </div>
      {answer.state === "failed" ? <Failed error={answer.error} loaded={loaded} onPlace={onPlace} /> : null}
      {loaded && loaded.rows > 0 ? (
        <Shown
          loaded={loaded}
          coming={answer.state === "asking"}
          chart={view === "chart" && answer.state === "answered" ? chart : null}
        />
      ) : null}
      {answer.state === "answered" && answer.loaded.rows === 0 ? (
        <Empty icon="table" title={words.status.none}>
          {words.status.noneHelp}
        </Empty>
      ) : null}
      {answer.heard ? <Read heard={answer.heard} purpose={answer.asking.purpose} /> : null}
    </div>
  );
}

function Told({ answer }: { readonly answer: Exclude<Answer, { readonly state: "none" }> }) {
  const rows = answer.loaded?.rows ?? 0;
  switch (answer.state) {
    case "asking":
      return <Status tone="wait">{rows > 0 ? words.status.coming(rows) : words.status.asking}</Status>;
    case "answered":
      return answer.loaded.cut ? (
        <Status tone="care">{words.status.cut(rows, answer.loaded.bytes)}</Status>
      ) : (
        <Status tone="good">{words.status.answered(rows, answer.milliseconds)}</Status>
      );
    case "stopped":
      return <Status tone="plain">{rows > 0 ? words.status.stoppedWith(rows) : words.status.stopped}</Status>;
    case "failed":
      return answer.loaded ? <Status tone="bad">{words.status.broken(rows)}</Status> : null;
  }
}

function Failed({
  error,
  loaded,
  onPlace,
}: {
  readonly error: unknown;
  readonly loaded: Loaded | null;
  readonly onPlace: (place: Place) => void;
}) {
  // What broke while it came has no problem document: only the record says why.
  if (!(error instanceof ApiError))
    return loaded ? <p className={styles.help}>{words.status.brokenHelp}</p> : <Problem error={error} />;
  const place = placeOf(error.problem);
  return (
    <div className={styles.failed}>
      <Problem error={error} />
      {place ? (
        <Button small icon="edit" onClick={() => onPlace(place)}>
          {words.editor.error(place.line, place.column)}
        </Button>
      ) : null}
    </div>
  );
}

interface ShownProps {
  readonly loaded: Loaded;
  /** More of it is on its way. */
  readonly coming: boolean;
  readonly chart: Drawn | null;
}

/** Rows or a chart, in the order that was chosen. */
function Shown({ loaded, coming, chart }: ShownProps) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  // The press is seen at once, the order when it is there.
  const wanted = useDeferredValue(sorting);
  const order = useMemo(() => {
    const column = wanted && !coming ? loaded.columns[wanted.column] : undefined;
    return wanted && column ? orderedBy(column, loaded.rows, wanted.descending) : null;
  }, [wanted, coming, loaded]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: columns are new with each answer
  useEffect(() => setSorting(null), [loaded.columns]);
  if (chart) return <Chart loaded={loaded} order={order} drawn={chart} />;
  return <Grid loaded={loaded} order={order} sorting={sorting} onSort={setSorting} />;
}

function Download({ asking }: { readonly asking: Asking }) {
  const say = useToast();
  const take = useMutation({
    mutationFn: (format: File) => download(asking, format, new AbortController().signal),
    onSuccess: (_answer, format) => say(words.download.done(words.download[format])),
  });
  return (
    <div className={styles.download}>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons of one kind, not fields of a form */}
      <div role="group" aria-label={words.download.label} title={words.download.again}>
        {FILES.map((format) => (
          <Button
            key={format}
            small
            kind="quiet"
            icon="download"
            aria-label={words.download.as(words.download[format])}
            busy={take.isPending}
            onClick={() => take.mutate(format)}
          >
            {words.download[format]}
          </Button>
        ))}
      </div>
      {take.error ? <Problem error={take.error} /> : null}
    </div>
  );
}

/** What was read, and where that is on record. */
function Read({ heard: { releases, request }, purpose }: { readonly heard: Heard; readonly purpose: string | null }) {
  return (
    <More summary={words.read.title}>
      <Facts
        facts={[
          [
            words.read.products,
            releases.length === 0 ? (
              words.read.none
            ) : (
              <ul key="releases">
                {releases.map(({ product, release }) => (
                  <li key={product}>
                    <Link to="/products/$product" params={{ product }}>
                      {product}
                    </Link>
                    {`, ${words.read.release(release)} · `}
                    <Link to="/products/$product/access" params={{ product }}>
                      {words.read.rights}
                      <span className="unseen"> ({product})</span>
                    </Link>
                  </li>
                ))}
              </ul>
            ),
          ],
          [words.read.purpose, purpose ?? words.read.noPurpose],
          ...(request ? [[words.read.record, <code key="request">{request}</code>] as const] : []),
        ]}
      />
    </More>
  );
}
