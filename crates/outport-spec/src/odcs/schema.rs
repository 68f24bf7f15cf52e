//! `schema`: objects, properties, and how they relate.

use serde_json::{Number, Value};

use super::{AuthoritativeDefinition, Context, CustomProperty, OneOrMany, Quality, Synonym};
use crate::bitol::block;

block! {
    /// A table, topic or document.
    SchemaObject {
        /// The name.
        name: String,
    } {
        /// Stable id.
        id: String,
        /// `object`, or `blob` (v3.2.0).
        logical_type: String,
        /// `table`, `view`, `topic`, … (open).
        physical_type: String,
        /// The name where the data is.
        physical_name: String,
        /// What it holds.
        description: String,
        /// What people call it.
        business_name: String,
        /// Whether it will go (v3.2.0).
        deprecated: bool,
        /// Other names (v3.2.0).
        synonyms: Vec<Synonym>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// What one row is.
        data_granularity_description: String,
        /// Columns or fields.
        properties: Vec<Property>,
        /// References from several columns (v3.1.0).
        relationships: Vec<Relationship>,
        /// Quality rules for the whole object.
        quality: Vec<Quality>,
        /// Guidance for people and agents (v3.2.0).
        context: Context,
    }
}

block! {
    /// A column or field, or the item of an array or map, which needs no name.
    Property {} {
        /// The name; required but for items of arrays and maps.
        name: String,
        /// Stable id.
        id: String,
        /// `string`, `date`, `timestamp`, `time`, `number`, `integer`, `object`, `array`, `boolean`, and since v3.2.0
        /// `map` and `vector`.
        logical_type: String,
        /// What makes the logical type exact.
        logical_type_options: LogicalTypeOptions,
        /// Type where the data is, as `varchar(20)`.
        physical_type: String,
        /// Name where the data is.
        physical_name: String,
        /// What it holds.
        description: String,
        /// What people call it.
        business_name: String,
        /// Whether it will go (v3.2.0).
        deprecated: bool,
        /// Other names (v3.2.0).
        synonyms: Vec<Synonym>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Tags.
        tags: Vec<String>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Whether it is part of the primary key.
        primary_key: bool,
        /// Position in the primary key from 1; -1 for none.
        primary_key_position: Number,
        /// Whether every row has a value.
        required: bool,
        /// Whether no two rows have the same value.
        unique: bool,
        /// `column`, `measure` or `dimension` (v3.2.0).
        semantic_type: String,
        /// Whether the data is partitioned by it.
        partitioned: bool,
        /// Position in the partition key from 1; -1 for none.
        partition_key_position: Number,
        /// `public`, `restricted`, `confidential`, … (open).
        classification: String,
        /// The property that has the encrypted value.
        encrypted_name: String,
        /// Objects that it is made of.
        transform_source_objects: Vec<String>,
        /// How it is made.
        transform_logic: String,
        /// How it is made, in words.
        transform_description: String,
        /// Some values.
        examples: Vec<Value>,
        /// All values that there can be (v3.2.0).
        r#enum: Vec<EnumValue>,
        /// Whether much depends on it.
        critical_data_element: bool,
        /// References to other properties (v3.1.0).
        relationships: Vec<Relationship>,
        /// Quality rules.
        quality: Vec<Quality>,
        /// Fields, for `object`.
        properties: Vec<Property>,
        /// The item, for `array`.
        items: Box<Property>,
        /// Key and value, for `map` (v3.2.0).
        map: MapTypes,
    }
}

block! {
    /// What makes a logical type exact; which keys there are depends on the type.
    LogicalTypeOptions {} {
        /// Form: a date pattern, `i32`, `f64`, `uuid`, ….
        format: String,
        /// Fewest characters (`string`).
        min_length: Number,
        /// Most characters (`string`).
        max_length: Number,
        /// ECMA-262 regular expression (`string`).
        pattern: String,
        /// Smallest value: text for dates and times, else a number.
        minimum: Value,
        /// Largest value.
        maximum: Value,
        /// Limit below all values; up to v3.0.2 whether `minimum` is one.
        exclusive_minimum: Value,
        /// Limit above all values; up to v3.0.2 whether `maximum` is one.
        exclusive_maximum: Value,
        /// Whether there is a time zone (`timestamp`, `time`).
        timezone: bool,
        /// Zone of values that have none.
        default_timezone: String,
        /// What divides every value (`integer`, `number`).
        multiple_of: Number,
        /// Fewest fields (`object`).
        min_properties: Number,
        /// Most fields (`object`).
        max_properties: Number,
        /// Fields that are always there (`object`).
        required: Vec<String>,
        /// Fewest items (`array`).
        min_items: Number,
        /// Most items (`array`).
        max_items: Number,
        /// Whether items differ (`array`).
        unique_items: bool,
        /// Length (`vector`).
        dimensions: Number,
        /// Type of elements (`vector`).
        element_type: String,
        /// How distance is measured (`vector`).
        distance_metric: String,
        /// The model that makes it (`vector`).
        embedding_model: String,
        /// The model's version (`vector`).
        embedding_model_version: String,
        /// Whether its length is one (`vector`).
        normalized: bool,
    }
}

block! {
    /// Key and value of a `map` (v3.2.0).
    MapTypes {
        /// The key.
        key: Box<Property>,
        /// The value.
        value: Box<Property>,
    } {}
}

block! {
    /// One value of an `enum` (v3.2.0).
    EnumValue {
        /// The value: text, number, truth value or null.
        value: Value,
    } {
        /// What people call it.
        label: String,
        /// Stable id.
        id: String,
        /// What it means.
        description: String,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Links to definitions.
        authoritative_definitions: Vec<AuthoritativeDefinition>,
        /// Tags.
        tags: Vec<String>,
    }
}

block! {
    /// A reference (v3.1.0).
    Relationship {} {
        /// Stable id (v3.2.0).
        id: String,
        /// `foreignKey`.
        r#type: String,
        /// The referring properties; only at objects.
        from: OneOrMany,
        /// The properties referred to.
        to: OneOrMany,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
    }
}
