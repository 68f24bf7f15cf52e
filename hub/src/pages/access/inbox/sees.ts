/** What someone sees of a table, as its explanation tells it. */
export type Sees = "plain" | "masked" | "hidden";

export interface Today {
  readonly state: "administrator" | "denied" | "reads";
  readonly columns: ReadonlyMap<string, Sees>;
  /** Whether policies keep rows back. */
  readonly rowsFiltered: boolean;
}

/** An explanation, as far as it is about what is seen. */
interface Explained {
  readonly administrator: boolean;
  readonly verdict: {
    readonly read: { readonly allowed: boolean };
    readonly columns: readonly { readonly column: string; readonly access: unknown }[];
    readonly rows: { readonly permits: readonly unknown[]; readonly forbids: readonly unknown[] } | null;
  };
}

export function todayOf({ administrator, verdict }: Explained): Today {
  if (administrator) return { state: "administrator", columns: new Map(), rowsFiltered: false };
  if (!verdict.read.allowed) return { state: "denied", columns: new Map(), rowsFiltered: false };
  const columns = new Map(verdict.columns.map(({ column, access }) => [column, seesOf(access)]));
  const { rows } = verdict;
  return {
    state: "reads",
    columns,
    rowsFiltered: rows !== null && (rows.permits.length > 0 || rows.forbids.length > 0),
  };
}

/** The server writes `"clear"`, a mask, or null where the column does not exist for them. */
function seesOf(access: unknown): Sees {
  if (access === null || access === undefined) return "hidden";
  return access === "clear" ? "plain" : "masked";
}
