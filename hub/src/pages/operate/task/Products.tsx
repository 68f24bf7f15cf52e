import { Link } from "@tanstack/react-router";

import type { RunReport } from "../../../api/operate";
import { Panel, Prose, Status, type Tone } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { Checks, isUnmet } from "../parts";
import type { ProductProgress, Step } from "./progress";
import styles from "./Task.module.css";
import { standing } from "./words";

const words = operateMessages.task;

const TONE: Readonly<Record<ProductProgress["state"], Tone>> = {
  running: "wait",
  published: "good",
  unchanged: "plain",
  failed: "bad",
  cancelled: "care",
  skipped: "care",
  notBegun: "care",
};

interface Props {
  readonly products: readonly ProductProgress[];
  /** How each went, once that is known. */
  readonly reports: readonly RunReport[];
  /** What an apply removed, once that is known. */
  readonly removed: readonly string[];
}

/** Each product with what is done for it, step by step; those that were left as they are, and those that are gone. */
export function Products({ products, reports, removed }: Props) {
  const told = new Set(products.map(({ product }) => product));
  const silent = reports.filter(({ product }) => !told.has(product));
  return (
    <ol className={styles.products}>
      {products.map((progress) => (
        <li key={progress.product}>
          <Product progress={progress} report={reports.find(({ product }) => product === progress.product) ?? null} />
        </li>
      ))}
      {silent.map((report) => (
        <li key={report.product}>
          <Panel>
            <div className={styles.top}>
              <Name product={report.product} />
              {report.held === null ? null : <Status tone="note">{words.product.held(report.held)}</Status>}
              {report.failure ? <Status tone="bad">{words.product.failed}</Status> : null}
            </div>
            <Failure report={report} />
          </Panel>
        </li>
      ))}
      {removed.map((product) => (
        <li key={product}>
          <Panel>
            <div className={styles.top}>
              <h3>{product}</h3>
              <Status tone="note">{words.product.removed}</Status>
            </div>
          </Panel>
        </li>
      ))}
    </ol>
  );
}

function Name({ product }: { readonly product: string }) {
  return (
    <h3>
      <Link to="/operate/products/$product" params={{ product }}>
        {product}
      </Link>
    </h3>
  );
}

function Product({ progress, report }: { readonly progress: ProductProgress; readonly report: RunReport | null }) {
  const { product, state, steps, done, parts, error } = progress;
  const audits = parts.flatMap((part) => (part.kind === "audit" ? part.violations : []));
  return (
    <Panel>
      <div className={styles.top}>
        <Name product={product} />
        <Status tone={TONE[state]}>{standing(progress)}</Status>
      </div>
      {state === "running" && steps > 0 ? (
        <progress className={styles.progress} aria-label={words.progress(product)} max={steps} value={done}>
          {words.steps(done, steps)}
        </progress>
      ) : null}
      <ol className={styles.parts}>
        {parts.map((part) => (
          <Part key={`${part.kind} ${part.name}`} part={part} ended={state !== "running"} />
        ))}
      </ol>
      {report?.failure ? (
        <Failure report={report} />
      ) : (
        <>
          {error ? (
            <p>
              <Prose text={error} />
            </p>
          ) : null}
          <div className={styles.unmet}>
            <Checks of={product} results={audits} />
          </div>
        </>
      )}
    </Panel>
  );
}

/** Why a run published nothing. */
function Failure({ report: { product, failure } }: { readonly report: RunReport }) {
  if (failure === null) return null;
  return (
    <div className={styles.unmet}>
      <p>
        <Prose text={failure.message} />
      </p>
      {failure.help ? (
        <p>
          <Prose text={failure.help} />
        </p>
      ) : null}
      <Checks of={product} results={failure.results.filter(isUnmet)} />
    </div>
  );
}

interface PartProps {
  readonly part: Step;
  /** Whether nothing more comes of it. */
  readonly ended: boolean;
}

function Part({ part, ended }: PartProps) {
  const [tone, text, milliseconds] = told(part, ended);
  return (
    <li>
      <Status tone={tone}>{words.part[part.kind](part.name)}</Status>
      <span>{text}</span>
      <span>{milliseconds === null ? "" : words.duration(milliseconds / 1_000)}</span>
    </li>
  );
}

function told(part: Step, ended: boolean): readonly [Tone, string, number | null] {
  switch (part.kind) {
    case "input": {
      const parts = [
        words.inputRead(part.rows),
        part.held > 0 ? words.inputHeld(part.held) : "",
        part.violations > 0 ? words.inputUnmet(part.violations) : "",
      ];
      return [part.violations > 0 ? "care" : "good", parts.filter(Boolean).join(", "), part.milliseconds];
    }
    case "model": {
      if (part.built === null) return ended ? ["care", words.unfinished, null] : ["wait", words.computing, null];
      const { rows, reused, milliseconds } = part.built;
      return ["good", reused ? words.reused(rows) : words.built(rows), milliseconds];
    }
    case "audit": {
      const unmet = part.violations.length;
      const text = [words.audited(part.passed), unmet > 0 ? words.unmet(unmet) : ""].filter(Boolean).join(", ");
      const fails = part.violations.some(({ outcome }) => outcome !== "warn");
      return [unmet === 0 ? "good" : fails ? "bad" : "care", text, part.milliseconds];
    }
  }
}
