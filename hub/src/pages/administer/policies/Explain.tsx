import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useId } from "react";

import { type PolicyTestOrder, trial, users } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { Button, Empty, Section, TextField } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Administer.module.css";
import { explainRoute } from "../route";
import { TableChooser } from "./Chooser";
import { Sees, Texts } from "./Sees";

const words = administerMessages.explain;

/** Why someone on record sees what they see of a table, policy by policy. What is asked stands in the address. */
export function Explain() {
  const asked = explainRoute.useSearch();
  const { user, product, table, purpose } = asked;
  const order: PolicyTestOrder | null =
    user && product && table ? { user, product, table, door: "sql", ...(purpose !== undefined && { purpose }) } : null;
  return (
    <Section
      title={words.title}
      lead={words.lead}
      actions={<Link to="/administer/policies">{administerMessages.policy.back}</Link>}
    >
      <Asked key={`${user} ${purpose}`} />
      {order ? (
        <Why order={order} />
      ) : (
        <Empty icon="shield" title={words.empty}>
          {words.emptyText}
        </Empty>
      )}
    </Section>
  );
}

function Asked() {
  const { user = "", product = "", table = "", purpose = "" } = explainRoute.useSearch();
  const navigate = explainRoute.useNavigate();
  const { data } = useQuery(users);
  const { faults, accept } = useFaults();
  const known = useId();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const [who, what] = [text("user"), text("purpose")];
    const found = {
      ...faultsOf("testPolicies", { body: { user: who, purpose: what } }),
      ...(who === "" && { user: words.needWho }),
    };
    if (!accept(form, found)) return;
    void navigate({
      search: (before) => ({ ...before, user: who, purpose: what === "" ? undefined : what }) as typeof before,
    });
  }

  return (
    <form className={styles.ask} onSubmit={submit} noValidate>
      <TextField
        label={words.who}
        name="user"
        defaultValue={user}
        list={known}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        fault={faults.user}
      />
      <datalist id={known}>
        {(data ?? []).map(({ principal: { id } }) => (
          <option key={id} value={id} />
        ))}
      </datalist>
      <TableChooser
        product={product}
        table={table}
        onChange={(product, table) =>
          navigate({
            search: ({ product: _, table: __, ...rest }) => ({
              ...rest,
              ...(product && { product }),
              ...(table && { table }),
            }),
            replace: true,
          })
        }
      />
      <TextField
        label={words.purpose}
        hint={words.purposeHint}
        name="purpose"
        defaultValue={purpose}
        fault={faults.purpose}
        autoComplete="off"
        optional
      />
      <div className={styles.wide}>
        <Button type="submit" kind="main">
          {words.submit}
        </Button>
      </div>
    </form>
  );
}

function Why({ order }: { readonly order: PolicyTestOrder }) {
  const query = useQuery(trial(order));
  return (
    <Answer query={query}>
      {(sight) =>
        sight ? (
          <div className={styles.answer}>
            <Sees who={order.user ?? ""} table={`${order.product}.${order.table}`} sight={sight} />
            {sight.explanation.administrator ? null : <Texts explanation={sight.explanation} />}
          </div>
        ) : null
      }
    </Answer>
  );
}
