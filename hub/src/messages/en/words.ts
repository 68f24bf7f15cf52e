import { counted } from "../format";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly warned: number;
}

const total = ({ passed, failed, warned }: Counts) => passed + failed + warned;

/** What values of the API are called. */
export const words = {
  /** What the checks of a product came to, in a sentence that stands alone. */
  trust: {
    passed: (counts: Counts) => (counts.passed === 1 ? "Its one check passes" : `All ${total(counts)} checks pass`),
    warned: (counts: Counts) => `Passes, with ${counted(counts.warned, "warning", "warnings")}`,
    failed: (counts: Counts) => `${counts.failed} of ${counted(total(counts), "check fails", "checks fail")}`,
    unchecked: () => "Not checked yet",
  },
  /** The same of one dimension, whose name stands above it. */
  checks: {
    passed: (counts: Counts) => `${counted(counts.passed, "check", "checks")} passed`,
    warned: (counts: Counts) => counted(counts.warned, "warning", "warnings"),
    failed: (counts: Counts) => `${counts.failed} of ${total(counts)} failed`,
    unchecked: () => "Not checked",
  },
  dimensions: "Quality by dimension",
  alignment: {
    "source-aligned": "Source-aligned",
    aggregate: "Aggregate",
    "consumer-aligned": "Consumer-aligned",
  },
  alignmentMeans: {
    "source-aligned": "what one system knows, as it is",
    aggregate: "several sources brought together",
    "consumer-aligned": "made for one kind of use",
  },
  dimension: {
    accuracy: "Accuracy",
    completeness: "Completeness",
    conformity: "Conformity",
    consistency: "Consistency",
    coverage: "Coverage",
    timeliness: "Timeliness",
    uniqueness: "Uniqueness",
  },
  dimensionMeans: {
    accuracy: "values are what they are in the world",
    completeness: "nothing that must be there is missing",
    conformity: "values have the form that was promised",
    consistency: "values agree with each other and with other tables",
    coverage: "everything that should be covered is",
    timeliness: "the data is as fresh as promised",
    uniqueness: "nothing is there twice",
  },
  access: {
    open: "Open to you",
    agreement: "You have access",
    requestable: "You can ask for access",
    none: "Not for you",
  },
  quality: {
    passed: "All checks pass",
    warned: "Passes with warnings",
    failed: "Checks fail",
    unchecked: "Not checked yet",
  },
  place: {
    product: "Product",
    port: "Port",
    table: "Table",
    column: "Column",
    document: "Document",
  },
  field: {
    name: "name",
    title: "title",
    purpose: "purpose",
    description: "description",
    domain: "domain",
    owner: "owner",
    tag: "tag",
    text: "text",
  },
  facet: {
    domain: "Domain",
    alignment: "Kind",
    status: "Status",
    owner: "Owner",
    classification: "Holds data that is",
    quality: "Quality",
  },
};
