import { type ComponentProps, type ReactNode, useId } from "react";

import { classes } from "./classes";
import styles from "./Layout.module.css";

/** The width of a page. */
export function Page({ className, ...rest }: ComponentProps<"div">) {
  return <div {...rest} className={classes(styles.page, className)} />;
}

/** What a page is called and is for. */
export function Heading({ title, children }: { readonly title: ReactNode; readonly children?: ReactNode }) {
  return (
    <header className={styles.heading}>
      <h1>{title}</h1>
      {children ? <p>{children}</p> : null}
    </header>
  );
}

interface SectionProps {
  readonly title: ReactNode;
  /** One or two sentences that say what is seen here, in plain words. */
  readonly lead?: ReactNode;
  /** What can be done, beside the title. */
  readonly actions?: ReactNode;
  readonly id?: string | undefined;
  readonly children: ReactNode;
}

/** A part of a page with a title of its own, set off by a rule and room, not by a box. */
export function Section({ title, lead, actions, id, children }: SectionProps) {
  const heading = useId();
  return (
    <section id={id} className={styles.section} aria-labelledby={heading}>
      <div className={styles.title}>
        <h2 id={heading}>{title}</h2>
        {actions}
      </div>
      {lead ? <p className={styles.lead}>{lead}</p> : null}
      {children}
    </section>
  );
}

/** A sheet on the ground of the page: for what is lifted out of the text. */
export function Panel({ className, ...rest }: ComponentProps<"div">) {
  return <div {...rest} className={classes(styles.panel, className)} />;
}

/** Names and values. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <FactRow key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function FactRow({ name, value }: { readonly name: string; readonly value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

interface MoreProps {
  readonly summary: ReactNode;
  readonly children: ReactNode;
  readonly onToggle?: (open: boolean) => void;
}

/** Technical detail, one press away. */
export function More({ summary, children, onToggle }: MoreProps) {
  return (
    <details className={styles.more} onToggle={(event) => onToggle?.(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}
