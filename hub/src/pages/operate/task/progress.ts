/** What a task has done so far, product by product, from what it told. */
import type { TaskEvent } from "../../../api/operate";
import type { CheckResult, Run } from "../../../api/types";

/** One thing that a run does. */
export type Step =
  | {
      readonly kind: "input";
      readonly name: string;
      readonly rows: number;
      readonly held: number;
      readonly violations: number;
      readonly milliseconds: number;
    }
  | {
      readonly kind: "model";
      readonly name: string;
      /** Not while it is being computed. */
      readonly built: { readonly rows: number | null; readonly reused: boolean; readonly milliseconds: number } | null;
    }
  | {
      readonly kind: "audit";
      readonly name: string;
      readonly passed: number;
      readonly violations: readonly CheckResult[];
      readonly milliseconds: number;
    };

export interface ProductProgress {
  readonly product: string;
  readonly state: Run["state"] | "skipped" | "notBegun";
  /** Inputs and models that it has, and those that are done. */
  readonly steps: number;
  readonly done: number;
  readonly parts: readonly Step[];
  readonly release: number | null;
  readonly error: string | null;
  /** The product whose failure kept it from being run. */
  readonly becauseOf: string | null;
  readonly milliseconds: number | null;
}

const BEGUN = {
  steps: 0,
  done: 0,
  parts: [],
  release: null,
  error: null,
  becauseOf: null,
  milliseconds: null,
} as const;

/** In the order in which the products were begun. */
export function progressOf(events: readonly TaskEvent[]): readonly ProductProgress[] {
  const products = new Map<string, ProductProgress>();
  for (const event of events) {
    const before = products.get(event.product) ?? { ...BEGUN, product: event.product, state: "running" as const };
    products.set(event.product, after(before, event));
  }
  return [...products.values()];
}

function after(before: ProductProgress, event: TaskEvent): ProductProgress {
  switch (event.event) {
    case "runStarted":
      return { ...before, ...BEGUN, state: "running", steps: event.steps };
    case "inputChecked":
      return step(before, {
        kind: "input",
        name: event.port,
        rows: event.rows,
        held: event.quarantined,
        violations: event.violations,
        milliseconds: event.milliseconds,
      });
    case "modelStarted":
      return { ...before, parts: [...before.parts, { kind: "model", name: event.model, built: null }] };
    case "modelBuilt": {
      const { rows, reused, milliseconds } = event;
      return step(before, { kind: "model", name: event.model, built: { rows, reused, milliseconds } });
    }
    case "audited": {
      const { passed, violations, milliseconds } = event;
      return {
        ...before,
        parts: [...before.parts, { kind: "audit", name: event.port, passed, violations, milliseconds }],
      };
    }
    case "runEnded": {
      const { release, error, milliseconds } = event;
      return { ...before, state: event.state as Run["state"], release, error, milliseconds };
    }
    case "skipped":
      return { ...before, state: "skipped", becauseOf: event.becauseOf };
    case "notBegun":
      return { ...before, state: "notBegun" };
  }
}

/** One more is done; a model takes the place where it was begun. */
function step(before: ProductProgress, part: Step): ProductProgress {
  const begun = before.parts.findIndex((other) => other.kind === part.kind && other.name === part.name);
  const parts = begun < 0 ? [...before.parts, part] : before.parts.with(begun, part);
  return { ...before, parts, done: before.done + 1 };
}

/** How many products came to what. */
export function tallyOf(products: readonly ProductProgress[]): Readonly<Record<ProductProgress["state"], number>> {
  const tally = { running: 0, published: 0, unchanged: 0, failed: 0, cancelled: 0, skipped: 0, notBegun: 0 };
  for (const { state } of products) tally[state] += 1;
  return tally;
}
