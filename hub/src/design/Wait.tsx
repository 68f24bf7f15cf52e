/** What stands where there is nothing to see: not yet, nothing at all, or an error. */
import type { ReactNode } from "react";

import { ApiError, type Diagnostic } from "../api/error";
import { messages } from "../messages";
import { Button } from "./Button";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import { Prose } from "./Prose";
import styles from "./Wait.module.css";

interface SkeletonProps {
  readonly lines?: number;
  /** Begins with a block, as a drawing or a head does. */
  readonly block?: boolean;
  /** Stands for itself, as in the gallery: nothing is waited for. */
  readonly still?: boolean;
}

/** Bars in the shape of what is coming. Nothing of it is seen where that comes at once. */
export function Skeleton({ lines = 3, block = false, still = false }: SkeletonProps) {
  const widths = [92, 100, 78, 88, 64];
  return (
    <div className={styles.skeleton} role="status" data-waiting={!still}>
      <span className="unseen">{messages.common.loading}</span>
      {block ? <div className={classes(styles.bar, styles.block)} /> : null}
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no other name
        <div key={line} className={styles.bar} style={{ width: `${widths[line % widths.length]}%` }} />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  /** What would stand here, and what brings it here. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** Nothing is there: what would be, and how it comes to be. */
export function Empty({ icon, title, children, actions }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <Icon name={icon} size={28} className={styles.emptyIcon} />
      <strong className={styles.emptyTitle}>{title}</strong>
      {children ? <p>{children}</p> : null}
      {actions}
    </div>
  );
}

interface ProblemProps {
  readonly error: unknown;
  /** Asks again, where that may help. */
  readonly retry?: (() => void) | undefined;
}

/** What went wrong, and what to do about it. The one way in which errors of the server are shown. */
export function Problem({ error, retry }: ProblemProps) {
  const { title, detail, help, request, diagnostics } = described(error);
  return (
    <div className={styles.problem} role="alert">
      <Icon name="failed" size={22} />
      <div>
        <p className={styles.problemTitle}>
          <Prose text={sentence(detail ?? title)} />
        </p>
        {help ? (
          <p>
            <Prose text={sentence(help)} />
          </p>
        ) : null}
        {diagnostics.length > 0 ? (
          <ul className={styles.list}>
            {diagnostics.map((diagnostic) => (
              <li key={`${diagnostic.code} ${diagnostic.message}`}>
                <code>{diagnostic.code}</code> <Prose text={diagnostic.message} />
                {diagnostic.help ? (
                  <>
                    {" – "}
                    <Prose text={diagnostic.help} />
                  </>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
        {retry ? (
          <Button small icon="running" onClick={retry}>
            {messages.common.retry}
          </Button>
        ) : null}
        {request ? (
          <p className={styles.trace}>
            {messages.errors.request} <code>{request}</code>
          </p>
        ) : null}
      </div>
    </div>
  );
}

interface Described {
  readonly title: string;
  readonly detail: string | null;
  readonly help: string | null;
  readonly request: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

function described(error: unknown): Described {
  if (!(error instanceof ApiError)) {
    const { title, help } = messages.errors.unexpected;
    return { title, detail: null, help, request: null, diagnostics: [] };
  }
  const { request } = error;
  const diagnostics = Array.isArray(error.problem.diagnostics) ? (error.problem.diagnostics as Diagnostic[]) : [];
  const words = error.unreachable ? messages.errors.unreachable : messages.errors.byCode[error.code];
  return {
    title: words?.title ?? error.title,
    detail: words ? null : error.detail,
    help: error.help ?? words?.help ?? null,
    request,
    diagnostics,
  };
}

/** The server writes errors without a capital and a full stop, as programs like them. */
function sentence(text: string): string {
  const begun = /^[a-z]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
