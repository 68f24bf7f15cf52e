import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { ADMINISTER, type UserOrder } from "../../../api/administer";
import { client, take } from "../../../api/client";
import { ApiError } from "../../../api/error";
import { Button, Problem, Section, TextField, useToast } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Administer.module.css";
import { read } from "./order";
import { enteredOf, type Kind, PersonFields, WORDING } from "./PersonFields";

const words = administerMessages.person;

const NOTHING: UserOrder = { kind: "user" };

/** Puts someone on record whom there is not yet. */
export function NewPerson() {
  const [kind, setKind] = useState<Kind>("user");
  const { faults, accept } = useFaults();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  const add = useMutation({
    mutationFn: ({ name, order }: { readonly name: string; readonly order: UserOrder }) =>
      take(
        client.PUT("/v1/users/{user}", {
          // Nobody of the same name is overwritten.
          params: { path: { user: name }, header: { "If-None-Match": "*" } },
          body: order,
        }),
      ),
    onSuccess: async ({ principal: { id } }) => {
      say(words.saved(id));
      await queries.invalidateQueries({ queryKey: [ADMINISTER] });
      await navigate({ to: "/administer/people/$user", params: { user: id } });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const name = written(form)("name");
    const [order, own] = read(enteredOf(form, kind), words.wrongLabel);
    const found = { ...faultsOf("putUser", { names: { user: name }, body: order, wording: WORDING }), ...own };
    if (accept(form, found)) add.mutate({ name, order });
  }

  const taken = add.error instanceof ApiError && add.error.status === 412;
  return (
    <Section title={words.addTitle} lead={words.addLead} actions={<Link to="/administer/people">{words.back}</Link>}>
      <form className={styles.form} onSubmit={submit} noValidate>
        {add.error && !taken ? <Problem error={add.error} /> : null}
        <TextField
          label={words.name}
          hint={words.nameHint}
          name="name"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          fault={faults.user ?? (taken ? words.taken : undefined)}
          required
        />
        <PersonFields begin={NOTHING} kind={kind} onKind={setKind} faults={faults} known={false} />
        <div>
          <Button type="submit" kind="main" busy={add.isPending}>
            {words.add(kind)}
          </Button>
        </div>
      </form>
    </Section>
  );
}
