/** Who sees a saved question, as a form has it: names divided by commas. */
import type { Audience } from "../../../api/types";

export type AudienceKind = Audience["kind"];

export interface AudienceForm {
  readonly kind: AudienceKind;
  readonly people: string;
  readonly groups: string;
}

/** As the server has it; null where someone is to see it and nobody is named. */
export function audienceOf({ kind, people, groups }: AudienceForm): Audience | null {
  if (kind !== "named") return { kind };
  const who = [
    ...names(people).map((name) => ({ kind: "principal" as const, name })),
    ...names(groups).map((name) => ({ kind: "group" as const, name })),
  ];
  return who.length === 0 ? null : { kind, who };
}

export function formOf(audience: Audience | null): AudienceForm {
  if (audience?.kind !== "named") return { kind: audience?.kind ?? "owner", people: "", groups: "" };
  const named = (kind: "principal" | "group") =>
    audience.who
      .filter((one) => one.kind === kind)
      .map(({ name }) => name)
      .join(", ");
  return { kind: "named", people: named("principal"), groups: named("group") };
}

function names(text: string): readonly string[] {
  return [...new Set(text.split(",").map((name) => name.trim()))].filter((name) => name !== "");
}
