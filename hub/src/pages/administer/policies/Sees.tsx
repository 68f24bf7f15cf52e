import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import {
  type Explanation,
  type PolicyName,
  policyFiles,
  productPolicies,
  type Sight,
  type Verdict,
} from "../../../api/administer";
import { More, Prose, Skeleton, Status, Table, type Tone } from "../../../design";
import type { IconName } from "../../../design/Icon";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";
import { Cedar } from "./Cedar";
import { type Policy, policiesOf } from "./cedar";

const words = administerMessages.explain;

interface SeesProps {
  readonly who: string;
  /** As SQL names it. */
  readonly table: string;
  readonly sight: Sight;
}

/** What someone would see of a table: whether, which columns, which rows. */
export function Sees({ who, table, sight }: SeesProps) {
  const { administrator, agreement, verdict } = sight.explanation;
  if (administrator) return <Status tone="mine">{words.administrator(who)}</Status>;
  return (
    <div className={styles.answer}>
      <p className={styles.verdict}>
        <Status tone={sight.readable ? "good" : "bad"} icon={sight.readable ? "open" : "locked"}>
          {sight.readable ? words.reads(who, table) : words.denied(who, table)}
        </Status>
      </p>
      <p>
        {words.because} <Because verdict={verdict.read} />.
        {agreement ? (
          <>
            {" "}
            {words.agreement} <code>{agreement}</code>.
          </>
        ) : null}
      </p>
      {sight.readable ? (
        <>
          <Columns sight={sight} />
          <Rows sight={sight} />
        </>
      ) : null}
    </div>
  );
}

/** A policy, as people call it. */
function nameOf({ owner, id }: PolicyName): ReactNode {
  return (
    <span key={keyOf({ owner, id })}>
      <code>{id}</code>
      {owner.kind === "product" ? ` (${words.ofProduct(owner.name)})` : null}
    </span>
  );
}

function keyOf({ owner, id }: PolicyName): string {
  return `${owner.kind === "product" ? owner.name : ""}/${id}`;
}

function Names({ policies }: { readonly policies: readonly PolicyName[] }) {
  return policies.map((policy, index) => (
    <span key={keyOf(policy)}>
      {index > 0 ? ", " : null}
      {nameOf(policy)}
    </span>
  ));
}

function Because({ verdict: { allowed, policies, grace } }: { readonly verdict: Verdict }) {
  return (
    <span className={styles.wrap}>
      {policies.length === 0 ? (
        allowed ? (
          words.allowed
        ) : (
          words.nothing
        )
      ) : (
        <>
          {allowed ? words.permitted : words.forbidden} <Names policies={policies} />
        </>
      )}
      {grace.length > 0 ? (
        <>
          . {words.grace} <Names policies={grace} />
        </>
      ) : null}
    </span>
  );
}

const LOOK: Readonly<Record<Sight["columns"][number]["sight"], readonly [Tone, IconName]>> = {
  clear: ["good", "passed"],
  masked: ["care", "shield"],
  hidden: ["plain", "locked"],
};

function Columns({ sight: { columns, explanation } }: { readonly sight: Sight }) {
  const verdicts = new Map(explanation.verdict.columns.map((column) => [column.column, column]));
  const count = (sight: string) => columns.filter((column) => column.sight === sight).length;
  return (
    <>
      <h3>{words.columns}</h3>
      <p>{words.summary(count("clear"), count("masked"), count("hidden"))}</p>
      <Table<Sight["columns"][number]>
        caption={words.columns}
        rows={columns}
        rowKey={({ name }) => name}
        columns={[
          { key: "column", title: words.column, head: true, cell: ({ name }) => <code>{name}</code> },
          {
            key: "sees",
            title: words.sees,
            cell: ({ sight, mask }) => {
              const [tone, icon] = LOOK[sight];
              return (
                <Status tone={tone} icon={icon}>
                  {words.sight[sight]}
                  {mask ? `: ${words.mask(mask)}` : null}
                </Status>
              );
            },
          },
          {
            key: "why",
            title: words.why,
            cell: ({ name, sight }) => {
              const verdict = verdicts.get(name);
              if (!verdict) return null;
              return <Because verdict={sight === "hidden" ? (verdict.masked ?? verdict.clear) : verdict.clear} />;
            },
          },
        ]}
      />
    </>
  );
}

