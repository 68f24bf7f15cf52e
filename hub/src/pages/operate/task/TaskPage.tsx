import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { ApiError } from "../../../api/error";
import { stop, type Task, task as taskQuery } from "../../../api/operate";
import { Answer } from "../../../app/Answer";
import { useTitle } from "../../../app/useTitle";
import {
  Button,
  buttonClass,
  Confirm,
  Empty,
  Facts,
  Heading,
  More,
  Page,
  Problem,
  Section,
  Status,
  useToast,
  When,
} from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import { Trail } from "../parts";
import { outcomeOf, TASK_TONE } from "./outcome";
import { Products } from "./Products";
import { progressOf, tallyOf } from "./progress";
import styles from "./Task.module.css";
import { useTask } from "./useTask";
import { lineOf, tallied } from "./words";

const words = operateMessages.task;

/** An apply or a run: what it does while it does it, and what it came to. */
export function TaskPage() {
  const { task: id } = useParams({ from: "/shell/operate/tasks/$task" });
  const query = useQuery(taskQuery(id));
  useTitle(query.data ? words.kind[query.data.kind] : operateMessages.title);
  if (query.error instanceof ApiError && (query.error.missing || query.error.status === 400)) return <Gone />;
  return (
    <Page>
      <Answer query={query}>{(task) => <Followed key={task.id} task={task} />}</Answer>
    </Page>
  );
}

function Gone() {
  return (
    <Page>
      <h1 className="unseen">{words.gone.title}</h1>
      <Empty
        icon="history"
        title={words.gone.title}
        actions={
          <Link to="/operate" className={buttonClass()}>
            {words.gone.back}
          </Link>
        }
      >
        {words.gone.text}
      </Empty>
    </Page>
  );
}

function Followed({ task }: { readonly task: Task }) {
  const { events, connection } = useTask(task.id);
  const outcome = outcomeOf(task);
  const running = task.state === "running";
  const title = running ? words.kind[task.kind] : words.was[task.kind];
  const products = progressOf(events);
  const reports = task.result?.runs ?? [];
  const removed = removedBy(task);
  return (
    <>
      <Trail here={title} />
      <div className={own.head}>
        <Heading title={title} />
        {running ? <Stop task={task} /> : null}
      </div>
      <div className={styles.state}>
        <span role="status">
          <Status tone={TASK_TONE[outcome]}>{words.state[outcome]}</Status> {tallied(tallyOf(products))}
        </span>
        {running && connection === "live" ? <Status tone="note">{words.live}</Status> : null}
        {running && connection === "lost" ? <Status tone="care">{words.lost}</Status> : null}
      </div>
      <Section title={words.products}>
        {task.problem ? (
          <Problem error={ApiError.of({ status: task.problem.status, statusText: "" }, task.problem)} />
        ) : null}
        {[...products, ...reports, ...removed].length === 0 && !task.problem ? (
          <p className={own.faint}>
            {connection === "connecting" ? words.connecting : running ? words.waiting : words.nothing}
          </p>
        ) : null}
        <Products products={products} reports={reports} removed={removed} />
      </Section>
      <Section title={words.log} lead={words.logLead}>
        <More summary={words.logLines(events.length)}>
          {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard */}
          {/* biome-ignore-start lint/a11y/useSemanticElements: it is no group of fields */}
          <pre className={styles.log} role="group" aria-label={words.log} tabIndex={0}>
            {events.map(lineOf).join("\n")}
          </pre>
          {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: see above */}
          {/* biome-ignore-end lint/a11y/useSemanticElements: see above */}
        </More>
        <Facts
          facts={[
            [words.by, task.startedBy],
            [words.begun, <When key="begun" at={task.startedAt} />],
            [running ? words.soFar : words.took, <Took key="took" task={task} />],
            [words.id, <code key="id">{task.id}</code>],
            ...(task.result && "collected" in task.result && task.result.collected > 0
              ? ([["", words.collected(task.result.collected)]] as const)
              : []),
          ]}
        />
      </Section>
    </>
  );
}

/** Products that are gone with it. */
function removedBy({ result }: Task): readonly string[] {
  if (result === null || !("plan" in result)) return [];
  return result.plan.products.filter(({ action }) => action === "remove").map(({ product }) => product);
}

/** How long it takes, by the second while it does. */
function Took({ task: { startedAt, endedAt } }: { readonly task: Task }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (endedAt !== null) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [endedAt]);
  const end = endedAt === null ? now : Date.parse(endedAt);
  return words.duration(Math.max(0, end - Date.parse(startedAt)) / 1_000);
}

function Stop({ task }: { readonly task: Task }) {
  const [asked, setAsked] = useState(false);
  const say = useToast();
  const told = useMutation({
    mutationFn: () => stop(task.id),
    onSuccess: () => say(words.stopped, "note"),
    onSettled: () => setAsked(false),
  });
  return (
    <div className={own.actions}>
      <Button kind="danger" icon="stopped" busy={told.isPending || told.isSuccess} onClick={() => setAsked(true)}>
        {words.stop}
      </Button>
      {told.error ? <Problem error={told.error} /> : null}
      <Confirm
        open={asked}
        onClose={() => setAsked(false)}
        title={words.stopTitle}
        verb={words.stop}
        onConfirm={() => told.mutate()}
        busy={told.isPending}
      >
        <p>{words.stopText}</p>
      </Confirm>
    </div>
  );
}
