/** The domains of an estate: what each has, and who reads whom. */
import type { Tone } from "../../design";
import { estateMessages } from "../../messages/en/estate";
import { type Quality, TONE_OF } from "../../parts/trust";
import { type Alignment, at, type Model, UNSAID } from "./model";

export interface Domain {
  /** Its name; `UNSAID` for products of which nobody has said it. */
  readonly name: string;
  readonly products: number;
  readonly alignments: Readonly<Record<Alignment | typeof UNSAID, number>>;
  readonly qualities: Readonly<Record<Quality, number>>;
  /** Requests of late. Readers are not added up: one who reads two products is one. */
  readonly requests: number;
  /** When its newest release was published; null where there is none. */
  readonly newest: string | null;
}

/** How many times products of one domain read products of another. */
export interface Flow {
  /** The domain that is read, by its place. */
  readonly from: number;
  /** The domain that reads. */
  readonly to: number;
  readonly count: number;
}

export interface Domains {
  /** By name. */
  readonly domains: readonly Domain[];
  /** The strongest first. */
  readonly flows: readonly Flow[];
  /** In how many days `requests` were counted. */
  readonly days: number;
}

type Counting = { -readonly [Name in keyof Domain]: Domain[Name] } & {
  alignments: Record<Alignment | typeof UNSAID, number>;
  qualities: Record<Quality, number>;
};

function empty(name: string): Counting {
  return {
    name,
    products: 0,
    alignments: { "source-aligned": 0, aggregate: 0, "consumer-aligned": 0, [UNSAID]: 0 },
    qualities: { passed: 0, failed: 0, warned: 0, unchecked: 0 },
    requests: 0,
    newest: null,
  };
}

export function domainsOf(model: Model): Domains {
  const counted = new Map<string, Counting>();
  model.products.forEach((product, index) => {
    const name = product.domain ?? UNSAID;
    const domain = counted.get(name) ?? empty(name);
    counted.set(name, domain);
    domain.products += 1;
    domain.alignments[product.alignment ?? UNSAID] += 1;
    domain.qualities[model.quality[index] ?? "unchecked"] += 1;
    domain.requests += product.use.requests;
    const published = product.release?.publishedAt ?? null;
    if (published !== null && (domain.newest === null || Date.parse(published) > Date.parse(domain.newest)))
      domain.newest = published;
  });
  const domains = [...counted.values()].sort((one, other) => {
    const last = Number(one.name === UNSAID) - Number(other.name === UNSAID);
    return last || one.name.localeCompare(other.name);
  });
  return { domains, flows: flowsOf(model, domains), days: model.products[0]?.use.days ?? 0 };
}

function flowsOf(model: Model, domains: readonly Domain[]): readonly Flow[] {
  const place = new Map(domains.map(({ name }, index) => [name, index]));
  const domainOf = model.products.map(({ domain }) => place.get(domain ?? UNSAID) ?? 0);
  const counts = new Map<number, number>();
  for (let edge = 0; edge < model.from.length; edge++) {
    const [from, to] = [at(domainOf, at(model.from, edge)), at(domainOf, at(model.to, edge))];
    if (from === to) continue;
    const key = from * domains.length + to;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const flows = [...counts].map(([key, count]) => ({
    from: Math.floor(key / domains.length),
    to: key % domains.length,
    count,
  }));
  return flows.sort((one, other) => other.count - one.count || one.from - other.from || one.to - other.to);
}

/** Whether the products of a domain keep what they promise, in a few words. */
export function sayOf({ products, qualities: { failed, warned, passed, unchecked } }: Domain): readonly [Tone, string] {
  const { map } = estateMessages;
  if (failed > 0) return [TONE_OF.failed, map.failing(failed, failed / products)];
  if (warned > 0) return [TONE_OF.warned, map.warned(warned)];
  if (passed === 0) return [TONE_OF.unchecked, map.unchecked];
  return [TONE_OF.passed, unchecked > 0 ? map.partly(unchecked) : map.passed];
}

/** Whether one domain reads the other, or the other it; or both are the same. */
export function isNext(flows: readonly Flow[], one: number, other: number): boolean {
  if (one === other) return true;
  return flows.some(({ from, to }) => (from === one && to === other) || (from === other && to === one));
}
