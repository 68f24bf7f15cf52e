import type { ComponentProps, ReactNode } from "react";

import styles from "./Button.module.css";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";

/** `main`: the one thing to do here. `quiet`: beside others. `danger`: cannot be taken back. */
export type ButtonKind = "normal" | "main" | "quiet" | "danger";

interface Look {
  readonly kind?: ButtonKind;
  readonly small?: boolean;
}

/** The classes of a button, for links that look like one. */
export function buttonClass({ kind = "normal", small = false }: Look = {}, further?: string): string {
  return classes(styles.button, kind !== "normal" && styles[kind], small && styles.small, further);
}

interface Props extends Omit<ComponentProps<"button">, "children">, Look {
  readonly icon?: IconName;
  /** What it waits for is under way: it cannot be pressed again. */
  readonly busy?: boolean;
  readonly children: ReactNode;
}

export function Button({ kind, small, icon, busy = false, disabled, className, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={buttonClass({ ...(kind && { kind }), ...(small && { small }) }, className)}
    >
      {icon ? <Icon name={icon} size={small ? 16 : 18} /> : null}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children" | "aria-label">, Look {
  readonly icon: IconName;
  /** What it does, for those who do not see the icon and, as a hint, for those who do. */
  readonly label: string;
}

export function IconButton({ icon, label, kind = "quiet", small, className, ...rest }: IconButtonProps) {
  const look = { kind, ...(small && { small }) };
  return (
    <button
      type="button"
      title={label}
      {...rest}
      aria-label={label}
      className={buttonClass(look, classes(styles.icon, className))}
    >
      <Icon name={icon} size={small ? 16 : 20} />
    </button>
  );
}
