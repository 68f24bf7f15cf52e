//! `quality`: rules of objects and properties.

use serde_json::{Map, Number, Value};

use super::{AuthoritativeDefinition, CustomProperty};
use crate::bitol::block;

/// The operators of rules: exactly one stands in each library and SQL rule.
pub(crate) const OPERATORS: [&str; 8] = [
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
];

block! {
    /// A quality rule.
    Quality {} {
        /// Stable id.
        id: String,
        /// The name.
        name: String,
        /// `library` (default), `text`, `sql` or `custom`.
        r#type: String,
        /// What it is about.
        description: String,
        /// `accuracy`, `completeness`, `conformity`, `consistency`, `coverage`, `timeliness` or `uniqueness`.
        dimension: String,
        /// How it is measured, as `reconciliation`.
        method: String,
        /// `error`, `warning`, `info`, … (open).
        severity: String,
        /// What a failure means.
        business_impact: String,
        /// `rows` (default) or `percent` (open).
        unit: String,
        /// Name of the scheduler.
        scheduler: String,
        /// When it is measured, as the scheduler writes it.
        schedule: String,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// `nullValues`, `missingValues`, `invalidValues`, `duplicateValues` or `rowCount` (type `library`).
        metric: String,
        /// Old name of `metric`.
        rule: String,
        /// Arguments of the metric.
        arguments: Map<String, Value>,
        /// SQL that gives one value (type `sql`).
        query: String,
        /// Which tool measures (type `custom`).
        engine: String,
        /// What the tool is told: text or an object (type `custom`).
        implementation: Value,
        /// Equal to.
        must_be: Value,
        /// Different from.
        must_not_be: Value,
        /// Above.
        must_be_greater_than: Number,
        /// At least.
        must_be_greater_or_equal_to: Number,
        /// Below.
        must_be_less_than: Number,
        /// At most.
        must_be_less_or_equal_to: Number,
        /// Two numbers, both included.
        must_be_between: Vec<Number>,
        /// Two numbers: below the first or above the second.
        must_not_be_between: Vec<Number>,
    }
}