interface Rule {
  readonly policy: PolicyName;
  readonly condition: string;
  readonly keeps: boolean;
}

function rulesOf({ verdict: { rows } }: Explanation): readonly Rule[] {
  const rule =
    (keeps: boolean) =>
    ([policy, condition]: readonly [PolicyName, string]): Rule => ({ policy, condition, keeps });
  return [...(rows?.permits ?? []).map(rule(false)), ...(rows?.forbids ?? []).map(rule(true))];
}

const ROWS = { all: words.rowsAll, some: words.rowsSome, none: words.rowsNone };

function Rows({ sight: { rows, words: said, explanation } }: { readonly sight: Sight }) {
  const rules = rulesOf(explanation);
  return (
    <>
      <h3>{words.rows}</h3>
      <p>{said ? <Prose text={said} /> : ROWS[rows]}</p>
      {rules.length > 0 ? (
        <More summary={words.rules(rules.length)}>
          <Table<Rule>
            caption={words.rows}
            rows={rules}
            rowKey={({ policy, condition }) => `${keyOf(policy)} ${condition}`}
            columns={[
              { key: "policy", title: words.why, head: true, cell: ({ policy }) => nameOf(policy) },
              {
                key: "does",
                title: words.rows,
                cell: ({ keeps }) => (
                  <Status tone={keeps ? "bad" : "good"} icon={keeps ? "locked" : "open"}>
                    {keeps ? words.keeps : words.lets}
                  </Status>
                ),
              },
              {
                key: "condition",
                title: words.condition,
                cell: ({ condition }) =>
                  condition === "true" ? words.always : <code className={styles.wrap}>{condition}</code>,
              },
            ]}
          />
        </More>
      ) : null}
    </>
  );
}

/** Every policy that had a say, once, in the order of their names. */
export function saying({ verdict: { read, columns, ...rest }, ...explanation }: Explanation): readonly PolicyName[] {
  const verdicts = [read, ...columns.flatMap(({ clear, masked }) => (masked ? [clear, masked] : [clear]))];
  const all = [
    ...verdicts.flatMap(({ policies, grace }) => [...policies, ...grace]),
    ...rulesOf({ ...explanation, verdict: { read, columns, ...rest } }).map(({ policy }) => policy),
  ];
  return [...new Map(all.map((policy) => [keyOf(policy), policy])).values()].sort((one, other) =>
    keyOf(one).localeCompare(keyOf(other)),
  );
}

/** The texts of the policies that had a say. */
export function Texts({ explanation }: { readonly explanation: Explanation }) {
  const names = saying(explanation);
  if (names.length === 0) return null;
  return (
    <div className={styles.policies}>
      <h3>{words.policies}</h3>
      <p className={styles.faint}>{words.policiesLead}</p>
      {names.map((name) => (
        <Text key={keyOf(name)} name={name} />
      ))}
    </div>
  );
}

function Text({ name: { owner, id } }: { readonly name: PolicyName }) {
  const product = owner.kind === "product" ? owner.name : null;
  const own = useQuery({ ...policyFiles, enabled: product === null });
  const theirs = useQuery({ ...productPolicies(product ?? ""), enabled: product !== null });
  const files = product === null ? own.data : theirs.data;
  if (!files) return <Skeleton lines={3} />;
  const found = find(files, id);
  return (
    <article>
      <div className={styles.line}>
        <strong>
          <code>{id}</code>
        </strong>
        {product !== null ? (
          <span className={styles.faint}>{words.ofProduct(product)}</span>
        ) : found ? (
          <Link to="/administer/policies/files/$file" params={{ file: found.file }}>
            {words.openFile(found.file)}
          </Link>
        ) : null}
      </div>
      {found ? <Cedar title={id} text={found.policy.text} /> : <p className={styles.faint}>{words.textMissing}</p>}
    </article>
  );
}

/** The policy of this name, and the file that has it. */
function find(
  files: readonly { readonly name: string; readonly text: string }[],
  id: string,
): { readonly file: string; readonly policy: Policy } | null {
  for (const { name, text } of files) {
    // A policy without an id is called by its file, which of the workspace ends with `.cedar`.
    const named = [name, `${name}.cedar`].flatMap((file) => policiesOf(file, text));
    const policy = named.find((one) => one.id === id);
    if (policy) return { file: name, policy };
  }
  return null;
}
