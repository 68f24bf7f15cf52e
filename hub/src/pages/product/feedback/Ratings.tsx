import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { client, take } from "../../../api/client";
import { ratings } from "../../../api/queries";
import type { Ratings as Value } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Button, Choices, Dialog, Problem, Select, Share, TextArea, useToast, When } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { number } from "../../../messages/format";
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
  const [missing, setMissing] = useState(false);
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
    setMissing(csat === null);
    if (csat === null) return;
    const entered = new FormData(event.currentTarget);
    const nps = String(entered.get("nps") ?? "");
    send.mutate({ csat, nps: nps === "" ? null : Number(nps), text: String(entered.get("text") ?? "").trim() || null });
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
      {missing ? <p role="alert">{words.chooseRating}</p> : null}
      <Select label={words.nps} hint={words.npsHint} name="nps" defaultValue={mine?.nps ?? ""} optional>
        <option value="">{words.npsNone}</option>
        {LIKELY.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </Select>
      <TextArea label={words.comment} name="text" defaultValue={mine?.text ?? ""} maxLength={10_000} optional />
      <Button type="submit" kind="main" busy={send.isPending}>
        {words.sendRating}
      </Button>
    </form>
  );
}
