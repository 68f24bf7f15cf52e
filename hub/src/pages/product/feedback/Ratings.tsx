import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { client, take } from "../../../api/client";
import { ratings } from "../../../api/queries";
import type { Ratings as Value } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Button, Choices, Dialog, Problem, Select, Share, TextArea, useToast, When } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { number } from "../../../messages/format";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import { useProduct } from "../useProduct";
import styles from "./Feedback.module.css";

const words = productMessages.feedback;

/** How content people are with the product, and the reader's own word on it. */
export function Ratings() {
  const { name } = useProduct();
  const query = useQuery(ratings(name));
  const [rating, setRating] = useState(false);
  return (
    <aside className={styles.side} aria-label={words.ratings}>
      <h3>{words.ratings}</h3>
      <Answer query={query}>
        {(value) => (
          <>
            <Summary value={value} />
            <Button icon="star" onClick={() => setRating(true)}>
              {value.mine ? words.changeRating : words.sendRating}
            </Button>
            <Comments value={value} />
            <Dialog open={rating} onClose={() => setRating(false)} title={words.rate}>
              <Rate mine={value.mine} onDone={() => setRating(false)} />
            </Dialog>
          </>
        )}
      </Answer>
    </aside>
  );
}

function oneDigit(value: number): string {
  return number(Math.round(value * 10) / 10);
}

function Summary({ value: { csat, nps } }: { readonly value: Value }) {
  if (csat.mean === null) return <p className={styles.faint}>{words.unrated}</p>;
  const most = Math.max(1, ...csat.distribution);
  return (
    <>
      <p>
        <span className={styles.big}>{oneDigit(csat.mean)}</span> {words.mean(csat.count)}
      </p>
      <ul className={styles.stars}>
        {csat.distribution
          .map((count, index) => ({ stars: index + 1, count }))
          .toReversed()
          .map(({ stars, count }) => (
            <li key={stars}>
              <span>{words.stars(stars)}</span>
              <Share
                parts={[
                  { key: "count", value: count, colour: "--series-1" },
                  { key: "rest", value: most - count, colour: "--plain-water" },
                ]}
              />
              <span>{number(count)}</span>
            </li>
          ))}
      </ul>
      {nps.score === null ? null : (
        <p className={styles.faint}>{words.npsScore(number(Math.round(nps.score)), nps.count)}</p>
      )}
    </>
  );
}

function Comments({ value: { comments } }: { readonly value: Value }) {
  if (comments.length === 0) return null;
  return (
    <div>
      <h4>{words.comments}</h4>
      <ul className={styles.stars}>
        {comments.map((comment) => (
          <li key={`${comment.author} ${comment.ratedAt}`} className={styles.text}>
            {words.gave(comment.csat)}
            <span>
              {comment.text} – {comment.author}, <When at={comment.ratedAt} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const CONTENT = [1, 2, 3, 4, 5] as const;
const LIKELY = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

function Rate({ mine, onDone }: { readonly mine: Value["mine"]; readonly onDone: () => void }) {
  const { name } = useProduct();
  const queries = useQueryClient();
  const say = useToast();
  const [csat, setCsat] = useState<number | null>(mine?.csat ?? null);
  const { faults, accept } = useFaults();
  const send = useMutation({
    mutationFn: (body: { csat: number; nps: number | null; text: string | null }) =>
      take(client.PUT("/v1/feedback/ratings/{product}", { params: { path: { product: name } }, body })),
    onSuccess: async () => {
      onDone();
      say(words.rated);
      await queries.invalidateQueries({ queryKey: ["feedback", "ratings", name] });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const rest = { nps: text("nps") === "" ? null : Number(text("nps")), text: text("text") || null };
    const wording = { csat: words.chooseRating };
    const found = faultsOf("rateProduct", {
      names: { product: name },
      body: { ...rest, ...(csat !== null && { csat }) },
      wording,
    });
    if (accept(form, found) && csat !== null) send.mutate({ ...rest, csat });
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {send.error ? <Problem error={send.error} /> : null}
      <Choices
        hideLegend
        legend={words.rate}
        value={csat}
        onChange={setCsat}
        options={CONTENT.map((value) => ({ value, label: words.csat[value] }))}
      />
      {faults.csat ? <p role="alert">{faults.csat}</p> : null}
      <Select
        label={words.nps}
        hint={words.npsHint}
        name="nps"
        defaultValue={mine?.nps ?? ""}
        fault={faults.nps}
        optional
      >
        <option value="">{words.npsNone}</option>
        {LIKELY.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </Select>
      <TextArea label={words.comment} name="text" defaultValue={mine?.text ?? ""} fault={faults.text} optional />
      <Button type="submit" kind="main" busy={send.isPending}>
        {words.sendRating}
      </Button>
    </form>
  );
}
