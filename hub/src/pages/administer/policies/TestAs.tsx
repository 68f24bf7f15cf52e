import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { groups as groupsQuery, type PolicyTestOrder, trial, users } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { Button, Checkbox, Choices, Empty, More, Section, Select, TextField } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { faultsOf } from "../../../parts/schema";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Administer.module.css";
import { testRoute } from "../route";
import { TableChooser } from "./Chooser";
import { Sees, Texts } from "./Sees";
import { DOORS, type Door, orderOf, type Tried } from "./tried";

const words = administerMessages.test;
const { explain, person } = administerMessages;

/** What someone would see of a table: someone on record, or someone made up. What is tried stands in the address. */
export function TestAs() {
  const tried = testRoute.useSearch();
  const order = orderOf(tried);
  return (
    <Section
      title={words.title}
      lead={words.lead}
      actions={<Link to="/administer/policies">{administerMessages.policy.back}</Link>}
    >
      <Asked tried={tried} />
      {order ? (
        <Result order={order} />
      ) : (
        <Empty icon="shield" title={words.empty}>
          {words.emptyText}
        </Empty>
      )}
    </Section>
  );
}

function Asked({ tried }: { readonly tried: Tried }) {
  const navigate = testRoute.useNavigate();
  const [made, setMade] = useState(tried.made === "yes");
  const [table, setTable] = useState({ product: tried.product ?? "", table: tried.table ?? "" });
  const { faults, accept } = useFaults();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const next: Tried = tidy({
      ...table,
      ...(made
        ? {
            made: "yes",
            groups: new FormData(form).getAll("group").map(String).join(","),
            region: text("region"),
            department: text("department"),
            clearance: text("clearance"),
          }
        : { user: text("user") }),
      purpose: text("purpose"),
      door: text("door"),
      agreement: text("agreement"),
    });
    const order = orderOf(next) ?? { user: next.user ?? "", purpose: next.purpose ?? null };
    const said = faultsOf("testPolicies", { body: order });
    const found = {
      ...said,
      // Someone made up has one attribute that can be written wrong.
      ...(said.principal && { clearance: person.wrongClearance }),
      ...(!made && !next.user && { user: explain.needWho }),
      ...(next.agreement && !next.purpose && { purpose: words.needPurpose }),
    };
    if (accept(form, found)) void navigate({ search: next });
  }

  return (
    <form className={styles.wideForm} onSubmit={submit} noValidate>
      <Choices
        legend={words.who}
        value={made ? "principal" : "user"}
        onChange={(value) => setMade(value === "principal")}
        options={[
          { value: "user", label: words.whos.user },
          { value: "principal", label: words.whos.principal },
        ]}
      />
      {made ? <MadeUp tried={tried} fault={faults.clearance} /> : <Known tried={tried} fault={faults.user} />}
      <div className={styles.ask}>
        <TableChooser {...table} onChange={(product, table) => setTable({ product, table })} />
        <TextField
          label={explain.purpose}
          name="purpose"
          defaultValue={tried.purpose ?? ""}
          fault={faults.purpose}
          autoComplete="off"
          optional
        />
        <Select label={words.door} name="door" defaultValue={tried.door ?? "sql"}>
          {DOORS.map((door: Door) => (
            <option key={door} value={door}>
              {administerMessages.doors[door]}
            </option>
          ))}
        </Select>
      </div>
      <Checkbox label={words.agreement} name="agreement" value="yes" defaultChecked={tried.agreement === "yes"} />
      <div>
        <Button type="submit" kind="main">
          {words.submit}
        </Button>
      </div>
    </form>
  );
}

interface Who {
  readonly tried: Tried;
  readonly fault: string | undefined;
}

function Known({ tried, fault }: Who) {
  const { data } = useQuery(users);
  const known = (data ?? []).map(({ principal }) => principal.id);
  const all = [...new Set([...(tried.user ? [tried.user] : []), ...known])];
  return (
    <div className={styles.find}>
      <Select key={all.length} label={explain.who} name="user" defaultValue={tried.user ?? ""} fault={fault}>
        <option value="">{explain.choose}</option>
        {all.map((id) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </Select>
    </div>
  );
}

function MadeUp({ tried, fault }: Who) {
  const { data } = useQuery(groupsQuery);
  const chosen = (tried.groups ?? "").split(",").filter((name) => name !== "");
  const all = [...new Set([...chosen, ...(data ?? []).map(({ name }) => name)])].sort();
  return (
    <>
      <fieldset className={styles.set}>
        <legend>{words.groups}</legend>
        <div className={styles.checks}>
          {all.map((name) => (
            <Checkbox key={name} label={name} name="group" value={name} defaultChecked={chosen.includes(name)} />
          ))}
        </div>
      </fieldset>
      <div className={styles.ask}>
        <TextField label={words.region} name="region" defaultValue={tried.region ?? ""} optional />
        <TextField label={words.department} name="department" defaultValue={tried.department ?? ""} optional />
        <TextField
          label={words.clearance}
          name="clearance"
          inputMode="numeric"
          defaultValue={tried.clearance ?? ""}
          fault={fault}
          optional
        />
      </div>
    </>
  );
}

/** Without what says nothing. */
function tidy(tried: { readonly [name in keyof Tried]: string | undefined }): Tried {
  return Object.fromEntries(Object.entries(tried).filter(([, value]) => value !== undefined && value !== ""));
}

function Result({ order }: { readonly order: PolicyTestOrder }) {
  const query = useQuery(trial(order));
  return (
    <Answer query={query}>
      {(sight) =>
        sight ? (
          <div className={styles.answer}>
            <h3>{words.result}</h3>
            <Sees who={order.user ?? words.made} table={`${order.product}.${order.table}`} sight={sight} />
            {sight.explanation.administrator ? null : (
              <More summary={words.why}>
                <Texts explanation={sight.explanation} />
              </More>
            )}
          </div>
        ) : null
      }
    </Answer>
  );
}
