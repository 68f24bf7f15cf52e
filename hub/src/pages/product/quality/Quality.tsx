import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { quality } from "../../../api/queries";
import type { ReleaseQuality } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Checkbox, Empty, Section, Select, Share, Status, Table, When } from "../../../design";
import { messages } from "../../../messages";
import { productMessages } from "../../../messages/en/product";
import { number } from "../../../messages/format";
import { DIMENSIONS } from "../../../parts/trust";
import { useProduct } from "../useProduct";
import { counted, type Narrowed, narrowed } from "./narrow";
import styles from "./Quality.module.css";
import { Results } from "./Results";

const words = productMessages.quality;

/** What was checked before each release, and what came of it. */
export function Quality() {
  const { name } = useProduct();
  const query = useQuery(quality(name));
  return (
    <Answer query={query}>
      {({ releases }) => {
        if (releases.length === 0) {
          return (
            <Section title={words.title} lead={words.lead}>
              <Empty icon="shield" title={words.none.title}>
                {words.none.text}
              </Empty>
            </Section>
          );
        }
        return (
          <>
            <OfRelease releases={releases} />
            <Over releases={releases} />
          </>
        );
      }}
    </Answer>
  );
}

function OfRelease({ releases }: { readonly releases: readonly ReleaseQuality[] }) {
  const search = useSearch({ from: "/shell/products/$product/quality" });
  const release =
    releases.find(({ number }) => number === search.release) ?? releases.find(({ current }) => current) ?? releases[0];
  if (!release) return null;
  const { passed, failed, warned } = counted(release.checks);
  const wanted: Narrowed = { failing: search.failing === "yes", dimension: search.dimension ?? null };
  const results = narrowed(release.checks, wanted);
  return (
    <Section
      title={words.release(number(release.number))}
      lead={words.lead}
      actions={
        release.current ? (
          <Status boxed tone="good">
            {words.current}
          </Status>
        ) : null
      }
    >
      <p>{words.summary(passed, passed + failed + warned)}</p>
      <Filters releases={releases} release={release} wanted={wanted} />
      {results.length === 0 ? <p className={styles.faint}>{words.noneFits}</p> : <Results results={results} />}
    </Section>
  );
}

interface FiltersProps {
  readonly releases: readonly ReleaseQuality[];
  readonly release: ReleaseQuality;
  readonly wanted: Narrowed;
}

function Filters({ releases, release, wanted }: FiltersProps) {
  const { name } = useProduct();
  const search = useSearch({ from: "/shell/products/$product/quality" });
  const navigate = useNavigate();
  const go = (changed: typeof search) =>
    void navigate({
      to: "/products/$product/quality",
      params: { product: name },
      search: { ...search, ...changed },
      replace: true,
      resetScroll: false,
    });
  const present = new Set(release.checks.map(({ check }) => check.dimension));
  const dimensions = [...DIMENSIONS, "coverage" as const].filter((dimension) => present.has(dimension));
  return (
    <div className={styles.filters}>
      <div>
        <Select
          label={words.column.release}
          value={release.number}
          onChange={(event) => go({ release: Number(event.target.value) })}
        >
          {releases.map((one) => (
            <option key={one.number} value={one.number}>
              {words.release(number(one.number))} {one.current ? `(${words.current})` : ""}
            </option>
          ))}
        </Select>
      </div>
      <div>
        <Select
          label={words.dimension}
          value={wanted.dimension ?? ""}
          onChange={(event) => go({ dimension: event.target.value })}
        >
          <option value="">{words.all}</option>
          {dimensions.map((dimension) => (
            <option key={dimension} value={dimension}>
              {messages.words.dimension[dimension]}
            </option>
          ))}
        </Select>
      </div>
      <Checkbox
        label={words.only}
        checked={wanted.failing}
        onChange={(event) => {
          const { failing: _, ...rest } = search;
          void navigate({
            to: "/products/$product/quality",
            params: { product: name },
            search: event.target.checked ? { ...rest, failing: "yes" } : rest,
            replace: true,
            resetScroll: false,
          });
        }}
      />
    </div>
  );
}

function Over({ releases }: { readonly releases: readonly ReleaseQuality[] }) {
  const { name } = useProduct();
  const rows = releases.map((release) => ({ release, ...counted(release.checks) }));
  return (
    <Section title={words.over} lead={words.overLead}>
      <Table
        caption={words.over}
        rows={rows}
        rowKey={({ release }) => String(release.number)}
        columns={[
          {
            key: "release",
            title: words.column.release,
            head: true,
            cell: ({ release }) => (
              <Link
                to="/products/$product/quality"
                params={{ product: name }}
                search={{ release: release.number }}
                resetScroll={false}
              >
                {words.release(number(release.number))}
              </Link>
            ),
          },
          { key: "when", title: words.column.when, cell: ({ release }) => <When at={release.publishedAt} /> },
          {
            key: "share",
            title: words.column.share,
            cell: ({ passed, warned, failed }) => (
              <div className={styles.share}>
                <Share
                  parts={[
                    { key: "passed", value: passed, colour: "--good" },
                    { key: "warned", value: warned, colour: "--care" },
                    { key: "failed", value: failed, colour: "--bad" },
                  ]}
                />
              </div>
            ),
          },
          { key: "passed", title: words.column.passed, number: true, cell: ({ passed }) => number(passed) },
          { key: "warned", title: words.column.warned, number: true, cell: ({ warned }) => number(warned) },
          { key: "failed", title: words.column.failed, number: true, cell: ({ failed }) => number(failed) },
        ]}
      />
    </Section>
  );
}
