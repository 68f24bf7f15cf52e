import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { client, take } from "../../api/client";
import { choices } from "../../api/queries";
import { Answer } from "../../app/Answer";
import { useDebounced } from "../../app/useDebounced";
import { Button, Dialog, Problem, Select, TextArea, TextField, useToast } from "../../design";
import { messages } from "../../messages";
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

interface Faults {
  readonly title?: string;
  readonly text?: string;
}

function Request({ q, onClose }: { readonly q: string; readonly onClose: () => void }) {
  const [about, setAbout] = useState("");
  const near = useQuery({ ...choices(useDebounced(about.trim(), 120)), placeholderData: keepPreviousData });
  const navigate = useNavigate();
  const say = useToast();
  const [faults, setFaults] = useState<Faults>({});
  const send = useMutation({
    mutationFn: (body: { product: string; kind: "request"; title: string; text: string }) =>
      take(client.POST("/v1/feedback", { body })),
    onSuccess: ({ feedback: { id, product } }) => {
      onClose();
      say(words.sent);
      void navigate({ to: "/products/$product/feedback", params: { product }, search: { thread: id } });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const entered = new FormData(event.currentTarget);
    const [product, title, text] = ["product", "title", "text"].map((name) => String(entered.get(name) ?? "").trim());
    setFaults({ ...(!title && { title: words.needWhat }), ...(!text && { text: words.needWhy }) });
    if (product && title && text) send.mutate({ product, kind: "request", title, text });
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
            <Select label={words.product} name="product">
              {hits.map(({ card }) => (
                <option key={card.name} value={card.name}>
                  {card.title ?? card.name}
                </option>
              ))}
            </Select>
            <TextField
              label={words.what}
              hint={words.whatHint}
              name="title"
              maxLength={200}
              defaultValue={q}
              fault={faults.title}
            />
            <TextArea label={words.why} hint={words.whyHint} name="text" maxLength={10_000} fault={faults.text} />
            <Button type="submit" kind="main" busy={send.isPending}>
              {words.submit}
            </Button>
          </form>
        )
      }
    </Answer>
  );
}
