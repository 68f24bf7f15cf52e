import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { client, take } from "../../../api/client";
import { Button, Choices, Dialog, Problem, TextArea, TextField, useToast } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { useProduct } from "../useProduct";
import type { PortOf } from "./Access";
import styles from "./Access.module.css";

const words = productMessages.access;

const DAYS = [30, 90, 365] as const;
const DAY = 86_400;

/** A request to read one port, for one purpose and a time. */
export function RequestDialog({ port, onClose }: { readonly port: PortOf | null; readonly onClose: () => void }) {
  return (
    <Dialog open={port !== null} onClose={onClose} title={words.askTitle(port?.port ?? "")}>
      {port ? <Request port={port} onClose={onClose} /> : null}
    </Dialog>
  );
}

function Request({ port, onClose }: { readonly port: PortOf; readonly onClose: () => void }) {
  const [days, setDays] = useState<number>(90);
  const [fault, setFault] = useState<string | null>(null);
  const send = useRequest(port, onClose);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const entered = new FormData(event.currentTarget);
    const purpose = String(entered.get("purpose") ?? "").trim();
    const justification = String(entered.get("justification") ?? "").trim();
    setFault(purpose === "" ? words.needPurpose : null);
    if (purpose !== "") send.mutate({ purpose, justification: justification || null, seconds: days * DAY });
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p>{words.askLead}</p>
      {send.error ? <Problem error={send.error} /> : null}
      <TextField label={words.for} hint={words.forHint} name="purpose" maxLength={200} fault={fault} required />
      <TextArea label={words.why2} name="justification" optional />
      <Choices
        legend={words.days}
        value={days}
        onChange={setDays}
        options={DAYS.map((count) => ({ value: count, label: words.dayCount(count) }))}
      />
      <Button type="submit" kind="main" busy={send.isPending}>
        {words.submit}
      </Button>
    </form>
  );
}

function useRequest({ port, major }: PortOf, onClose: () => void) {
  const { name } = useProduct();
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: (order: { purpose: string; justification: string | null; seconds: number }) =>
      take(client.POST("/v1/agreements", { body: { product: name, port, major, ...order } })),
    onSuccess: async ({ state }) => {
      onClose();
      say(state === "approved" ? words.approved : words.sent);
      await Promise.all(["catalog", "agreements"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
}
