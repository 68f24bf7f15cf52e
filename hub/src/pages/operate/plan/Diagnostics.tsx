import type { Diagnostic } from "../../../api/operate";
import { Panel, Prose, Status } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { type Bundle, textOf } from "./bundles";
import { excerptOf } from "./excerpt";
import styles from "./Plan.module.css";

const words = operateMessages.plan;

interface Props {
  readonly diagnostics: readonly Diagnostic[];
  readonly bundles: readonly Bundle[];
}

/** What is wrong with bundles, each with its place in the file and what to do about it. */
export function Diagnostics({ diagnostics, bundles }: Props) {
  return (
    <ul className={styles.diagnostics} aria-label={words.diagnostics}>
      {diagnostics.map((diagnostic, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same may be wrong twice in the same place
        <li key={index}>
          <Panel className={styles.diagnostic}>
            <Status tone={diagnostic.severity === "error" ? "bad" : "care"}>
              {words.severity[diagnostic.severity]} {diagnostic.code}
            </Status>
            <p>
              <Prose text={diagnostic.message} />
            </p>
            <span className={styles.place}>
              {diagnostic.span
                ? words.place(diagnostic.file, diagnostic.span.line, diagnostic.span.column)
                : words.inFile(diagnostic.file)}
            </span>
            <Place diagnostic={diagnostic} bundles={bundles} />
            {diagnostic.help ? (
              <p>
                <strong>{words.help}:</strong> <Prose text={diagnostic.help} />
              </p>
            ) : null}
          </Panel>
        </li>
      ))}
    </ul>
  );
}

function Place({
  diagnostic: { file, span, label },
  bundles,
}: { readonly diagnostic: Diagnostic } & Pick<Props, "bundles">) {
  const text = span ? textOf(bundles, file) : null;
  const excerpt = span && text !== null ? excerptOf(text, span) : null;
  if (!excerpt) return label ? <p>{label}</p> : null;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: it is no group of fields */}
      <div className={styles.excerpt} role="group" aria-label={file} tabIndex={0}>
        {excerpt.lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their numbers
          <Line key={excerpt.first + index} number={excerpt.first + index} at={index === excerpt.at}>
            {index === excerpt.at ? (
              <>
                {excerpt.before}
                <mark>{excerpt.fault}</mark>
                {excerpt.after}
              </>
            ) : (
              line
            )}
          </Line>
        ))}
      </div>
      {label ? <p>{label}</p> : null}
    </>
  );
}

interface LineProps {
  readonly number: number;
  readonly at: boolean;
  readonly children: React.ReactNode;
}

function Line({ number, at, children }: LineProps) {
  return (
    <>
      <span className={styles.number}>{number}</span>
      <span className={at ? styles.at : undefined}>{children}</span>
    </>
  );
}
