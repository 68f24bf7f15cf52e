import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { agreements } from "../../../api/agreements";
import type { ListedAgreement } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import { Button, buttonClass, Empty, Problem, Section, Status, useToast } from "../../../design";
import { accessMessages } from "../../../messages/en/access";
import { GiveBack } from "../../../parts/GiveBack";
import { useDecisions } from "../../../parts/useDecisions";
import styles from "../Access.module.css";
import { isMine, parted, renewing, standingOf } from "../standing";
import { portName, StandingLine, Terms } from "../Terms";

const words = accessMessages.mine;

/** What the reader has asked for, and may read under. */
export function Mine() {
  const session = useSession();
  const query = useQuery(agreements);
  return (
    <Answer query={query}>
      {(all) => {
        const mine = all.filter((one) => isMine(one, session));
        if (mine.length === 0) return <Nothing />;
        const { current, past } = parted(mine);
        const renewed = renewing(mine);
        return (
          <>
            <Section title={words.current} lead={words.lead}>
              {current.length === 0 ? <p className={styles.faint}>{words.noneCurrent}</p> : null}
              <Agreements agreements={current} renewed={renewed} />
            </Section>
            {past.length > 0 ? (
              <Section title={words.past}>
                <Agreements agreements={past} renewed={renewed} />
              </Section>
            ) : null}
          </>
        );
      }}
    </Answer>
  );
}

function Nothing() {
  return (
    <Section title={words.title}>
      <Empty
        icon="key"
        title={words.none}
        actions={
          <Link to="/" className={buttonClass({ kind: "main" })}>
            {words.find}
          </Link>
        }
      >
        {words.noneText}
      </Empty>
    </Section>
  );
}

interface ListProps {
  readonly agreements: readonly ListedAgreement[];
  readonly renewed: ReadonlySet<string>;
}

function Agreements({ agreements: shown, renewed }: ListProps) {
  return (
    <ul className={styles.list}>
      {shown.map((listed) => (
        <Agreement key={listed.agreement.id} listed={listed} renewed={renewed.has(listed.agreement.id)} />
      ))}
    </ul>
  );
}

function Agreement({ listed, renewed }: { readonly listed: ListedAgreement; readonly renewed: boolean }) {
  const { agreement } = listed;
  const { principal } = useSession();
  const say = useToast();
  const { decide, renew } = useDecisions(agreement.id, (done, verb) => {
    if (verb === "renew") say(done.state === "approved" ? words.renewedNow : words.renewed);
    else say(verb === "withdraw" ? words.withdrawn : words.givenBack);
  });
  const standing = standingOf(listed, Date.now());
  const holds = standing === "active" || standing === "expiring";
  const asked = agreement.requestedBy === principal;
  const failed = decide.error ?? renew.error;
  return (
    <li id={agreement.id} className={styles.entry}>
      <div className={styles.words}>
        <StandingLine listed={listed} />
        <h3>{agreement.purpose}</h3>
        <Terms listed={listed} />
        {renewed ? <Status tone="wait">{words.renewing}</Status> : null}
        {failed ? <Problem error={failed} /> : null}
      </div>
      <div className={styles.actions}>
        {standing === "requested" && asked ? (
          <Button small busy={decide.isPending} onClick={() => decide.mutate({ decision: "withdraw" })}>
            {words.withdraw}
            <span className="unseen"> {portName(agreement)}</span>
          </Button>
        ) : null}
        {(holds || standing === "expired") && asked && !renewed ? (
          <Button small busy={renew.isPending} onClick={() => renew.mutate()}>
            {words.renew}
            <span className="unseen"> {portName(agreement)}</span>
          </Button>
        ) : null}
        {holds ? (
          <GiveBack name={portName(agreement)} onGiveBack={() => decide.mutate({ decision: "revoke" })} />
        ) : null}
      </div>
    </li>
  );
}
