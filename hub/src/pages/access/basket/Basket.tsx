import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { agreements } from "../../../api/agreements";
import { client, take } from "../../../api/client";
import type { AgreementOrder } from "../../../api/types";
import { useSession } from "../../../app/useSession";
import {
  Button,
  buttonClass,
  Choices,
  Empty,
  Problem,
  Section,
  Select,
  Status,
  TextArea,
  TextField,
  useToast,
} from "../../../design";
import { accessMessages } from "../../../messages/en/access";
import { useBasket, type Wanted, wantedKey } from "../../../parts/basket";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Access.module.css";
import { isMine } from "../standing";
import { Entry } from "./Entry";

const words = accessMessages.basket;

/** What the reader wants to ask for, and asks for at once. */
export function Basket() {
  const { entries, put, remove } = useBasket();
  const [sent, setSent] = useState(false);
  const standing = useStanding();
  if (entries.length === 0) return <Nothing sent={sent} />;
  return (
    <>
      <Section title={words.title} lead={words.lead}>
        <ul className={styles.list}>
          {entries.map((wanted) => (
            <Entry
              key={wantedKey(wanted)}
              wanted={wanted}
              standing={standing.get(wantedKey(wanted)) ?? null}
              onChange={put}
              onRemove={() => remove(wantedKey(wanted))}
            />
          ))}
        </ul>
      </Section>
      <Section title={words.form}>
        <Request
          entries={entries}
          onSent={(keys) => {
            setSent(true);
            remove(...keys);
          }}
        />
      </Section>
    </>
  );
}

function Nothing({ sent }: { readonly sent: boolean }) {
  return (
    <Section title={words.title}>
      <Empty
        icon={sent ? "check" : "basket"}
        title={sent ? words.done : words.empty}
        actions={
          <Link to={sent ? "/access" : "/"} className={buttonClass({ kind: "main" })}>
            {sent ? words.seeThem : words.find}
          </Link>
        }
      >
        {sent ? words.doneText : words.emptyText}
      </Empty>
    </Section>
  );
}

/** What the reader has of a port already, by `product.port@major`. */
function useStanding(): ReadonlyMap<string, "active" | "requested"> {
  const session = useSession();
  const { data } = useQuery(agreements);
  const found = new Map<string, "active" | "requested">();
  for (const listed of data ?? []) {
    if (!isMine(listed, session)) continue;
    const key = wantedKey(listed.agreement.port);
    if (listed.standing === "active") found.set(key, "active");
    else if (listed.agreement.state === "requested" && !found.has(key)) found.set(key, "requested");
  }
  return found;
}

const DAYS = [30, 90, 365, 0] as const;
const DAY = 86_400;
const MOST_DAYS = 3_650;

interface RequestProps {
  readonly entries: readonly Wanted[];
  readonly onSent: (keys: readonly string[]) => void;
}

function Request({ entries, onSent }: RequestProps) {
  const { groups } = useSession();
  const [choice, setChoice] = useState<(typeof DAYS)[number]>(90);
  const { faults, accept } = useFaults();
  const send = useSend(onSent);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const days = choice === 0 ? Number(text("days")) : choice;
    const orders = entries.map(
      ({ product, port, major, columns }): AgreementOrder => ({
        product,
        port,
        major,
        purpose: text("purpose"),
        seconds: days * DAY,
        ...(columns && { columns: [...columns] }),
        ...(text("justification") !== "" && { justification: text("justification") }),
        ...(text("group") !== "" && { group: text("group") }),
      }),
    );
    const wording = { purpose: { required: words.needFor, maxLength: words.longFor } };
    const found = {
      // They differ in what is asked for, and that was chosen from what there is.
      ...(orders[0] && faultsOf("requestAgreement", { body: orders[0], wording })),
      ...((!Number.isInteger(days) || days < 1 || days > MOST_DAYS) && { seconds: words.needDays }),
      ...(entries.some(({ columns }) => columns?.length === 0) && { columns: words.needColumn }),
    };
    if (accept(form, found)) send.mutate(orders);
  }

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {send.data?.failed.map(({ name, error }) => (
        <div key={name} className={styles.words}>
          <h3>{words.failed(name)}</h3>
          <Problem error={error} />
        </div>
      ))}
      <TextField
        label={words.for}
        hint={words.forHint}
        name="purpose"
        fault={faults.purpose}
        autoComplete="off"
        required
      />
      <TextArea label={words.why} hint={words.whyHint} name="justification" fault={faults.justification} optional />
      {groups.length > 0 ? (
        <Select label={words.who} name="group" fault={faults.group}>
          <option value="">{words.me}</option>
          {groups.map((group) => (
            <option key={group} value={group}>
              {words.group(group)}
            </option>
          ))}
        </Select>
      ) : null}
      <Choices
        legend={words.days}
        value={choice}
        onChange={setChoice}
        options={DAYS.map((value) => ({ value, label: value === 0 ? words.other : words.dayCount(value) }))}
      />
      {choice === 0 ? (
        <div className={styles.short}>
          <TextField label={words.otherDays} name="days" inputMode="numeric" fault={faults.seconds} required />
        </div>
      ) : null}
      {faults.columns ? <Status tone="bad">{faults.columns}</Status> : null}
      <div>
        <Button type="submit" kind="main" busy={send.isPending}>
          {words.send(entries.length)}
        </Button>
      </div>
    </form>
  );
}

interface Sent {
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
}

/** Sends one request for each port. What was sent is out of the basket, whatever became of the others. */
function useSend(onSent: (keys: readonly string[]) => void) {
  const queries = useQueryClient();
  const say = useToast();
  return useMutation({
    mutationFn: async (orders: readonly AgreementOrder[]): Promise<Sent> => {
      const failed: { name: string; error: unknown }[] = [];
      const sent: string[] = [];
      let granted = 0;
      for (const order of orders) {
        const name = wantedKey({ ...order, major: order.major ?? 0 });
        try {
          const { state } = await take(client.POST("/v1/agreements", { body: order }));
          sent.push(name);
          if (state === "approved") granted += 1;
        } catch (error) {
          failed.push({ name, error });
        }
      }
      if (sent.length > granted) say(words.sent(sent.length - granted));
      if (granted > 0) say(words.sentNow(granted));
      onSent(sent);
      return { failed };
    },
    onSettled: () =>
      Promise.all(["agreements", "catalog", "sample"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}
