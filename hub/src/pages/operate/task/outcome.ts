import type { Task } from "../../../api/operate";
import type { Tone } from "../../../design";

/** How a task stands. One that was done may still have runs that failed. */
export type Outcome = "running" | "done" | "partly" | "stopped" | "failed";

export const TASK_TONE: Readonly<Record<Outcome, Tone>> = {
  running: "wait",
  done: "good",
  partly: "bad",
  stopped: "care",
  failed: "bad",
};

export function outcomeOf({ state, result }: Pick<Task, "state" | "result">): Outcome {
  if (state !== "done") return state;
  const runs = result?.runs ?? [];
  return runs.some(({ failure }) => failure !== null) ? "partly" : "done";
}
