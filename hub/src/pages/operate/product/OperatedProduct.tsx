import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Fragment } from "react";

import { ApiError } from "../../../api/error";
import { type Described, described } from "../../../api/operate";
import { consumers } from "../../../api/queries";
import type { Run } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Missing } from "../../../app/Missing";
import { useTitle } from "../../../app/useTitle";
import {
  Button,
  Facts,
  Heading,
  Page,
  Panel,
  Problem,
  Prose,
  Section,
  Skeleton,
  Status,
  Table,
  type Tone,
  When,
} from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import { duration, number } from "../../../messages/format";
import own from "../Operate.module.css";
import { Checks, isUnmet, RUN_TONE, Trail, useRun } from "../parts";
import { History } from "./History";
import styles from "./OperatedProduct.module.css";
import { Releases } from "./Releases";

const words = operateMessages.product;

/** One product for whoever operates it: how it is, its releases, and back to an earlier one. */
export function OperatedProduct() {
  const { product: name } = useParams({ from: "/shell/operate/products/$product" });
  const query = useQuery(described(name));
  useTitle(query.data?.intent.compiled.product.title ?? name);
  if (query.error instanceof ApiError && query.error.missing) return <Missing />;
  return (
    <Page>
      <Answer query={query} skeleton={<Skeleton block lines={6} />}>
        {(product) => <Product name={name} product={product} />}
      </Answer>
    </Page>
  );
}

function Product({ name, product }: { readonly name: string; readonly product: Described }) {
  const { title, purpose } = product.intent.compiled.product;
  const run = useRun();
  const newest = product.releases[0]?.number ?? 0;
  const held = product.release !== null && newest > product.release.number;
  const unmet = product.checks.filter(isUnmet);
  return (
    <>
      <Trail here={title ?? name} />
      <div className={own.head}>
        <Heading title={title ?? name}>{purpose}</Heading>
        <Button kind="main" icon="play" busy={run.isPending} onClick={() => run.mutate([name])}>
          {words.run}
        </Button>
      </div>
      {run.error ? <Problem error={run.error} /> : null}
      {held && product.release ? (
        <Panel className={styles.held}>
          <Status tone="note">{words.heldTitle}</Status>
          <p>{words.held(product.release.number, newest)}</p>
        </Panel>
      ) : null}
      <AtAGlance name={name} product={product} />
      {unmet.length > 0 ? (
        <Section title={words.unmet} lead={words.unmetLead}>
          <Checks of={title ?? name} results={unmet} />
        </Section>
      ) : null}
      <Releases name={name} product={product} />
      <Runs runs={product.runs} />
      <History entries={product.history} />
    </>
  );
}

function AtAGlance({ name, product }: { readonly name: string; readonly product: Described }) {
  const { intent, release } = product;
  const { data } = useQuery(consumers(name, 30));
  const { version } = intent.compiled.product;
  const [tone, state] = stateOf(product);
  return (
    <>
      <Facts
        facts={[
          [
            words.fact.state,
            <Status key="state" tone={tone}>
              {state}
            </Status>,
          ],
          [
            words.fact.release,
            release ? (
              <Fragment key="release">
                {words.current(release.number)}, <When at={release.publishedAt} />
              </Fragment>
            ) : (
              operateMessages.table.noRelease
            ),
          ],
          ...(version ? [[words.fact.version, version] as const] : []),
          [
            words.fact.applied,
            <Fragment key="applied">
              <When at={intent.applied_at} /> ({words.generation(intent.generation)})
            </Fragment>,
          ],
          ...(data ? [[words.fact.readers, words.readers(data.consumers.length)] as const] : []),
        ]}
      />
      <p>
        <Link to="/products/$product" params={{ product: name }}>
          {words.page}
        </Link>
      </p>
    </>
  );
}

function stateOf({ release, lastRun, pending }: Described): readonly [Tone, string] {
  const { need, well } = operateMessages;
  if (release === null) return ["wait", need.unreleased];
  if (lastRun?.state === "failed") return ["bad", need.failed];
  return pending ? ["wait", need.pending] : ["good", well];
}

function Runs({ runs }: { readonly runs: readonly Run[] }) {
  const { runColumn } = words;
  return (
    <Section title={words.runs} lead={words.runsLead}>
      <Table
        caption={words.runCaption}
        rows={runs}
        rowKey={({ id }) => id}
        columns={[
          { key: "started", title: runColumn.started, head: true, cell: ({ startedAt }) => <When at={startedAt} /> },
          {
            key: "state",
            title: runColumn.state,
            cell: ({ state }) => <Status tone={RUN_TONE[state]}>{words.runState[state]}</Status>,
          },
          { key: "took", title: runColumn.took, number: true, cell: took },
          {
            key: "release",
            title: runColumn.release,
            number: true,
            cell: ({ release }) => (release === null ? "" : number(release)),
          },
          { key: "change", title: runColumn.change, number: true, cell: ({ generation }) => number(generation) },
          { key: "error", title: runColumn.error, cell: ({ error }) => <Prose text={error ?? ""} /> },
        ]}
      />
    </Section>
  );
}

function took({ startedAt, endedAt }: Run): string {
  return endedAt === null ? "" : duration((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000);
}
