import type { AccessAgreement } from "../../../api/types";
import { Button, Problem, Prose, Section, Status, type Tone, useToast, When } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { GiveBack } from "../../../parts/GiveBack";
import { useDecisions } from "../../../parts/useDecisions";
import styles from "./Access.module.css";
import { standingOf } from "./standing";

const words = productMessages.access;

/** The reader's agreements on this product, with what can be done about each. */
export function Agreements({ agreements }: { readonly agreements: readonly AccessAgreement[] }) {
  return (
    <Section title={words.agreements}>
      {agreements.length === 0 ? <p className={styles.faint}>{words.noAgreements}</p> : null}
      <ul>
        {agreements.map((agreement) => (
          <Agreement key={agreement.id} agreement={agreement} />
        ))}
      </ul>
    </Section>
  );
}

const TONE: Readonly<Record<keyof typeof words.standing, Tone>> = {
  requested: "wait",
  active: "good",
  expired: "care",
  rejected: "bad",
  withdrawn: "plain",
  revoked: "bad",
  none: "plain",
};

function Agreement({ agreement }: { readonly agreement: AccessAgreement }) {
  const standing = standingOf(agreement);
  const say = useToast();
  const { decide, renew } = useDecisions(agreement.id, (_done, verb) =>
    say(verb === "renew" ? words.renewed : verb === "withdraw" ? words.withdrawn : words.givenBack),
  );
  const failed = decide.error ?? renew.error;
  return (
    <li className={styles.agreement}>
      <div>
        <Status tone={TONE[standing]}>{words.standing[standing]}</Status>
        <h3>{agreement.purpose}</h3>
        <p>
          <Prose text={agreement.words} />
        </p>
        {agreement.expiresAt ? (
          <p className={styles.faint}>
            {standing === "expired" ? words.ended : words.ends} <When at={agreement.expiresAt} />
          </p>
        ) : null}
        {failed ? <Problem error={failed} /> : null}
      </div>
      <div className={styles.actions}>
        {standing === "requested" ? (
          <Button small busy={decide.isPending} onClick={() => decide.mutate({ decision: "withdraw" })}>
            {words.withdraw}
          </Button>
        ) : null}
        {standing === "active" || standing === "expired" ? (
          <Button small busy={renew.isPending} onClick={() => renew.mutate()}>
            {words.renew}
          </Button>
        ) : null}
        {standing === "active" ? (
          <GiveBack name={agreement.purpose} onGiveBack={() => decide.mutate({ decision: "revoke" })} />
        ) : null}
      </div>
    </li>
  );
}
