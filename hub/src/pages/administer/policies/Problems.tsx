import type { PolicyProblem } from "../../../api/administer";
import { ApiError } from "../../../api/error";
import { Button, Prose, Status } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";

const words = administerMessages.policy;

interface Props {
  readonly problems: readonly PolicyProblem[];
  /** Goes to the place, where the text is at hand. */
  readonly onGo?: (line: number, column: number) => void;
}

/** What is wrong with policies, or only looks wrong, with its place. */
export function Problems({ problems, onGo }: Props) {
  return (
    <ul className={styles.problems}>
      {problems.map((problem) => (
        <li key={`${problem.file} ${problem.span?.start} ${problem.message}`}>
          <Status tone={problem.severity === "error" ? "bad" : "care"}>
            <Prose text={problem.message} />
          </Status>
          {problem.label ? (
            <span className={styles.faint}>
              <Prose text={problem.label} />
            </span>
          ) : null}
          {problem.help ? <Prose text={problem.help} /> : null}
          <Place problem={problem} onGo={onGo} />
        </li>
      ))}
    </ul>
  );
}

function Place({ problem: { file, span }, onGo }: { readonly problem: PolicyProblem; readonly onGo: Props["onGo"] }) {
  if (!span) return null;
  if (!onGo) return <span className={styles.faint}>{words.at(file, span.line)}</span>;
  return (
    <Button small kind="quiet" onClick={() => onGo(span.line, span.column)}>
      {words.goTo(span.line, span.column)}
    </Button>
  );
}

/** The problems of an error that is about policies. */
export function problemsOf(error: unknown): readonly PolicyProblem[] {
  const given = error instanceof ApiError ? error.problem.diagnostics : undefined;
  return Array.isArray(given) ? (given as PolicyProblem[]) : [];
}
