import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { client, take } from "../../../api/client";
import type { FeedbackKind } from "../../../api/types";
import { Button, Choices, Problem, Select, TextArea, TextField, useToast } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import { useProduct } from "../useProduct";
import styles from "./Feedback.module.css";

const words = productMessages.feedback;

const KINDS: readonly FeedbackKind[] = ["question", "problem", "request"];

/** A question, a problem or a request, about the product or a part of it: `about` is empty, `table` or `table.column`. */
export function Write({ about, onDone }: { readonly about: string; readonly onDone: () => void }) {
  const [kind, setKind] = useState<FeedbackKind>("question");
  const { faults, accept } = useFaults();
  const { name } = useProduct();
  const send = useSend(onDone);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const [table = "", column = ""] = text("about").split(".");
    const order = {
      product: name,
      kind,
      title: text("title"),
      text: text("text"),
      table: table || null,
      column: column || null,
    };
    const wording = { title: { required: words.needTitle }, text: { required: words.needText } };
    if (accept(form, faultsOf("giveFeedback", { body: order, wording }))) send.mutate(order);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {send.error ? <Problem error={send.error} /> : null}
      <Choices
        legend={words.kindLegend}
        value={kind}
        onChange={setKind}
        options={KINDS.map((value) => ({ value, label: words.kind[value] }))}
      />
      <About about={about} />
      <TextField label={words.titleLabel} name="title" fault={faults.title} />
      <TextArea label={words.textLabel} name="text" fault={faults.text} />
      <Button type="submit" kind="main" busy={send.isPending}>
        {words.submit}
      </Button>
    </form>
  );
}

function About({ about }: { readonly about: string }) {
  const { outputs } = useProduct();
  const tables = outputs.flatMap((port) => port.tables);
  return (
    <Select label={words.about} name="about" defaultValue={about}>
      <option value="">{words.aboutAll}</option>
      {tables.map((table) => (
        <optgroup key={table.sqlName} label={table.sqlName}>
          <option value={table.name}>{words.aboutTable(table.name)}</option>
          {table.columns.map((column) => (
            <option key={column.name} value={`${table.name}.${column.name}`}>
              {words.aboutColumn(table.name, column.name)}
            </option>
          ))}
        </optgroup>
      ))}
    </Select>
  );
}

interface Order {
  product: string;
  kind: FeedbackKind;
  title: string;
  text: string;
  table: string | null;
  column: string | null;
}

function useSend(onDone: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  return useMutation({
    mutationFn: (body: Order) => take(client.POST("/v1/feedback", { body })),
    onSuccess: async ({ feedback: { id, product } }) => {
      onDone();
      say(words.sent);
      await queries.invalidateQueries({ queryKey: ["feedback"] });
      await navigate({ to: "/products/$product/feedback", params: { product }, search: { thread: id } });
    },
  });
}
