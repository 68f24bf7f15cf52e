import { Link } from "@tanstack/react-router";

import type { Agreement, ListedAgreement } from "../../api/types";
import { useSession } from "../../app/useSession";
import { Facts, Status, When } from "../../design";
import { messages } from "../../messages";
import { accessMessages } from "../../messages/en/access";
import { list } from "../../messages/format";
import { standingOf, TONES } from "./standing";

const words = accessMessages.facts;

/** How an agreement stands. */
export function StandingLine({ listed }: { readonly listed: ListedAgreement }) {
  const standing = standingOf(listed, Date.now());
  return <Status tone={TONES[standing]}>{accessMessages.standing[standing]}</Status>;
}

/** A port, as agreements name it. */
export function portName({ port: { product, port, major } }: Pick<Agreement, "port">): string {
  return `${product}.${port}@${major}`;
}

/** What was agreed, or is to be. */
export function Terms({ listed: { agreement } }: { readonly listed: ListedAgreement }) {
  const { principal } = useSession();
  const { port, consumer, columns, decision, expiresAt, state } = agreement;
  const whom =
    consumer.kind === "group" ? words.group(consumer.name) : consumer.name === principal ? words.you : consumer.name;
  return (
    <Facts
      facts={[
        [
          words.port,
          <span key="port">
            <Link to="/products/$product/access" params={{ product: port.product }}>
              {port.product}
            </Link>{" "}
            <code>{`${port.port}@${port.major}`}</code>
          </span>,
        ],
        [words.for, whom],
        [words.columns, columns === null ? words.allColumns : list(columns)],
        [
          words.asked,
          <span key="asked">
            <When at={agreement.requestedAt} /> {messages.common.by(agreement.requestedBy)}
          </span>,
        ],
        state === "approved" && expiresAt !== null
          ? ([words.until, <When key="until" at={expiresAt} />] as const)
          : ([words.lasts, words.span(agreement.seconds)] as const),
        ...(agreement.justification ? [[words.justification, agreement.justification] as const] : []),
        ...(decision
          ? [
              [
                words.decided,
                <span key="decided">
                  <When at={decision.at} /> {decision.by === null ? words.byPolicy : messages.common.by(decision.by)}
                  {decision.comment ? `: ${decision.comment}` : null}
                </span>,
              ] as const,
            ]
          : []),
      ]}
    />
  );
}
