/** Short words on what was just done. They are read out, and go by themselves; nothing is only said here. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";

import { messages } from "../messages";
import { IconButton } from "./Button";
import { Status, type Tone } from "./Status";
import styles from "./Toasts.module.css";

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

/** Says something. */
export type Say = (text: string, tone?: Tone) => void;

/** Long enough to read it twice. */
const STAYS = 6_000;

const Context = createContext<Say>(() => {});

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(0);

  const drop = useCallback((id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)), []);
  const say = useCallback<Say>(
    (text, tone = "good") => {
      const id = next.current++;
      setToasts((shown) => [...shown.slice(-2), { id, tone, text }]);
      setTimeout(() => drop(id), STAYS);
    },
    [drop],
  );

  const list = useMemo(
    () => (
      <div className={styles.toasts} aria-live="polite" role="status">
        {toasts.map((toast) => (
          <div key={toast.id} className={styles.toast}>
            <Status tone={toast.tone}>{toast.text}</Status>
            <IconButton small icon="close" label={messages.common.dismiss} onClick={() => drop(toast.id)} />
          </div>
        ))}
      </div>
    ),
    [toasts, drop],
  );

  return (
    <Context value={say}>
      {children}
      {list}
    </Context>
  );
}

export function useToast(): Say {
  return useContext(Context);
}
