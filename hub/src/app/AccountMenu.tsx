import { useMutation } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { type FocusEvent, useRef, useState } from "react";

import { client, done } from "../api/client";
import { session as sessionQuery } from "../api/queries";
import type { Session } from "../api/types";
import { Button, buttonClass, Choices, Icon, Status, useToast } from "../design";
import { messages } from "../messages";
import { list, relative } from "../messages/format";
import styles from "./Menu.module.css";
import { setTheme, useTheme } from "./theme";
import { forgetTrail } from "./trail";

const { account, theme: themes } = messages.shell;

/** Who is signed in, how the hub looks to them, and the way out. */
export function AccountMenu({ session }: { readonly session: Session }) {
  const [open, setOpen] = useState(false);
  const theme = useTheme();
  const trigger = useRef<HTMLButtonElement>(null);
  const signOut = useSignOut();

  function leave(event: FocusEvent<HTMLDivElement>) {
    if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is caught here was meant for what is inside
    <div
      className={styles.menu}
      onBlur={leave}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        setOpen(false);
        trigger.current?.focus();
      }}
    >
      <button
        ref={trigger}
        type="button"
        className={styles.trigger}
        aria-expanded={open}
        aria-label={account.label(session.principal)}
        onClick={() => setOpen(!open)}
      >
        <Icon name="person" />
        <span className={styles.who}>{session.principal}</span>
      </button>
      {open ? (
        <div className={styles.sheet} tabIndex={-1}>
          <div className={styles.lines}>
            <strong>{session.principal}</strong>
            <span>{session.groups.length > 0 ? account.groups(list(session.groups)) : account.noGroups}</span>
            {session.administrator ? (
              <Status tone="mine" icon="shield">
                {account.administrator}
              </Status>
            ) : null}
            {session.expiresAt ? <span>{account.expires(relative(session.expiresAt))}</span> : null}
          </div>
          <Choices
            legend={themes.label}
            value={theme}
            onChange={setTheme}
            options={[
              { value: "system", label: <Icon name="system" />, spoken: themes.system },
              { value: "light", label: <Icon name="sun" />, spoken: themes.light },
              { value: "dark", label: <Icon name="moon" />, spoken: themes.dark },
            ]}
          />
          <Link
            to="/administer/tokens"
            search={session.administrator ? { owner: session.principal } : {}}
            className={buttonClass()}
            onClick={() => setOpen(false)}
          >
            <Icon name="key" /> {account.tokens}
          </Link>
          <Button icon="exit" busy={signOut.isPending} onClick={() => signOut.mutate()}>
            {account.signOut}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** Ends the session, here and on the server, and forgets all that was seen in it. */
export function useSignOut() {
  const router = useRouter();
  const say = useToast();
  return useMutation({
    mutationFn: () => done(client.DELETE("/v1/session")),
    onSuccess: async () => {
      const { queries } = router.options.context;
      forgetTrail();
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, null);
      await router.navigate({ to: "/sign-in" });
    },
    onError: (error) => say(error.message, "bad"),
  });
}
