import { useMutation, useQueryClient } from "@tanstack/react-query";

import { client, take } from "../../../api/client";
import type { Feedback, FeedbackState } from "../../../api/types";
import { Icon, Status, type Tone, useToast } from "../../../design";
import type { IconName } from "../../../design/Icon";
import { productMessages } from "../../../messages/en/product";
import styles from "./Feedback.module.css";

const words = productMessages.feedback;

const STATE: Readonly<Record<FeedbackState, readonly [Tone, IconName]>> = {
  open: ["wait", "ask"],
  answered: ["good", "passed"],
  planned: ["note", "clock"],
  done: ["good", "passed"],
  declined: ["bad", "stopped"],
  withdrawn: ["plain", "unknown"],
};

export function State({ state }: { readonly state: FeedbackState }) {
  const [tone, icon] = STATE[state];
  return (
    <Status boxed tone={tone} icon={icon}>
      {words.state[state]}
    </Status>
  );
}

/** How many say that it matters to them, and whether the reader does. */
export function Vote({ item }: { readonly item: Feedback }) {
  const queries = useQueryClient();
  const say = useToast();
  const params = { path: { feedback: item.id } };
  const vote = useMutation({
    mutationFn: () =>
      item.voted
        ? take(client.DELETE("/v1/feedback/{feedback}/vote", { params }))
        : take(client.PUT("/v1/feedback/{feedback}/vote", { params })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["feedback"] }),
    onError: (error) => say(error.message, "bad"),
  });
  return (
    <button
      type="button"
      className={styles.vote}
      aria-pressed={item.voted}
      disabled={vote.isPending}
      title={item.voted ? words.unvote : words.vote}
      onClick={() => vote.mutate()}
    >
      <Icon name="vote" size={16} />
      <span className="unseen">{words.vote}: </span>
      {item.votes}
    </button>
  );
}

/** What something was written about, in words. */
export function aboutWords({ table, column }: Pick<Feedback, "table" | "column">): string {
  if (table === null) return words.aboutAll;
  return column === null ? words.aboutTable(table) : words.aboutColumn(table, column);
}
