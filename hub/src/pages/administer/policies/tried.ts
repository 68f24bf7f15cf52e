/** What is tried of the policies, as it stands in an address and as the server is asked. */
import type { PolicyTestOrder } from "../../../api/administer";

export interface Tried {
  readonly user?: string;
  /** Someone who need not be on record. */
  readonly made?: "yes";
  /** Between commas. */
  readonly groups?: string;
  readonly region?: string;
  readonly department?: string;
  readonly clearance?: string;
  readonly product?: string;
  readonly table?: string;
  readonly purpose?: string;
  readonly door?: string;
  readonly agreement?: "yes";
}

export type Door = NonNullable<PolicyTestOrder["door"]>;

/** Every door that there is. */
export const DOORS: readonly Door[] = [
  "sql",
  "hub",
  "rest",
  "graphql",
  "postgres",
  "flight",
  "sharing",
  "mcp",
  "changes",
  "download",
  "management",
  "cli",
];

/** What the server is asked; null where it is not said who asks and for what. */
export function orderOf(tried: Tried): PolicyTestOrder | null {
  const { user, made, product, table, purpose, agreement } = tried;
  if (!product || !table || (!made && !user)) return null;
  return {
    product,
    table,
    door: DOORS.find((door) => door === tried.door) ?? "sql",
    ...(made ? { principal: invented(tried) } : { user: user ?? null }),
    ...(purpose !== undefined && { purpose }),
    ...(agreement && purpose !== undefined && { agreement: { purpose } }),
  };
}

function invented({ groups = "", region, department, clearance }: Tried): NonNullable<PolicyTestOrder["principal"]> {
  return {
    id: "someone",
    kind: "user",
    groups: groups.split(",").filter((name) => name !== ""),
    ...(region !== undefined && { region }),
    ...(department !== undefined && { department }),
    ...(clearance !== undefined && { clearance: Number(clearance) }),
  };
}
