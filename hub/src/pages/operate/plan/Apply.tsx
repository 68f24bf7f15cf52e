import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ApiError } from "../../../api/error";
import { apply, type Change, type PlanDocument } from "../../../api/operate";
import { Button, Checkbox, Confirm, Panel, Problem, Section, Status } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import { brokenBy, verdictOf } from "./hits";
import styles from "./Plan.module.css";

const words = operateMessages.plan;

interface Props {
  readonly change: Change;
  readonly document: PlanDocument;
  readonly onPlanAgain: () => void;
}

/** Does what the plan says and nothing else, once whoever plans has agreed to it. */
export function Apply({ change, document: { plan, fingerprint }, onPlanAgain }: Props) {
  const [asked, setAsked] = useState(false);
  const [force, setForce] = useState(false);
  const navigate = useNavigate();
  const verdict = verdictOf(plan);
  const applied = useMutation({
    mutationFn: () => apply(change, fingerprint, force),
    onSuccess: ({ id }) => void navigate({ to: "/operate/tasks/$task", params: { task: id } }),
    onError: () => setAsked(false),
  });
  if (verdict === "nothing" || verdict === "refused") return null;
  const outdated = applied.error instanceof ApiError && applied.error.code === "outdated";
  const removed = plan.products.filter(({ action }) => action === "remove").map(({ product }) => product);
  return (
    <Section title={words.apply}>
      {verdict === "forcible" ? (
        <Checkbox label={words.force} checked={force} onChange={(event) => setForce(event.target.checked)} />
      ) : null}
      {outdated ? (
        <div role="alert">
          <Panel className={styles.verdict}>
            <Status tone="care">{words.outdated.title}</Status>
            <p>{words.outdated.text}</p>
            <Button kind="main" icon="running" onClick={onPlanAgain}>
              {words.again}
            </Button>
          </Panel>
        </div>
      ) : applied.error ? (
        <Problem error={applied.error} />
      ) : null}
      <div className={own.actions}>
        <Button
          kind={outdated ? "normal" : "main"}
          icon="check"
          disabled={outdated || (verdict === "forcible" && !force)}
          busy={applied.isPending}
          onClick={() => setAsked(true)}
        >
          {words.apply}
        </Button>
      </div>
      <Confirm
        open={asked}
        onClose={() => setAsked(false)}
        title={words.applyTitle}
        verb={words.apply}
        onConfirm={() => applied.mutate()}
        busy={applied.isPending}
        kind={removed.length > 0 ? "danger" : "main"}
      >
        <p>{words.applyText}</p>
        {brokenBy(plan).length > 0 ? <Status tone="care">{words.applyBreaks}</Status> : null}
        {removed.length > 0 ? <Status tone="bad">{words.applyRemoves(removed)}</Status> : null}
      </Confirm>
    </Section>
  );
}
