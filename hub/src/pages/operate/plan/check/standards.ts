/** Which schema a file of a bundle follows: one of those that the server has, each loaded when a file needs it. */
import type { Schema } from "@cfworker/json-schema";

type Load = () => Promise<{ readonly default: unknown }>;

const OUTPORT: Load = () => import("../../../../../../docs/schemas/outport.schema.json");
const CASES: Load = () => import("../../../../../../docs/schemas/access-tests.schema.json");
const CONTRACTS: Readonly<Record<string, Load>> = {
  "v3.2.0": () => import("../../../../../../crates/outport-spec/src/schemas/odcs-v3.2.0.json"),
  "v3.1.0": () => import("../../../../../../crates/outport-spec/src/schemas/odcs-v3.1.0.json"),
};
const DESCRIPTORS: Readonly<Record<string, Load>> = {
  "v1.1.0": () => import("../../../../../../crates/outport-spec/src/schemas/odps-v1.1.0.json"),
  "v1.0.0": () => import("../../../../../../crates/outport-spec/src/schemas/odps-v1.0.0.json"),
};

/** What a file of this path follows, by the version that it names; the only one where none has to be named. */
function loadsOf(path: string): Readonly<Record<string, Load>> | Load | null {
  if (path === "outport.yaml") return OUTPORT;
  if (path === "product.odps.yaml") return DESCRIPTORS;
  if (/^contracts\/.*\.odcs\.ya?ml$/.test(path)) return CONTRACTS;
  return /^policies\/tests\/.*\.ya?ml$/.test(path) || /\.access\.ya?ml$/.test(path) ? CASES : null;
}

/** Whether a file is held against a schema. */
export function isDocument(path: string): boolean {
  return loadsOf(path) !== null;
}

/** Null where there is none here: of a version that the server alone knows, or that there is not. */
export async function schemaOf(path: string, version: unknown): Promise<Schema | null> {
  const loads = loadsOf(path);
  const load = typeof loads === "function" ? loads : typeof version === "string" ? loads?.[version] : undefined;
  return load ? ((await load()).default as Schema) : null;
}
