import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { ApiError } from "../../../api/error";
import { type Change, type Diagnostic, overview, type PlanDocument, plan } from "../../../api/operate";
import { useSession } from "../../../app/useSession";
import { useTitle } from "../../../app/useTitle";
import {
  Button,
  buttonClass,
  Empty,
  Heading,
  IconButton,
  More,
  Page,
  Problem,
  Section,
  Select,
  Skeleton,
  Status,
  TextField,
} from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import { Trail } from "../parts";
import { Apply } from "./Apply";
import { type Bundle, changeOf, LARGEST, variablesOf } from "./bundles";
import { Choose } from "./Choose";
import { Diagnostics } from "./Diagnostics";
import styles from "./Plan.module.css";
import { Result } from "./Result";

const words = operateMessages.plan;

/** What bundles would change, and who would be hit, before anything does. */
export function PlanPage() {
  useTitle(words.title);
  const { administrator } = useSession();
  return (
    <Page>
      <Trail here={words.title} />
      <Heading title={words.title}>{words.lead}</Heading>
      {administrator ? (
        <Planning />
      ) : (
        <Empty
          icon="locked"
          title={words.forbidden.title}
          actions={
            <Link to="/operate" className={buttonClass()}>
              {words.forbidden.back}
            </Link>
          }
        >
          {words.forbidden.text}
        </Empty>
      )}
    </Page>
  );
}

function Planning() {
  const [bundles, setBundles] = useState<readonly Bundle[]>([]);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [remove, setRemove] = useState<readonly string[]>([]);
  const planned = useMutation({
    mutationFn: async ({ bundles, change, unchecked }: Asked): Promise<Answered> => {
      const faults = unchecked ? [] : await faultsIn(bundles);
      // What is applied is what was planned, also where something else has been chosen since.
      return faults.length > 0 ? { faults } : { faults, made: { change, document: await plan(change) } };
    },
  });
  const { faults = [], made } = planned.data ?? {};
  const variables = variablesOf(bundles);
  const size = bundles.reduce((sum, { bytes }) => sum + bytes, 0);

  function show(chosen: readonly Bundle[], going: readonly string[], unchecked = false) {
    if (chosen.length === 0 && going.length === 0) planned.reset();
    else planned.mutate({ bundles: chosen, change: changeOf(chosen, values, going), unchecked });
  }

  return (
    <>
      <Section title={words.choose.title}>
        <Choose
          bundles={bundles}
          onChange={(chosen) => {
            setBundles(chosen);
            // Looking costs nothing, so that it waits for no button.
            if (chosen.reduce((sum, { bytes }) => sum + bytes, 0) <= LARGEST) show(chosen, remove);
          }}
        />
        {variables.size > 0 ? (
          <More summary={words.variables.title}>
            <div className={own.stack}>
              <p className={own.faint}>{words.variables.lead}</p>
              <div className={styles.fields}>
                {[...variables].map(([name, fallback]) => (
                  <TextField
                    key={name}
                    label={name}
                    hint={fallback === null ? words.variables.required : words.variables.fallback(fallback)}
                    value={values[name] ?? ""}
                    autoComplete="off"
                    onChange={(event) => setValues({ ...values, [name]: event.target.value })}
                  />
                ))}
              </div>
            </div>
          </More>
        ) : null}
        <More summary={words.remove.title}>
          <Removal remove={remove} onChange={setRemove} />
        </More>
        <div className={own.actions}>
          <Button
            kind={made ? "normal" : "main"}
            icon="search"
            busy={planned.isPending}
            disabled={(bundles.length === 0 && remove.length === 0) || size > LARGEST}
            onClick={() => show(bundles, remove)}
          >
            {made || planned.error ? words.again : words.make}
          </Button>
          <span role="status">{planned.isPending ? words.planning : ""}</span>
        </div>
      </Section>
      {planned.isPending ? <Skeleton block lines={4} /> : null}
      {planned.error ? <Failure error={planned.error} bundles={bundles} /> : null}
      {faults.length > 0 ? (
        <Wrong title={words.check.found(faults.length)} diagnostics={faults} bundles={bundles}>
          <div className={own.actions}>
            <Button onClick={() => show(bundles, remove, true)}>{words.check.anyway}</Button>
          </div>
        </Wrong>
      ) : null}
      {made ? (
        <>
          <Result document={made.document} />
          <Warnings warnings={made.document.warnings} bundles={bundles} />
          <Apply
            key={made.document.fingerprint}
            change={made.change}
            document={made.document}
            onPlanAgain={() => show(bundles, remove)}
          />
        </>
      ) : null}
    </>
  );
}

interface Asked {
  readonly bundles: readonly Bundle[];
  readonly change: Change;
  /** Whether the server alone looks at the documents. */
  readonly unchecked: boolean;
}

interface Answered {
  /** What keeps it from being sent. */
  readonly faults: readonly Diagnostic[];
  readonly made?: { readonly change: Change; readonly document: PlanDocument };
}

/** What is wrong with the documents, as far as schemas say. Where these do not come, the server judges alone. */
async function faultsIn(bundles: readonly Bundle[]): Promise<readonly Diagnostic[]> {
  try {
    const { check } = await import("./check/check");
    return await check(bundles);
  } catch {
    return [];
  }
}

interface RemovalProps {
  readonly remove: readonly string[];
  readonly onChange: (remove: readonly string[]) => void;
}

/** Products that are to go. */
function Removal({ remove, onChange }: RemovalProps) {
  const { data } = useQuery(overview);
  const others = (data ?? []).filter(({ name }) => !remove.includes(name));
  return (
    <div className={own.stack}>
      <div className={styles.fields}>
        <Select
          label={words.remove.product}
          value=""
          onChange={(event) => event.target.value !== "" && onChange([...remove, event.target.value])}
        >
          <option value="">{words.remove.choose}</option>
          {others.map(({ name, title }) => (
            <option key={name} value={name}>
              {title ?? name}
            </option>
          ))}
        </Select>
      </div>
      {remove.length > 0 ? (
        <ul className={styles.bundles} aria-label={words.remove.chosen}>
          {remove.map((name) => (
            <li key={name}>
              <code>{name}</code>
              <IconButton
                small
                icon="close"
                label={words.remove.keep(name)}
                onClick={() => onChange(remove.filter((other) => other !== name))}
              />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Failure({ error, bundles }: { readonly error: Error; readonly bundles: readonly Bundle[] }) {
  const found = error instanceof ApiError ? error.problem.diagnostics : undefined;
  if (!Array.isArray(found) || found.length === 0) return <Problem error={error} />;
  const diagnostics = found as readonly Diagnostic[];
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return <Wrong title={words.wrong(errors.length)} diagnostics={diagnostics} bundles={bundles} />;
}

interface WrongProps {
  readonly title: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly bundles: readonly Bundle[];
  /** What can be done about it. */
  readonly children?: ReactNode;
}

function Wrong({ title, diagnostics, bundles, children }: WrongProps) {
  return (
    <Section title={words.diagnostics}>
      <div role="alert">
        <Status tone="bad">{title}</Status>
      </div>
      <Diagnostics diagnostics={diagnostics} bundles={bundles} />
      {children}
    </Section>
  );
}

function Warnings({
  warnings,
  bundles,
}: {
  readonly warnings: readonly Diagnostic[];
  readonly bundles: readonly Bundle[];
}) {
  if (warnings.length === 0) return null;
  return (
    <Section title={words.warnings(warnings.length)}>
      <Diagnostics diagnostics={warnings} bundles={bundles} />
    </Section>
  );
}
