import type { ContractChange, Plan, PlanDocument, PortChange, ProductPlan, Refusal } from "../../../api/operate";
import { classes, More, Panel, Prose, Section, Status, Tag, type Tone } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { list } from "../../../messages/format";
import own from "../Operate.module.css";
import { Hit } from "./Hit";
import { refusalsOf, type Verdict, verdictOf } from "./hits";
import styles from "./Plan.module.css";

const words = operateMessages.plan;

const TONE: Readonly<Record<Verdict, Tone>> = {
  nothing: "plain",
  refused: "bad",
  forcible: "bad",
  breaking: "care",
  harmless: "good",
};
const EDGE: Readonly<Record<Verdict, string | undefined>> = {
  nothing: undefined,
  refused: styles.refused,
  forcible: styles.refused,
  breaking: styles.breaking,
  harmless: styles.harmless,
};

/** What a plan says: what it comes to, who is hit, and what changes. */
export function Result({ document: { plan } }: { readonly document: PlanDocument }) {
  const verdict = verdictOf(plan);
  const refusals = refusalsOf(plan);
  return (
    <>
      <Section title={words.result}>
        <Panel className={classes(styles.verdict, EDGE[verdict])}>
          <strong>
            <Status tone={TONE[verdict]}>{words.verdict[verdict]}</Status>
          </strong>
          <p>{words.verdictText[verdict]}</p>
          <p className={own.faint}>{summaryOf(plan)}</p>
          {refusals.length > 0 ? (
            <>
              <h3>{words.refusals}</h3>
              <ul className={own.bullets}>
                {refusals.map(({ product, refusal }) => (
                  <li key={`${product} ${JSON.stringify(refusal)}`}>
                    <code>{product}</code>: <Prose text={reasonOf(refusal)} />
                  </li>
                ))}
              </ul>
            </>
          ) : null}
        </Panel>
      </Section>
      {verdict === "nothing" ? null : (
        <>
          <Hit plan={plan} />
          <Section title={words.changes}>
            {plan.products.filter(matters).map((product) => (
              <Product key={product.product} product={product} />
            ))}
            {plan.garbage.length > 0 ? (
              <More summary={words.garbage(plan.garbage.length)}>
                <ul className={own.bullets}>
                  {plan.garbage.map((path) => (
                    <li key={path}>
                      <code>{path}</code>
                    </li>
                  ))}
                </ul>
              </More>
            ) : null}
          </Section>
        </>
      )}
    </>
  );
}

function matters({ action, pending }: ProductPlan): boolean {
  return action !== "unchanged" || pending;
}

function summaryOf({ products, garbage }: Plan): string {
  const count = (wanted: ProductPlan["action"]) => products.filter(({ action }) => action === wanted).length;
  const built = products.flatMap(({ action, rebuilt }) => (action === "remove" ? [] : rebuilt)).length;
  const counts = {
    create: count("create"),
    change: count("change"),
    remove: count("remove"),
    pending: products.filter(({ action, pending }) => action === "unchanged" && pending).length,
    rebuilt: built,
    garbage: garbage.length,
  };
  const told = (Object.keys(counts) as (keyof typeof counts)[]).filter((name) => counts[name] > 0);
  return list(told.map((name) => words.summary[name](counts[name])));
}

export function reasonOf(refusal: Refusal): string {
  return refusal.reason === "stillRead"
    ? words.refusal.stillRead(refusal.what, refusal.by)
    : words.refusal.versionSaysLess(refusal.port, refusal.written, refusal.atLeast);
}

const ACTION: Readonly<Record<ProductPlan["action"], Tone>> = {
  create: "good",
  change: "note",
  unchanged: "wait",
  remove: "bad",
};

function Product({ product }: { readonly product: ProductPlan }) {
  const { action, fromVersion, toVersion, ports, rebuilt, files } = product;
  return (
    <Panel className={styles.product}>
      <div className={styles.top}>
        <h3>{product.product}</h3>
        <span className={styles.tags}>
          <Tag>{words.versions(fromVersion, toVersion)}</Tag>
          <Status boxed tone={ACTION[action]}>
            {action === "unchanged" ? words.built : words.action[action]}
          </Status>
        </span>
      </div>
      {ports.map((port) => (
        <Port key={`${port.port} ${port.major}`} port={port} />
      ))}
      {action === "remove" ? null : (
        <p>
          {rebuilt.length === 0 ? words.notBuilt : `${words.rebuilt}: `}
          {rebuilt.map((model, index) => (
            <span key={model}>
              {index > 0 ? ", " : ""}
              <code>{model}</code>
            </span>
          ))}
        </p>
      )}
      {files.length > 0 ? (
        <More summary={words.more(files.length)}>
          <ul>
            {files.map(({ file, action: happens }) => (
              <li key={file}>
                <code>{file}</code> ({words.file[happens]})
              </li>
            ))}
          </ul>
        </More>
      ) : null}
    </Panel>
  );
}

const STEP: Readonly<Record<PortChange["demanded"], Tone>> = {
  none: "plain",
  patch: "note",
  minor: "good",
  major: "bad",
};

function Port({ port }: { readonly port: PortChange }) {
  const { action, demanded, contract, fromVersion, toVersion } = port;
  return (
    <div>
      <div className={styles.tags}>
        <strong>{words.port[action](`${port.port}@${port.major}`)}</strong>
        {action === "change" || action === "unchanged" ? (
          <>
            <Status boxed tone={STEP[demanded]}>
              {words.step[demanded]}
            </Status>
            <span className={own.faint}>{words.contract(fromVersion, toVersion)}</span>
          </>
        ) : null}
      </div>
      {contract.length > 0 ? (
        <ul>
          {contract.map((change) => (
            <li key={JSON.stringify(change)}>
              <Prose text={changeOf(change)} />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function changeOf({ table, column, kind }: ContractChange): string {
  const what = column === null ? table : `${table}.${column}`;
  const told = words.change[kind.change as keyof typeof words.change];
  return told ? told(what, typeof kind.check === "string" ? kind.check : "") : kind.change;
}
