import { Link } from "@tanstack/react-router";
import { useMemo } from "react";

import type { Operated } from "../../../api/operate";
import { Button, Problem, Prose, Section, Status, type Tone } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { type Need, needing } from "../needs";
import { useRun } from "../parts";
import styles from "./Workspace.module.css";

const words = operateMessages;

export const NEED_TONE: Readonly<Record<Need, Tone>> = {
  failed: "bad",
  stopped: "care",
  missing: "bad",
  unmet: "bad",
  unreleased: "wait",
  pending: "wait",
  behind: "care",
  held: "note",
  warned: "care",
};

/** Products that are told of here; the rest is in the table. */
const MOST = 8;

/** What needs someone, the worst first. */
export function Attention({ products }: { readonly products: readonly Operated[] }) {
  const all = useMemo(() => needing(products), [products]);
  const run = useRun();
  return (
    <Section title={words.attention.title} lead={all.length > 0 ? words.attention.lead : undefined}>
      {all.length === 0 ? <Status tone="good">{words.attention.none(products.length)}</Status> : null}
      {run.error ? <Problem error={run.error} /> : null}
      <ul className={styles.items}>
        {all.slice(0, MOST).map(({ product, needs }) => (
          <li key={product.name}>
            <Status tone={NEED_TONE[needs[0] as Need]}>{words.need[needs[0] as Need]}</Status>
            <div className={styles.what}>
              <Link to="/operate/products/$product" params={{ product: product.name }}>
                {product.title ?? product.name}
              </Link>
              {needs.map((need) => (
                <p key={need}>
                  <Prose text={why(product, need)} />
                </p>
              ))}
            </div>
            <Button small icon="play" busy={run.isPending} onClick={() => run.mutate([product.name])}>
              {words.attention.run}
              <span className="unseen"> {product.title ?? product.name}</span>
            </Button>
          </li>
        ))}
      </ul>
      {all.length > MOST ? (
        <Link to="/operate" search={{ show: "needing" }} hash="products">
          {words.attention.all(all.length)}
        </Link>
      ) : null}
    </Section>
  );
}

function why({ lastRun, checks, behind, missing, release }: Operated, need: Need): string {
  switch (need) {
    case "failed":
      return words.why.failed(lastRun?.error ?? null);
    case "unmet":
      return words.why.unmet(checks.failed);
    case "behind":
      return words.why.behind(behind);
    case "missing":
      return words.why.missing(missing);
    case "held":
      return words.why.held(release?.number ?? 0, lastRun?.release ?? 0);
    case "warned":
      return words.why.warned(checks.warned);
    case "stopped":
    case "unreleased":
    case "pending":
      return words.why[need];
  }
}
