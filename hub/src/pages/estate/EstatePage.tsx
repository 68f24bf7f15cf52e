import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";

import { estate } from "../../api/queries";
import type { Estate } from "../../api/types";
import { Answer } from "../../app/Answer";
import { useTitle } from "../../app/useTitle";
import { Code, Empty, Heading, Page, Skeleton, Tabs, tab } from "../../design";
import { estateMessages } from "../../messages/en/estate";
import { domainsOf } from "./domains";
import { DomainMap } from "./map/DomainMap";
import { modelOf } from "./model";
import { changed, VIEWS } from "./search";
import { useEstateSearch } from "./useEstateSearch";

const words = estateMessages;

const Products = lazy(() => import("./Products").then(({ Products }) => ({ default: Products })));

/** All products of the workspace: by domain, drawn, and as a table. */
export function EstatePage() {
  useTitle(words.title);
  const query = useQuery(estate);
  return (
    <Page>
      <Heading title={words.title}>{words.lead}</Heading>
      <Answer query={query} skeleton={<Skeleton block lines={4} />}>
        {(answer) => (answer.products.length === 0 ? <Nothing /> : <Whole answer={answer} />)}
      </Answer>
    </Page>
  );
}

function Whole({ answer }: { readonly answer: Estate }) {
  const model = useMemo(() => modelOf(answer), [answer]);
  const domains = useMemo(() => domainsOf(model), [model]);
  const { search } = useEstateSearch();
  const { view = "domains" } = search;
  return (
    <>
      <Tabs label={words.views.label}>
        {VIEWS.map((one) => (
          <Link
            key={one}
            className={tab}
            to="/estate"
            search={changed(search, { view: one === "domains" ? undefined : one })}
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {words.views[one]}
          </Link>
        ))}
      </Tabs>
      {view === "domains" ? (
        <DomainMap
          whole={domains}
          summary={words.summary(model.products.length, domains.domains.length, model.from.length)}
        />
      ) : (
        <Suspense fallback={<Skeleton block lines={4} />}>
          <Products model={model} view={view} />
        </Suspense>
      )}
    </>
  );
}

function Nothing() {
  return (
    <Empty icon="graph" title={words.empty.title} actions={<Code title="outport" text={words.empty.command} />}>
      {words.empty.text}
    </Empty>
  );
}
