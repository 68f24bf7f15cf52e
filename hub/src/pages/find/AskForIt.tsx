import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { client, take } from "../../api/client";
import { choices } from "../../api/queries";
import { Answer } from "../../app/Answer";
import { useDebounced } from "../../app/useDebounced";
import { Button, Dialog, Problem, Select, TextArea, TextField, useToast } from "../../design";
import { messages } from "../../messages";
import { faultsLater, useFaults, written } from "../../parts/useFaults";
import styles from "./AskForIt.module.css";

const words = messages.find.ask;

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  /** What was looked for. */
  readonly q: string;
}

/** What nobody offers is asked for, of whom comes closest. */
export function AskForIt({ open, onClose, q }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={words.title}>
      <Request q={q} onClose={onClose} />
    </Dialog>
  );
}

function Request({ q, onClose }: { readonly q: string; readonly onClose: () => void }) {
  const [about, setAbout] = useState("");
  const near = useQuery({ ...choices(useDebounced(about.trim(), 120)), placeholderData: keepPreviousData });
  const navigate = useNavigate();
  const say = useToast();
  const { faults, accept } = useFaults();
  const send = useMutation({
    mutationFn: (body: { product: string; kind: "request"; title: string; text: string }) =>
      take(client.POST("/v1/feedback", { body })),
    onSuccess: ({ feedback: { id, product } }) => {
      onClose();
      say(words.sent);
      void navigate({ to: "/products/$product/feedback", params: { product }, search: { thread: id } });
    },
  });

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const body = { product: text("product"), kind: "request", title: text("title"), text: text("text") } as const;
    const wording = {
      product: words.noneNear,
      title: { required: words.needWhat },
      text: { required: words.needWhy },
    };
    if (accept(form, await faultsLater("giveFeedback", { body, wording }))) send.mutate(body);
  }

  return (
    <Answer query={near}>
      {({ hits, total }) =>
        total === 0 && about === "" ? (
          <p>{words.none}</p>
        ) : (
          <form className={styles.form} onSubmit={submit} noValidate>
            <p>{words.lead}</p>
            {send.error ? <Problem error={send.error} /> : null}
            {total > hits.length || about !== "" ? (
              <TextField
                label={words.about}
                type="search"
                value={about}
                onChange={(event) => setAbout(event.target.value)}
                maxLength={200}
                fault={hits.length === 0 ? words.noneNear : null}
              />
            ) : null}
            <Select label={words.product} name="product" fault={hits.length === 0 ? null : faults.product}>
              {hits.map(({ card }) => (
                <option key={card.name} value={card.name}>
                  {card.title ?? card.name}
                </option>
              ))}
            </Select>
            <TextField label={words.what} hint={words.whatHint} name="title" defaultValue={q} fault={faults.title} />
            <TextArea label={words.why} hint={words.whyHint} name="text" fault={faults.text} />
            <Button type="submit" kind="main" busy={send.isPending}>
              {words.submit}
            </Button>
          </form>
        )
      }
    </Answer>
  );
}
