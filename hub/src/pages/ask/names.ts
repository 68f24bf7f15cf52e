/** What can be asked about: tables that the reader may read, for the list beside the editor and for completion. */
import type { Completion } from "@codemirror/autocomplete";
import type { SQLNamespace } from "@codemirror/lang-sql";

import type { Card, PageColumn, PageTable, ProductPage } from "../../api/types";

/** Products whose tables are known without being asked for. */
const FEW = 8;

/** Products that the reader may read, by title. */
export function readable(cards: readonly Card[]): readonly Card[] {
  return cards
    .filter(({ access }) => access === "open" || access === "agreement")
    .sort((a, b) => (a.title ?? a.name).localeCompare(b.title ?? b.name));
}

/** A product as SQL names it. */
export function sqlName(product: string): string {
  return product.replaceAll("-", "_");
}

/** Whose tables are worth knowing: all of a few; of many, those that the text speaks of. */
export function wanted(cards: readonly Card[], text: string): readonly string[] {
  if (cards.length <= FEW) return cards.map(({ name }) => name);
  const words = new Set(Array.from(text.toLowerCase().matchAll(/([a-z_][\w]*)"?\s*\./g), ([, word]) => word));
  return cards.filter(({ name }) => words.has(sqlName(name))).map(({ name }) => name);
}

/** The tables of a product that can be read. */
export function tablesOf(product: ProductPage): readonly PageTable[] {
  return product.outputs.filter(({ readable }) => readable).flatMap(({ tables }) => tables);
}

export function columnsOf(table: PageTable): readonly PageColumn[] {
  return table.columns.filter(({ access }) => access !== "none");
}

/** Names for completion: products, their tables, and the columns of those. */
export function namespaceOf(cards: readonly Card[], products: readonly ProductPage[]): SQLNamespace {
  const known = new Map(products.map((product) => [product.name, product]));
  return Object.fromEntries(
    cards.map((card) => {
      const product = known.get(card.name);
      const tables = product ? tablesOf(product) : [];
      const children = Object.fromEntries(tables.map((table) => [tableName(table), tableNames(table)]));
      const self: Completion = { label: sqlName(card.name), type: "namespace", ...told(card.title, card.purpose) };
      return [sqlName(card.name), { self, children }];
    }),
  );
}

function tableNames(table: PageTable): SQLNamespace {
  const self: Completion = { label: tableName(table), type: "class", ...told(null, table.description) };
  const children = columnsOf(table).map(
    ({ name, type, description }): Completion => ({ label: name, type: "property", ...told(type, description) }),
  );
  return { self, children };
}

/** The name behind the product's. */
function tableName({ sqlName: name }: PageTable): string {
  return name.slice(name.indexOf(".") + 1);
}

function told(detail: string | null, info: string | null): Pick<Completion, "detail" | "info"> {
  return { ...(detail && { detail }), ...(info && { info }) };
}
