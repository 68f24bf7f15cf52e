import { type ComponentProps, type ReactNode, useId } from "react";

import { messages } from "../messages";
import { classes } from "./classes";
import styles from "./Field.module.css";
import { Icon } from "./Icon";

interface Labels {
  readonly label: string;
  /** What to write, before it is written. */
  readonly hint?: string | undefined;
  /** What is wrong with what was written, and what would be right. */
  readonly fault?: string | null | undefined;
  /** Said where most fields of a form must be filled. */
  readonly optional?: boolean;
}

interface Described {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

function Frame({
  label,
  hint,
  fault,
  optional,
  control,
}: Labels & { readonly control: (ids: Described) => ReactNode }) {
  const id = useId();
  const told = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label} {optional ? <span className={styles.optional}>({messages.common.optional})</span> : null}
      </label>
      {control({ id, "aria-describedby": told || undefined, "aria-invalid": fault ? true : undefined })}
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
      {fault ? (
        <p id={`${id}-fault`} className={styles.fault}>
          <Icon name="failed" size={15} /> {fault}
        </p>
      ) : null}
    </div>
  );
}

/** One line of text. */
export function TextField({ label, hint, fault, optional, ...rest }: Labels & ComponentProps<"input">) {
  return (
    <Frame
      {...{ label, hint, fault }}
      optional={optional ?? false}
      control={(ids) => <input {...rest} {...ids} className={styles.input} />}
    />
  );
}

/** Several lines of text. */
export function TextArea({ label, hint, fault, optional, ...rest }: Labels & ComponentProps<"textarea">) {
  return (
    <Frame
      {...{ label, hint, fault }}
      optional={optional ?? false}
      control={(ids) => <textarea {...rest} {...ids} className={styles.input} />}
    />
  );
}

/** One of several values, where there are too many to show them all. */
export function Select({ label, hint, fault, optional, children, ...rest }: Labels & ComponentProps<"select">) {
  return (
    <Frame
      {...{ label, hint, fault }}
      optional={optional ?? false}
      control={(ids) => (
        <select {...rest} {...ids} className={styles.input}>
          {children}
        </select>
      )}
    />
  );
}

interface CheckboxProps extends Omit<ComponentProps<"input">, "type"> {
  readonly label: ReactNode;
  /** How many there are of it. */
  readonly count?: number | undefined;
}

export function Checkbox({ label, count, className, ...rest }: CheckboxProps) {
  return (
    <label className={classes(styles.check, className)}>
      <input {...rest} type="checkbox" />
      <span>{label}</span>
      {count === undefined ? null : <span className={styles.count}>{count}</span>}
    </label>
  );
}

interface ChoicesProps<T extends string | number> {
  readonly legend: string;
  readonly options: readonly { readonly value: T; readonly label: ReactNode; readonly spoken?: string }[];
  readonly value: T | null;
  readonly onChange: (value: T) => void;
  readonly hideLegend?: boolean;
}

/** One of a few values, all of them in sight. */
export function Choices<T extends string | number>({ legend, options, value, onChange, hideLegend }: ChoicesProps<T>) {
  const name = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className={hideLegend ? "unseen" : undefined}>{legend}</legend>
      <div className={styles.row}>
        {options.map((option) => (
          <label key={option.value} className={styles.choice}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              aria-label={option.spoken}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
