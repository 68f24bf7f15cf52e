import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { client, take } from "../../../api/client";
import type { AgreementOrder } from "../../../api/types";
import { Button, Choices, Dialog, Problem, TextArea, TextField, useToast } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
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
  const { faults, accept } = useFaults();
  const { name } = useProduct();
  const send = useRequest(onClose);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const order: AgreementOrder = {
      product: name,
      ...port,
      purpose: text("purpose"),
      justification: text("justification") || null,
      seconds: days * DAY,
    };
    const wording = { purpose: { required: words.needPurpose } };
    if (accept(form, faultsOf("requestAgreement", { body: order, wording }))) send.mutate(order);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p>{words.askLead}</p>
      {send.error ? <Problem error={send.error} /> : null}
      <TextField label={words.for} hint={words.forHint} name="purpose" fault={faults.purpose} required />
      <TextArea label={words.why2} name="justification" fault={faults.justification} optional />
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

function useRequest(onClose: () => void) {
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: (order: AgreementOrder) => take(client.POST("/v1/agreements", { body: order })),
    onSuccess: async ({ state }) => {
      onClose();
      say(state === "approved" ? words.approved : words.sent);
      await Promise.all(["catalog", "agreements"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
}
