import type { ReactNode } from "react";

import type { ProductPage } from "../../../api/types";
import { Section, Tag } from "../../../design";
import { productMessages } from "../../../messages/en/product";
import { Markdown, safeAddress } from "../../../parts/Markdown";
import { useProduct } from "../useProduct";
import { Flow } from "./Flow";
import styles from "./Overview.module.css";

const words = productMessages.overview;

/** What a product is for, where it stands between others, and who looks after it. */
export function Overview() {
  const product = useProduct();
  return (
    <>
      <Section title={words.flow.title}>
        <Flow />
      </Section>
      <Section title={words.about}>
        <div className={styles.about}>
          <About product={product} />
          <People product={product} />
        </div>
      </Section>
      {product.docs.map((document) => (
        <Section key={document.file} title={document.title}>
          <Markdown text={document.text} untitled />
          {document.truncated ? <p>{words.truncated}</p> : null}
        </Section>
      ))}
    </>
  );
}

function About({ product }: { readonly product: ProductPage }) {
  const { purpose, usage, limitations } = product.description;
  return (
    <div className={styles.text}>
      <Said title={words.purpose}>{purpose ?? product.purpose}</Said>
      <Said title={words.usage}>{usage}</Said>
      <Said title={words.limitations}>{limitations}</Said>
      {product.tags.length > 0 ? (
        <div>
          <h3>{words.tags}</h3>
          <div className={styles.tags}>
            {product.tags.map((tag) => (
              <Tag key={tag}>{tag}</Tag>
            ))}
          </div>
        </div>
      ) : null}
    </div>
  );
}

function Said({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  if (!children) return null;
  return (
    <div>
      <h3>{title}</h3>
      <p>{children}</p>
    </div>
  );
}

function People({ product }: { readonly product: ProductPage }) {
  const { team, support } = product;
  return (
    <div className={styles.people}>
      <div>
        <h3>{words.people}</h3>
        {team.length === 0 ? <p>{words.noTeam}</p> : null}
        <ul>
          {team.map((member) => (
            <li key={`${member.name} ${member.role}`}>
              {member.name}
              {member.role ? <small>{member.role}</small> : null}
            </li>
          ))}
        </ul>
      </div>
      {support.length > 0 ? (
        <div>
          <h3>{words.support}</h3>
          <ul>
            {support.map((channel) => (
              <li key={channel.channel}>
                <Address url={channel.url}>{channel.channel}</Address>
                <small>{[channel.description, channel.scope, channel.tool].filter(Boolean).join(" · ")}</small>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}

/** An address that someone wrote into a document: a link only where following it does nothing else. */
function Address({ url, children }: { readonly url: string | null; readonly children: ReactNode }) {
  const href = safeAddress(url);
  return href ? (
    <a href={href} rel="noreferrer noopener nofollow" target="_blank">
      {children}
    </a>
  ) : (
    children
  );
}
