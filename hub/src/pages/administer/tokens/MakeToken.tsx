import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { ADMINISTER, type NewToken, type TokenOrder, users } from "../../../api/administer";
import { client, take } from "../../../api/client";
import { ApiError } from "../../../api/error";
import { products } from "../../../api/queries";
import { useSession } from "../../../app/useSession";
import { Button, Checkbox, Choices, Dialog, More, Problem, Select, TextField } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Administer.module.css";

const words = administerMessages.tokens;

const DAYS = [7, 30, 90, 365] as const;
const DAY = 86_400;

/** Doors that programs come through. */
const DOORS = [
  "sql",
  "rest",
  "graphql",
  "postgres",
  "flight",
  "sharing",
  "mcp",
  "changes",
  "download",
  "management",
] as const;

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onMade: (made: NewToken) => void;
}

/** A dialog that makes a token. */
export function MakeToken({ open, onClose, onMade }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={words.make}>
      <Form
        onMade={(made) => {
          onClose();
          onMade(made);
        }}
      />
    </Dialog>
  );
}

interface Wanted {
  readonly order: TokenOrder;
  readonly password: string | null;
}

function Form({ onMade }: { readonly onMade: (made: NewToken) => void }) {
  const { administrator, principal } = useSession();
  const [days, setDays] = useState<(typeof DAYS)[number]>(90);
  const { faults, accept } = useFaults();
  const make = useMake(onMade);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const entered = new FormData(form);
    const text = written(form);
    const doors = entered.getAll("door").map(String);
    const only = entered.getAll("product").map(String);
    const order: TokenOrder = {
      owner: administrator ? text("owner") : principal,
      label: text("label"),
      scope: {
        doors: doors.length > 0 ? doors : null,
        products: only.length > 0 ? only : null,
      } as TokenOrder["scope"] & object,
      seconds: days * DAY,
    };
    const password = administrator ? null : String(entered.get("password") ?? "");
    const found = {
      ...faultsOf("createToken", { body: order, wording: { owner: { required: words.needOwner } } }),
      ...(password === "" && { password: words.needPassword }),
    };
    if (accept(form, found)) make.mutate({ order, password });
  }

  const wrong = make.error instanceof ApiError && make.error.unauthenticated;
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {make.error && !wrong ? <Problem error={make.error} /> : null}
      {administrator ? <Owner fault={faults.owner} /> : null}
      <TextField label={words.what} hint={words.whatHint} name="label" fault={faults.label} autoComplete="off" />
      <Choices
        legend={words.days}
        value={days}
        onChange={setDays}
        options={DAYS.map((value) => ({ value, label: words.dayCount(value) }))}
      />
      <Limits />
      {administrator ? null : (
        <TextField
          type="password"
          label={words.password}
          hint={words.passwordHint}
          name="password"
          autoComplete="current-password"
          fault={faults.password ?? (wrong ? words.wrongPassword : undefined)}
          required
        />
      )}
      <div>
        <Button type="submit" kind="main" busy={make.isPending}>
          {words.submit}
        </Button>
      </div>
    </form>
  );
}

function Owner({ fault }: { readonly fault: string | undefined }) {
  const { principal } = useSession();
  const { data } = useQuery(users);
  const others = (data ?? []).map((user) => user.principal.id).filter((id) => id !== principal);
  return (
    <Select label={words.forWhom} name="owner" defaultValue={principal} fault={fault}>
      {[principal, ...others].map((id) => (
        <option key={id} value={id}>
          {id}
        </option>
      ))}
    </Select>
  );
}

/** What it is not to be good for. */
function Limits() {
  const { data } = useQuery(products);
  return (
    <More summary={words.limit}>
      <p className={styles.hint}>{words.limitLead}</p>
      <fieldset className={styles.set}>
        <legend>{words.onlyDoors}</legend>
        <div className={styles.checks}>
          {DOORS.map((door) => (
            <Checkbox key={door} label={<code>{door}</code>} name="door" value={door} />
          ))}
        </div>
      </fieldset>
      <fieldset className={styles.set}>
        <legend>{words.onlyProducts}</legend>
        <div className={styles.checks}>
          {(data ?? []).map(({ name, title }) => (
            <Checkbox key={name} label={title ?? name} name="product" value={name} />
          ))}
        </div>
      </fieldset>
    </More>
  );
}

/** Makes it: as an administrator in their session; for oneself with the password, as a session makes none. */
function useMake(onMade: (made: NewToken) => void) {
  const { principal } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ order, password }: Wanted) =>
      take(
        client.POST("/v1/tokens", {
          body: order,
          ...(password !== null && {
            // Without the cookie, so that the session counts for nothing here, and the browser asks nobody for a password.
            credentials: "omit",
            headers: { Authorization: `Basic ${basic(principal, password)}` },
          }),
        }),
      ),
    // A wrong password here does not end the session.
    meta: { signsIn: true },
    onSuccess: async (made) => {
      onMade(made);
      await queries.invalidateQueries({ queryKey: [ADMINISTER, "tokens"] });
    },
  });
}

function basic(user: string, password: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)));
}
