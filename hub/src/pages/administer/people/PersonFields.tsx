import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { groups as groupsQuery, type UserOrder } from "../../../api/administer";
import { Checkbox, Choices, TextArea, TextField } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import type { Faults } from "../../../parts/schema";
import styles from "../Administer.module.css";
import { linesOf } from "./order";

const words = administerMessages.person;
const { kinds } = administerMessages.people;

export type Kind = UserOrder["kind"];

interface Props {
  /** What the fields begin with. */
  readonly begin: UserOrder;
  readonly kind: Kind;
  readonly onKind: (kind: Kind) => void;
  readonly faults: Faults;
  /** Of someone who is on record already. */
  readonly known: boolean;
}

/** What is said of someone, in fields of a form. */
export function PersonFields({ begin, kind, onKind, faults, known }: Props) {
  return (
    <>
      <Choices
        legend={words.kind}
        value={kind}
        onChange={onKind}
        options={[
          { value: "user", label: kinds.user },
          { value: "service", label: kinds.service },
        ]}
      />
      <Groups member={begin.groups ?? []} fault={faults.groups} />
      <fieldset className={styles.set}>
        <legend>{words.attributes}</legend>
        <div className={styles.pair}>
          <TextField
            label={words.department}
            name="department"
            defaultValue={begin.department ?? ""}
            fault={faults.department}
            optional
          />
          <TextField
            label={words.region}
            name="region"
            defaultValue={begin.region ?? ""}
            fault={faults.region}
            optional
          />
        </div>
        <TextField
          label={words.clearance}
          hint={words.clearanceHint}
          name="clearance"
          inputMode="numeric"
          defaultValue={begin.clearance ?? ""}
          fault={faults.clearance}
          optional
        />
        <TextArea
          label={words.labels}
          hint={words.labelsHint}
          name="labels"
          defaultValue={linesOf(begin.labels)}
          fault={faults.labels}
          spellCheck={false}
          optional
        />
      </fieldset>
      {kind === "user" ? (
        <TextField
          type="password"
          label={known ? words.newPassword : words.password}
          hint={known ? words.newPasswordHint : words.passwordHint}
          name="password"
          autoComplete="new-password"
          fault={faults.password}
          optional
        />
      ) : null}
    </>
  );
}

/** Groups to choose from, and room for new ones. */
function Groups({ member, fault }: { readonly member: readonly string[]; readonly fault: string | undefined }) {
  const { data } = useQuery(groupsQuery);
  const all = [...new Set([...member, ...(data ?? []).map(({ name }) => name)])].sort();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(member));

  function toggle(name: string) {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setChosen(next);
  }

  return (
    <fieldset className={styles.set}>
      <legend>{words.groups}</legend>
      <p className={styles.hint}>{words.groupsHint}</p>
      <div className={styles.checks}>
        {all.map((name) => (
          <Checkbox
            key={name}
            label={name}
            name="group"
            value={name}
            checked={chosen.has(name)}
            onChange={() => toggle(name)}
          />
        ))}
      </div>
      <TextField
        label={words.otherGroups}
        hint={words.otherGroupsHint}
        name="otherGroups"
        fault={fault}
        autoCapitalize="none"
        spellCheck={false}
        optional
      />
    </fieldset>
  );
}

/** What the fields of a form hold. */
export function enteredOf(form: HTMLFormElement, kind: Kind) {
  const entered = new FormData(form);
  return {
    kind,
    groups: entered.getAll("group").map(String),
    text: (name: string) => String(entered.get(name) ?? "").trim(),
    password: String(entered.get("password") ?? ""),
  };
}

/** Own words for what the schema of someone refuses. */
export const WORDING = {
  user: { required: words.needName },
  groups: words.wrongGroup,
  clearance: words.wrongClearance,
  password: { minLength: words.shortPassword },
};
