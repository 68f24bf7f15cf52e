import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { client, take } from "../../../api/client";
import { thread } from "../../../api/queries";
import type { Feedback, FeedbackState, FeedbackThread } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import {
  Button,
  Icon,
  Problem,
  Section,
  Select,
  Status,
  Tag,
  TextArea,
  TextField,
  useToast,
  When,
} from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import { useProduct } from "../useProduct";
import styles from "./Feedback.module.css";
import { aboutWords, State, Vote } from "./parts";

const words = productMessages.feedback;

/** One question, problem or request, with all that was answered. */
export function Thread({ id }: { readonly id: string }) {
  const { name } = useProduct();
  const query = useQuery(thread(id));
  return (
    <Section
      title={query.data?.feedback.title ?? words.title}
      actions={
        <Link to="/products/$product/feedback" params={{ product: name }} search={{}}>
          {words.back}
        </Link>
      }
    >
      <Answer query={query}>
        {({ feedback, replies }) => (
          <div className={styles.thread}>
            <Opening feedback={feedback} />
            <Replies replies={replies} />
            <Reply id={feedback.id} />
            {feedback.mayManage ? <Manage feedback={feedback} /> : null}
            {feedback.mayEdit ? <Own feedback={feedback} /> : null}
          </div>
        )}
      </Answer>
    </Section>
  );
}

function Opening({ feedback }: { readonly feedback: Feedback }) {
  return (
    <div className={styles.item}>
      <Vote item={feedback} />
      <div className={styles.content}>
        <div className={styles.meta}>
          <State state={feedback.state} />
          <Tag>{words.kind[feedback.kind]}</Tag>
          <span>{aboutWords(feedback)}</span>
          {feedback.assignee ? (
            <span>
              {words.assignee} {feedback.assignee}
            </span>
          ) : null}
        </div>
        <p className={styles.meta}>
          <Icon name="person" size={15} /> {feedback.author} {words.wrote} <When at={feedback.createdAt} />
          {feedback.editedAt ? ` (${words.edited})` : null}
        </p>
        <p className={styles.text}>{feedback.text}</p>
      </div>
    </div>
  );
}

function Replies({ replies }: { readonly replies: FeedbackThread["replies"] }) {
  if (replies.length === 0) return null;
  return (
    <ol className={styles.replies}>
      {replies.map((reply) => (
        <li key={reply.id}>
          <p className={styles.meta}>
            <Icon name="person" size={15} /> {reply.author} {words.wrote} <When at={reply.createdAt} />
            {reply.operator ? (
              <Status boxed tone="note" icon="product">
                {words.operator}
              </Status>
            ) : null}
          </p>
          <p className={styles.text}>{reply.text}</p>
        </li>
      ))}
    </ol>
  );
}

function Reply({ id }: { readonly id: string }) {
  const [text, setText] = useState("");
  const { faults, accept } = useFaults();
  const queries = useQueryClient();
  const say = useToast();
  const send = useMutation({
    mutationFn: (body: { text: string }) =>
      take(client.POST("/v1/feedback/{feedback}/replies", { params: { path: { feedback: id } }, body })),
    onSuccess: async () => {
      setText("");
      say(words.replied);
      await queries.invalidateQueries({ queryKey: ["feedback"] });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const body = { text: text.trim() };
    const wording = { text: { required: words.needReply } };
    const found = faultsOf("replyToFeedback", { names: { feedback: id }, body, wording });
    if (accept(event.currentTarget, found)) send.mutate(body);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {send.error ? <Problem error={send.error} /> : null}
      <TextArea
        label={words.reply}
        value={text}
        fault={faults.text}
        onChange={(event) => setText(event.target.value)}
      />
      <div>
        <Button type="submit" kind="main" busy={send.isPending}>
          {words.sendReply}
        </Button>
      </div>
    </form>
  );
}

function useChange(id: string) {
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: (body: { state?: FeedbackState; assignee?: string | null }) =>
      take(client.PATCH("/v1/feedback/{feedback}", { params: { path: { feedback: id } }, body })),
    onSuccess: async () => {
      say(words.saved);
      await queries.invalidateQueries({ queryKey: ["feedback"] });
    },
  });
}

const STATES: readonly FeedbackState[] = ["open", "answered", "planned", "done", "declined"];

function Manage({ feedback }: { readonly feedback: Feedback }) {
  const change = useChange(feedback.id);
  const { faults, accept } = useFaults();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const state = STATES.find((one) => one === text("state")) ?? feedback.state;
    const body = { state, assignee: text("assignee") || null };
    if (accept(form, faultsOf("changeFeedback", { names: { feedback: feedback.id }, body }))) change.mutate(body);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate key={`${feedback.state} ${feedback.assignee}`}>
      {change.error ? <Problem error={change.error} /> : null}
      <div className={styles.manage}>
        <div>
          <Select label={words.setState} name="state" defaultValue={feedback.state} fault={faults.state}>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {words.state[state]}
              </option>
            ))}
          </Select>
        </div>
        <div>
          <TextField
            label={words.assign}
            name="assignee"
            defaultValue={feedback.assignee ?? ""}
            placeholder={words.assignHint}
            fault={faults.assignee}
          />
        </div>
        <Button type="submit" busy={change.isPending}>
          {words.save}
        </Button>
      </div>
    </form>
  );
}

/** What its author can do besides. */
function Own({ feedback }: { readonly feedback: Feedback }) {
  const change = useChange(feedback.id);
  const over = feedback.state !== "open";
  return (
    <div className={styles.manage}>
      {change.error ? <Problem error={change.error} /> : null}
      <Button small busy={change.isPending} onClick={() => change.mutate({ state: over ? "open" : "withdrawn" })}>
        {over ? words.reopen : words.withdraw}
      </Button>
    </div>
  );
}
