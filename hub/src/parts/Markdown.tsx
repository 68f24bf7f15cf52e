/**
 * Markdown as React elements. HTML in it is shown as the text that it is, images as their words, and links lead only to where a
 * browser can go without doing anything: nothing that a document says can run.
 */
import type { AlignType, Nodes, PhrasingContent, RootContent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { Fragment, type ReactNode, useMemo } from "react";

import styles from "./Markdown.module.css";

interface Props {
  readonly text: string;
  /** Whether the first heading is left out, as it stands above the text already. */
  readonly untitled?: boolean;
}

export function Markdown({ text, untitled = false }: Props) {
  const blocks = useMemo(() => {
    const { children } = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
    return untitled && children[0]?.type === "heading" ? children.slice(1) : children;
  }, [text, untitled]);
  return <div className={styles.markdown}>{all(blocks)}</div>;
}

function all(nodes: readonly Nodes[]): ReactNode[] {
  // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name, and never change places
  return nodes.map((node, index) => <Fragment key={index}>{one(node)}</Fragment>);
}

function one(node: Nodes): ReactNode {
  return block(node as RootContent) ?? phrase(node as PhrasingContent);
}

function block(node: RootContent): ReactNode | undefined {
  switch (node.type) {
    case "paragraph":
      return <p>{all(node.children)}</p>;
    case "heading":
      // The page and its part have the two levels above.
      return node.depth <= 2 ? <h3>{all(node.children)}</h3> : <h4>{all(node.children)}</h4>;
    case "list":
      return node.ordered ? <ol start={node.start ?? 1}>{all(node.children)}</ol> : <ul>{all(node.children)}</ul>;
    case "listItem":
      return (
        <li>
          {typeof node.checked === "boolean" ? (node.checked ? "☑ " : "☐ ") : null}
          {all(
            node.children.flatMap((child): readonly Nodes[] => (child.type === "paragraph" ? child.children : [child])),
          )}
        </li>
      );
    case "blockquote":
      return <blockquote>{all(node.children)}</blockquote>;
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by the keyboard
        <pre tabIndex={0}>
          <code>{node.value}</code>
        </pre>
      );
    case "thematicBreak":
      return <hr />;
    case "table":
      return table(node);
    case "html":
      return <p>{node.value}</p>;
    case "definition":
    case "footnoteDefinition":
    case "yaml":
      return null;
    default:
      return undefined;
  }
}

function phrase(node: PhrasingContent): ReactNode {
  switch (node.type) {
    case "text":
    case "html":
      return node.value;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "emphasis":
      return <em>{all(node.children)}</em>;
    case "strong":
      return <strong>{all(node.children)}</strong>;
    case "delete":
      return <del>{all(node.children)}</del>;
    case "break":
      return <br />;
    case "link": {
      const href = safeAddress(node.url);
      const label = all(node.children);
      return href ? (
        <a href={href} rel="noreferrer noopener nofollow" target="_blank">
          {label}
        </a>
      ) : (
        label
      );
    }
    // An image would be fetched from wherever the text says.
    case "image":
    case "imageReference":
      return node.alt ?? null;
    case "linkReference":
      return all(node.children);
    default:
      return null;
  }
}

function table({ children, align }: Table): ReactNode {
  const [head, ...rows] = children;
  const side = (index: number) => sideOf(align?.[index]);
  return (
    <table>
      <thead>
        <tr>
          {head?.children.map((cell, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other name
            <th key={index} style={{ textAlign: side(index) }}>
              {all(cell.children)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
          <tr key={index}>
            {row.children.map((cell, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other name
              <td key={place} style={{ textAlign: side(place) }}>
                {all(cell.children)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sideOf(align: AlignType | undefined): "center" | "end" | "start" {
  return align === "center" ? "center" : align === "right" ? "end" : "start";
}

/** The address, where following it only opens a page or writes a letter. */
export function safeAddress(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const { protocol } = new URL(address);
    return ["https:", "http:", "mailto:"].includes(protocol) ? address : null;
  } catch {
    // Relative to the bundle, which is not served.
    return null;
  }
}
