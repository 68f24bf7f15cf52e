import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { client, take } from "../../api/client";
import { ApiError } from "../../api/error";
import { session, signInOptions } from "../../api/queries";
import { Mark } from "../../app/Mark";
import { useTitle } from "../../app/useTitle";
import { Button, buttonClass, Checkbox, Problem, Status, TextField } from "../../design";
import { messages } from "../../messages";
import { faultsLater, useFaults, written } from "../../parts/useFaults";
import { Depths } from "./Depths";
import { signInRoute } from "./route";
import styles from "./SignInPage.module.css";

const words = messages.signIn;

export function SignInPage() {
  useTitle(words.title);
  const options = useQuery(signInOptions);
  const { next, refused } = signInRoute.useSearch();

  return (
    <main className={styles.page}>
      <div className={styles.sea}>
        <Depths className={styles.lines} />
        <p className={styles.lead}>{words.lead}</p>
      </div>
      <div className={styles.form}>
        <div className={styles.name}>
          <Mark /> {messages.shell.name}
        </div>
        <h1>{words.title}</h1>
        {refused ? (
          <div className={styles.refused} role="alert">
            <Status tone="bad">{words.refused}</Status>
            <p>{words.refusedText}</p>
          </div>
        ) : null}
        {options.data?.password === false ? null : <PasswordForm />}
        {(options.data?.providers ?? []).map((provider) => (
          <a
            key={provider.name}
            className={buttonClass()}
            href={`${provider.href}?return=${encodeURIComponent(`/hub${next ?? "/"}`)}`}
          >
            {words.with(provider.title)}
          </a>
        ))}
        <div className={styles.help}>
          <p>{words.help}</p>
          <code>outport user set NAME --password-stdin</code>
        </div>
      </div>
    </main>
  );
}

function PasswordForm() {
  const { faults, accept } = useFaults();
  const [shown, setShown] = useState(false);
  const signIn = useSignIn();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    // White space belongs to a password.
    const body = { user: written(form)("user"), password: String(new FormData(form).get("password") ?? "") };
    const wording = { user: { required: words.needUser }, password: { required: words.needPassword } };
    if (accept(form, await faultsLater("signIn", { body, wording }))) signIn.mutate(body);
  }

  const refused = signIn.error instanceof ApiError && signIn.error.unauthenticated;
  return (
    <form onSubmit={submit} noValidate>
      {signIn.error && !refused ? <Problem error={signIn.error} /> : null}
      <TextField
        label={words.user}
        name="user"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        fault={faults.user}
      />
      <div role={refused ? "alert" : undefined}>
        <TextField
          label={words.password}
          name="password"
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          required
          fault={faults.password ?? (refused ? words.wrong : undefined)}
        />
      </div>
      <Checkbox label={words.showPassword} checked={shown} onChange={(event) => setShown(event.target.checked)} />
      <Button type="submit" kind="main" busy={signIn.isPending}>
        {words.submit}
      </Button>
    </form>
  );
}

function useSignIn() {
  const router = useRouter();
  const { next } = signInRoute.useSearch();
  return useMutation({
    meta: { signsIn: true },
    mutationFn: (body: { user: string; password: string }) => take(client.POST("/v1/session", { body })),
    onSuccess: (found) => {
      const { queries } = router.options.context;
      queries.clear();
      queries.setQueryData(session.queryKey, found);
      router.history.push(`/hub${next ?? "/"}`);
    },
  });
}
