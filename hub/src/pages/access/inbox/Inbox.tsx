import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { agreements } from "../../../api/agreements";
import type { ListedAgreement } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import { Button, classes, Dialog, Empty, More, Problem, Section, Status, TextArea, useToast } from "../../../design";
import { messages } from "../../../messages";
import { accessMessages } from "../../../messages/en/access";
import { faultsOf } from "../../../parts/schema";
import { useDecisions } from "../../../parts/useDecisions";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Access.module.css";
import { isMine, mayDecide } from "../standing";
import { portName, StandingLine, Terms } from "../Terms";
import { Preview } from "./Preview";

const words = accessMessages.inbox;

/** What others ask of the reader, and what the reader has given. */
export function Inbox() {
  const session = useSession();
  const query = useQuery(agreements);
  return (
    <Answer query={query}>
      {(all) => {
        const concerned = all.filter((one) => mayDecide(one, session));
        const waiting = concerned.filter(({ agreement }) => agreement.state === "requested");
        const given = concerned.filter(({ standing }) => standing === "active");
        return (
          <>
            <Section title={words.title} lead={words.lead}>
              {waiting.length === 0 ? (
                <Empty icon="check" title={words.none}>
                  {words.noneText}
                </Empty>
              ) : (
                <ul className={styles.list}>
                  {/* Who has waited longest is answered first. */}
                  {waiting.toReversed().map((listed) => (
                    <Asked key={listed.agreement.id} listed={listed} />
                  ))}
                </ul>
              )}
            </Section>
            <Section title={words.given} lead={given.length === 0 ? words.noneGiven : words.givenLead}>
              <ul className={styles.list}>
                {given.map((listed) => (
                  <Given key={listed.agreement.id} listed={listed} />
                ))}
              </ul>
            </Section>
          </>
        );
      }}
    </Answer>
  );
}

function Asked({ listed }: { readonly listed: ListedAgreement }) {
  const { agreement } = listed;
  const session = useSession();
  const [looking, setLooking] = useState(false);
  return (
    <li id={agreement.id} className={classes(styles.entry, styles.deciding)}>
      <div className={styles.words}>
        <h3>{words.asks(agreement.requestedBy, portName(agreement))}</h3>
        <p>
          <strong>{agreement.purpose}</strong>
        </p>
        {agreement.justification ? (
          <blockquote className={styles.quote}>{agreement.justification}</blockquote>
        ) : (
          <p className={styles.faint}>{words.noReason}</p>
        )}
        {isMine(listed, session) ? <Status tone="note">{words.own}</Status> : null}
        <Terms listed={{ ...listed, agreement: { ...agreement, justification: null } }} />
      </div>
      <Decide listed={listed} />
      <More summary={words.preview} onToggle={setLooking}>
        {looking ? <Preview agreement={agreement.id} /> : null}
      </More>
    </li>
  );
}

/** Both ways to answer, each with what is said to whoever asked. */
function Decide({ listed: { agreement } }: { readonly listed: ListedAgreement }) {
  const [asked, setAsked] = useState<"approve" | "reject" | null>(null);
  const { faults, accept, forget } = useFaults();
  const say = useToast();
  const { decide } = useDecisions(agreement.id, (_done, verb) => {
    setAsked(null);
    say(verb === "approve" ? words.approved : words.rejected);
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (asked === null) return;
    const form = event.currentTarget;
    const order = { decision: asked, comment: written(form)("reason") || null };
    const found = {
      ...faultsOf("decideAgreement", { names: { agreement: agreement.id }, body: order }),
      ...(asked === "reject" && order.comment === null && { comment: words.needReason }),
    };
    if (accept(form, found)) decide.mutate(order);
  }

  const close = () => {
    setAsked(null);
    forget();
    decide.reset();
  };
  const about = words.asks(agreement.requestedBy, portName(agreement));
  return (
    <div className={styles.actions}>
      <Button kind="main" icon="check" onClick={() => setAsked("approve")}>
        {words.approve}
        <span className="unseen"> {about}</span>
      </Button>
      <Button icon="close" onClick={() => setAsked("reject")}>
        {words.reject}
        <span className="unseen"> {about}</span>
      </Button>
      <Dialog open={asked !== null} onClose={close} title={asked === "reject" ? words.reject : words.approve}>
        <form className={styles.form} onSubmit={submit} noValidate>
          <p>{about}</p>
          {decide.error ? <Problem error={decide.error} /> : null}
          <TextArea
            label={words.reason}
            hint={words.reasonHint}
            name="reason"
            fault={faults.comment}
            optional={asked === "approve"}
          />
          <div className={styles.actions}>
            <Button type="submit" kind={asked === "reject" ? "danger" : "main"} busy={decide.isPending}>
              {asked === "reject" ? words.reject : words.approve}
            </Button>
            <Button kind="quiet" onClick={close}>
              {messages.common.cancel}
            </Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}

function Given({ listed }: { readonly listed: ListedAgreement }) {
  const { agreement } = listed;
  const [ending, setEnding] = useState(false);
  const { faults, accept } = useFaults();
  const say = useToast();
  const { decide } = useDecisions(agreement.id, () => {
    setEnding(false);
    say(words.revoked);
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const order = { decision: "revoke", comment: written(form)("reason") || null } as const;
    const found = faultsOf("decideAgreement", { names: { agreement: agreement.id }, body: order });
    if (accept(form, found)) decide.mutate(order);
  }

  return (
    <li id={agreement.id} className={styles.entry}>
      <div className={styles.words}>
        <StandingLine listed={listed} />
        <h3>{agreement.purpose}</h3>
        <Terms listed={listed} />
      </div>
      <div className={styles.actions}>
        <Button small kind="danger" onClick={() => setEnding(true)}>
          {words.revoke}
          <span className="unseen"> {portName(agreement)}</span>
        </Button>
      </div>
      <Dialog open={ending} onClose={() => setEnding(false)} title={words.revokeTitle}>
        <form className={styles.form} onSubmit={submit} noValidate>
          <p>{words.revokeText(agreement.consumer.name)}</p>
          {decide.error ? <Problem error={decide.error} /> : null}
          <TextArea label={words.reason} hint={words.reasonHint} name="reason" fault={faults.comment} optional />
          <div className={styles.actions}>
            <Button type="submit" kind="danger" busy={decide.isPending}>
              {words.revoke}
            </Button>
            <Button kind="quiet" onClick={() => setEnding(false)}>
              {messages.common.cancel}
            </Button>
          </div>
        </form>
      </Dialog>
    </li>
  );
}
