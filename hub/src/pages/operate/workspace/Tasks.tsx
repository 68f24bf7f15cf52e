import { Link } from "@tanstack/react-router";

import type { Task } from "../../../api/operate";
import { Status, Table, When } from "../../../design";
import { messages } from "../../../messages";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import { outcomeOf, TASK_TONE } from "../task/outcome";
import { progressOf, tallyOf } from "../task/progress";
import { useTask } from "../task/useTask";
import { tallied } from "../task/words";
import styles from "./Workspace.module.css";

const words = operateMessages;

/** Tasks that are under way, as they go. */
export function Running({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) return <p className={own.faint}>{words.live.none}</p>;
  return (
    <ul className={styles.items}>
      {tasks.map((task) => (
        <Live key={task.id} task={task} />
      ))}
    </ul>
  );
}

function Live({ task }: { readonly task: Task }) {
  const { events } = useTask(task.id);
  const products = progressOf(events);
  const at = products.findLast(({ state }) => state === "running");
  return (
    <li>
      <Status tone="wait">{words.task.state.running}</Status>
      <div className={styles.what}>
        <Link to="/operate/tasks/$task" params={{ task: task.id }}>
          {words.task.kind[task.kind]}
        </Link>
        <p>{[tallied(tallyOf(products)), at?.product].filter(Boolean).join(" · ") || words.task.waiting}</p>
      </div>
      <span className={own.faint}>
        {messages.common.by(task.startedBy)}, <When at={task.startedAt} />
      </span>
    </li>
  );
}

/** Tasks that have ended. */
export function Past({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) return <p className={own.faint}>{words.past.none}</p>;
  const { column } = words.past;
  return (
    <Table
      caption={words.past.caption}
      rows={tasks.slice(0, 20)}
      rowKey={({ id }) => id}
      columns={[
        {
          key: "what",
          title: column.what,
          head: true,
          cell: ({ id, kind }) => (
            <Link to="/operate/tasks/$task" params={{ task: id }}>
              {words.task.was[kind]}
            </Link>
          ),
        },
        {
          key: "state",
          title: column.state,
          cell: (task) => <Status tone={TASK_TONE[outcomeOf(task)]}>{words.task.state[outcomeOf(task)]}</Status>,
        },
        { key: "by", title: column.by, cell: ({ startedBy }) => startedBy },
        { key: "when", title: column.when, cell: ({ startedAt }) => <When at={startedAt} /> },
        {
          key: "took",
          title: column.took,
          number: true,
          cell: ({ startedAt, endedAt }) =>
            endedAt === null ? "" : words.task.duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000),
        },
      ]}
    />
  );
}
