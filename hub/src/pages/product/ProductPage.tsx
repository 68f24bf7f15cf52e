import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { ApiError } from "../../api/error";
import { product as productQuery } from "../../api/queries";
import type { ProductPage as Product } from "../../api/types";
import { Answer } from "../../app/Answer";
import { Missing } from "../../app/Missing";
import { useTitle } from "../../app/useTitle";
import { Page, Skeleton, Tabs, tab, When } from "../../design";
import { messages } from "../../messages";
import { productMessages } from "../../messages/en/product";
import { number } from "../../messages/format";
import { AccessLine, DimensionLine, Dimensions, TrustLine } from "../../parts/Trust";
import styles from "./ProductPage.module.css";
import { productRoute } from "./route";
import { ProductContext } from "./useProduct";

const { header, tabs } = productMessages;

/** One product: what is always in sight of it, and the part that was chosen. */
export function ProductPage() {
  const { product: name } = productRoute.useParams();
  const query = useQuery(productQuery(name));
  useTitle(query.data?.title ?? name);
  if (query.error instanceof ApiError && query.error.missing) return <Missing />;

  return (
    <Page>
      <Answer query={query} skeleton={<Skeleton block lines={6} />}>
        {(product) => (
          <ProductContext value={product}>
            <Header product={product} />
            <Parts name={product.name} />
            <Outlet />
          </ProductContext>
        )}
      </Answer>
    </Page>
  );
}

/** Parts that are about quality itself; the others have the room for what they are about. */
const IN_FULL = /^\/products\/[^/]+(\/quality)?\/?$/;

function Header({ product }: { readonly product: Product }) {
  const { dimensions } = product.trust;
  const inFull = IN_FULL.test(useLocation().pathname);
  return (
    <header className={styles.head}>
      <Trail product={product} />
      <div className={styles.top}>
        <div className={styles.title}>
          <h1>{product.title ?? product.name}</h1>
          {product.title ? <code>{product.name}</code> : null}
          <p className={styles.purpose}>{product.purpose ?? header.noPurpose}</p>
        </div>
        <div className={styles.standing}>
          <TrustLine trust={product.trust} />
          <AccessLine access={product.access} />
        </div>
      </div>
      <Facts product={product} />
      {inFull ? <Dimensions dimensions={dimensions} /> : <DimensionLine dimensions={dimensions} />}
    </header>
  );
}

function Trail({ product }: { readonly product: Product }) {
  return (
    <nav className={styles.trail} aria-label={header.trail}>
      <ol>
        <li>
          <Link to="/">{messages.find.title}</Link>
        </li>
        {product.domain ? (
          <li>
            <Link to="/" search={{ domain: [product.domain] }}>
              {product.domain}
            </Link>
          </li>
        ) : null}
      </ol>
    </nav>
  );
}

function Facts({ product }: { readonly product: Product }) {
  const { release, rating, use, owner, alignment } = product;
  const facts: readonly (readonly [string, ReactNode])[] = [
    [header.owner, owner ?? messages.common.unknown],
    ...(alignment
      ? [
          [
            header.kind,
            <span key="kind" title={messages.words.alignmentMeans[alignment]}>
              {messages.words.alignment[alignment]}
            </span>,
          ] as const,
        ]
      : []),
    ...(product.version ? [[header.version, product.version] as const] : []),
    ...(product.status ? [[header.status, product.status] as const] : []),
    [
      header.release,
      release ? (
        <>
          <When at={release.publishedAt} /> ({header.released(number(release.number))})
        </>
      ) : (
        header.unreleased
      ),
    ],
    [header.use, header.readers(use.readers, use.days)],
    ...(rating
      ? [[header.rating, header.rated(number(Math.round(rating.csat * 10) / 10), rating.count)] as const]
      : []),
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const PARTS = [
  ["/products/$product", tabs.overview],
  ["/products/$product/use", tabs.use],
  ["/products/$product/contract", tabs.contract],
  ["/products/$product/quality", tabs.quality],
  ["/products/$product/lineage", tabs.lineage],
  ["/products/$product/consumers", tabs.consumers],
  ["/products/$product/access", tabs.access],
  ["/products/$product/changes", tabs.changes],
  ["/products/$product/feedback", tabs.feedback],
] as const;

function Parts({ name }: { readonly name: string }) {
  return (
    <Tabs label={tabs.label}>
      {PARTS.map(([to, label]) => (
        <Link
          key={to}
          to={to}
          params={{ product: name }}
          className={tab}
          activeOptions={{ exact: true, includeSearch: false }}
          resetScroll={false}
        >
          {label}
        </Link>
      ))}
    </Tabs>
  );
}
