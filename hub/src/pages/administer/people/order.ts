/** What a form says of someone, as the server takes it, and how two of those differ. */
import type { User, UserOrder } from "../../../api/administer";
import type { Faults } from "../../../parts/schema";

/** All of what is on record of someone, as it would be put there. */
export function orderOf({ principal, disabled }: User): UserOrder {
  const { id: _, ...rest } = principal;
  return { ...rest, disabled };
}

/** Words between commas. */
export function words(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(",")
        .map((word) => word.trim())
        .filter((word) => word !== ""),
    ),
  ];
}

/** `name = value`, one on each line; what is not like that is given back as it is. */
export function labelsOf(text: string): { readonly labels: Record<string, string>; readonly wrong: string | null } {
  const labels: Record<string, string> = {};
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (line === "") continue;
    const [name = "", ...value] = line.split("=");
    if (name.trim() === "" || value.length === 0) return { labels, wrong: line };
    labels[name.trim()] = value.join("=").trim();
  }
  return { labels, wrong: null };
}

/** The same as text. */
export function linesOf(labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name} = ${value}`)
    .join("\n");
}

/** What a form has of someone. */
export interface Entered {
  readonly kind: "user" | "service";
  readonly groups: readonly string[];
  readonly text: (name: string) => string;
  readonly password: string;
}

/** What was entered. Of labels the schema cannot say whether they are some: lines that are none are among the faults. */
export function read(
  { kind, groups, text, password }: Entered,
  wrongLabel: (line: string) => string,
): readonly [UserOrder, Faults] {
  const { labels, wrong } = labelsOf(text("labels"));
  const all = [...new Set([...groups, ...words(text("otherGroups"))])];
  const clearance = text("clearance");
  const order: UserOrder = {
    kind,
    groups: all,
    department: text("department") || null,
    region: text("region") || null,
    clearance: clearance === "" ? null : Number(clearance),
    labels,
    ...(password !== "" && { password }),
  };
  return [order, wrong === null ? {} : { labels: wrongLabel(wrong) }];
}

export type Member = "kind" | "groups" | "department" | "region" | "clearance" | "labels" | "disabled";

const MEMBERS: readonly Member[] = ["kind", "groups", "department", "region", "clearance", "labels", "disabled"];

export interface Difference {
  readonly member: Member;
  readonly was: unknown;
  readonly is: unknown;
}

/** What of someone is otherwise now. */
export function differences(was: User, is: User): readonly Difference[] {
  const [before, after] = [orderOf(was), orderOf(is)];
  const same = (one: unknown, other: unknown) => JSON.stringify(plain(one)) === JSON.stringify(plain(other));
  return MEMBERS.filter((member) => !same(before[member], after[member])).map((member) => ({
    member,
    was: before[member],
    is: after[member],
  }));
}

/** Members that are left out are as those that are empty, and the order of names says nothing. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.toSorted();
  if (typeof value !== "object" || value === null) return value ?? null;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? null : entries;
}
