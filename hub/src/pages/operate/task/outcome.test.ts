import { expect, test } from "vitest";

import type { RunReport } from "../../../api/operate";
import { outcomeOf } from "./outcome";

const FAILURE = { message: "no", help: null, results: [] };

function report(state: "published" | "failed"): RunReport {
  const run: RunReport["run"] = {
    id: "1",
    product: "orders",
    state,
    generation: 1,
    startedAt: "2026-01-01T00:00:00Z",
    endedAt: "2026-01-01T00:00:01Z",
    inputs: {},
    release: null,
    error: null,
  };
  return { product: "orders", run, failure: state === "published" ? null : FAILURE, held: null };
}

test("what was done with failures is told apart from what was done, stopped or never begun", () => {
  const outcome = (...states: Parameters<typeof report>[0][]) =>
    outcomeOf({ state: "done", result: { runs: states.map(report) } });
  expect(outcome()).toBe("done");
  expect(outcome("published")).toBe("done");
  expect(outcome("published", "failed")).toBe("partly");
  expect(outcomeOf({ state: "stopped", result: { runs: [report("failed")] } })).toBe("stopped");
  expect(outcomeOf({ state: "failed", result: null })).toBe("failed");
  expect(outcomeOf({ state: "running", result: null })).toBe("running");
});
