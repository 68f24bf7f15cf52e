//! From ODCS to tables, exact types and checks.

use insta::assert_snapshot;
use outport_model::{
    check::{Check, CheckSeverity, Dimension, Threshold, Unit},
    contract::Contract,
};
use serde_json::json;

use crate::{
    fixture::compile,
    render::{examples, render},
};

fn with_property(property: &str) -> (Contract, String) {
    compile(&format!("schema:\n  - name: t\n    properties:\n      - {{name: c, {property}}}\n"))
}

fn data_type(property: &str) -> String {
    let (contract, problems) = with_property(property);
    assert_eq!(problems, "", "{property}");
    contract.tables[0].columns[0].data_type.to_string()
}

/// One line a check: id, what is measured, threshold, unit, dimension.
fn lines(contract: &Contract) -> String {
    let line = |check: &Check| {
        let kind = serde_json::to_string(&check.kind).unwrap().replace('"', "");
        let unit = serde_json::to_value(check.unit).unwrap();
        format!("{} {kind} {} {} {}", check.id, check.threshold, unit.as_str().unwrap(), check.dimension)
    };
    contract.tables.iter().flat_map(|table| &table.checks).map(line).collect::<Vec<_>>().join("\n")
}

fn property_checks(property: &str) -> String {
    let (contract, problems) = with_property(property);
    assert_eq!(problems, "", "{property}");
    lines(&contract)
}

fn table_checks(rest: &str) -> String {
    let (contract, problems) = compile(&format!(
        "schema:\n  - name: t\n    properties:\n      - {{name: a, logicalType: string}}\n      - {{name: at, logicalType: timestamp}}\n{rest}"
    ));
    assert_eq!(problems, "", "{rest}");
    lines(&contract).lines().filter(|line| !line.starts_with("t.at.type")).collect::<Vec<_>>().join("\n")
}

#[test]
fn terms_are_kept_as_they_are_written() {
    let (contract, problems) = compile(
        "tags: [trips]\ndescription: {purpose: Trips., usage: Count them., limitations: Late.}\n\
         price: {priceAmount: 9.95, priceCurrency: EUR, priceUnit: megabyte}\n\
         slaProperties:\n  - {property: availability, value: 99.9, unit: percent, description: In the day.}\n",
    );
    assert_eq!(problems, "");
    let terms = contract.terms;
    assert_eq!((terms.usage.as_deref(), terms.limitations.as_deref()), (Some("Count them."), Some("Late.")));
    assert_eq!(terms.tags, ["trips"]);
    let price = terms.price.unwrap();
    assert_eq!((price.amount.unwrap().to_string().as_str(), price.currency.as_deref()), ("9.95", Some("EUR")));
    let [level] = terms.service_levels.as_slice() else { panic!("{:?}", terms.service_levels) };
    assert_eq!(
        (level.property.as_str(), &level.value, level.unit.as_deref()),
        ("availability", &json!(99.9), Some("percent"))
    );
}

#[test]
fn types_are_exact() {
    let cases = [
        ("logicalType: string", "string"),
        ("logicalType: string, physicalType: bytea", "binary"),
        ("logicalType: boolean", "boolean"),
        ("logicalType: integer", "integer (i64)"),
        ("logicalType: integer, logicalTypeOptions: {format: i8}", "integer (i8)"),
        ("logicalType: integer, logicalTypeOptions: {format: u64}", "integer (u64)"),
        ("logicalType: integer, logicalTypeOptions: {format: u128}", "number (decimal(38,0))"),
        ("logicalType: number", "number (f64)"),
        ("logicalType: number, logicalTypeOptions: {format: f32}", "number (f32)"),
        ("logicalType: number, physicalType: 'DECIMAL(12, 2)'", "number (decimal(12,2))"),
        ("logicalType: number, physicalType: numeric(9)", "number (decimal(9,0))"),
        ("logicalType: number, physicalType: decimal", "number (f64)"),
        ("logicalType: number, physicalType: int4", "integer (i64)"),
        ("logicalType: number, physicalType: 'float(3,2)'", "number (f64)"),
        ("logicalType: date", "date"),
        ("logicalType: date, physicalType: timestamp", "timestamp"),
        ("logicalType: time", "time"),
        ("logicalType: timestamp", "timestamp"),
        ("logicalType: timestamp, logicalTypeOptions: {timezone: false}", "timestamp without time zone"),
        ("logicalType: timestamp, physicalType: timestamp_ntz", "timestamp without time zone"),
        ("logicalType: timestamp, physicalType: timestamp(6) without time zone", "timestamp without time zone"),
        ("logicalType: array, items: {logicalType: integer}", "array of integer (i64)"),
        ("logicalType: object", "string"),
        ("logicalType: object, properties: [{name: x, logicalType: date}]", "object of 1 fields"),
        ("logicalType: map, map: {key: {logicalType: string}, value: {logicalType: date}}", "map of string to date"),
        ("logicalType: vector, logicalTypeOptions: {dimensions: 3}", "array of number (f32)"),
        ("physicalType: varchar(18)", "string"),
        ("physicalType: 'varchar[50]'", "string"),
        ("physicalType: BIGINT", "integer (i64)"),
        ("physicalType: double precision", "number (f64)"),
        ("physicalType: 'numeric(5,1)'", "number (decimal(5,1))"),
        ("physicalType: timestamptz", "timestamp"),
    ];
    for (property, expect) in cases {
        assert_eq!(data_type(property), expect, "{property}");
    }
}

#[test]
fn columns_keep_what_the_contract_says() {
    let (contract, _) = with_property(
        "logicalType: string, required: true, unique: true, description: d, classification: secret, tags: [x], deprecated: true",
    );
    let column = &contract.tables[0].columns[0];
    assert!(!column.nullable && column.unique && column.deprecated);
    assert_eq!((column.description.as_deref(), column.classification.as_deref()), (Some("d"), Some("secret")));
    assert_eq!(column.tags, ["x"]);
}

#[test]
fn properties_imply_checks() {
    assert_snapshot!(property_checks("logicalType: string"), @"");
    assert_snapshot!(property_checks("logicalType: integer, required: true, unique: true"), @"
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.required {metric:missing,missing:[]} = 0 rows completeness
    t.c.unique {metric:duplicate,columns:[c]} = 0 rows uniqueness
    ");
    assert_snapshot!(property_checks("logicalType: integer, primaryKey: true, unique: true"), @"
    t.primary_key {metric:duplicate,columns:[c]} = 0 rows uniqueness
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.required {metric:missing,missing:[]} = 0 rows completeness
    ");
    assert_snapshot!(property_checks("logicalType: number, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 9, multipleOf: 0.5}"), @"
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.range {metric:range,minimum:{value:0,exclusive:false},maximum:{value:9,exclusive:true}} = 0 rows conformity
    t.c.multiple {metric:multipleOf,divisor:0.5} = 0 rows conformity
    ");
    assert_snapshot!(property_checks("logicalType: number, logicalTypeOptions: {minimum: 0, exclusiveMinimum: true}"), @"
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.range {metric:range,minimum:{value:0,exclusive:true},maximum:null} = 0 rows conformity
    ");
    assert_snapshot!(property_checks("logicalType: date, logicalTypeOptions: {minimum: '2013-01-01', format: yyyy-MM-dd}"), @"
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.range {metric:range,minimum:{value:2013-01-01,exclusive:false},maximum:null} = 0 rows conformity
    ");
    assert_snapshot!(property_checks("logicalType: string, logicalTypeOptions: {minLength: 1, maxLength: 3, pattern: '^[A-Z]+$', format: email}"), @"
    t.c.length {metric:length,minimum:1,maximum:3} = 0 rows conformity
    t.c.pattern {metric:invalid,values:null,pattern:^[A-Z]+$} = 0 rows conformity
    t.c.format {metric:format,format:email} = 0 rows conformity
    ");
    assert_snapshot!(property_checks("logicalType: string, enum: [{value: a}, {value: b, label: B}]"), @"t.c.enum {metric:invalid,values:[a,b],pattern:null} = 0 rows conformity");
    assert_snapshot!(property_checks("logicalType: array, items: {logicalType: string}, logicalTypeOptions: {maxItems: 3, uniqueItems: true}"), @"
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.items {metric:length,minimum:null,maximum:3} = 0 rows conformity
    t.c.unique_items {metric:uniqueItems} = 0 rows uniqueness
    ");
    assert_snapshot!(property_checks("logicalType: vector, logicalTypeOptions: {dimensions: 3}"), @"
    t.c.type {metric:conversion} = 0 rows conformity
    t.c.dimensions {metric:length,minimum:3,maximum:3} = 0 rows conformity
    ");
}

#[test]
fn the_primary_key_has_the_order_of_its_positions() {
    let (contract, problems) = compile(
        "schema:\n  - name: t\n    properties:\n      - {name: a, logicalType: string, primaryKey: true, primaryKeyPosition: 2}\n      - {name: b, logicalType: string, primaryKey: true, primaryKeyPosition: 1}\n",
    );
    assert_eq!(problems, "");
    assert_snapshot!(lines(&contract), @"
    t.primary_key {metric:duplicate,columns:[b,a]} = 0 rows uniqueness
    t.a.required {metric:missing,missing:[]} = 0 rows completeness
    t.b.required {metric:missing,missing:[]} = 0 rows completeness
    ");
}

#[test]
fn library_metrics_are_checks() {
    let rule = |rule: &str| property_checks(&format!("logicalType: string, quality: [{{{rule}}}]"));
    assert_snapshot!(rule("metric: nullValues, mustBe: 0"), @"t.c.nullValues {metric:missing,missing:[]} = 0 rows completeness");
    assert_snapshot!(rule("metric: nullValues, unit: percent, mustBeLessThan: 5"), @"t.c.nullValues {metric:missing,missing:[]} < 5 percent completeness");
    assert_snapshot!(rule("metric: missingValues, arguments: {missingValues: [null, '', NA]}, mustBeLessOrEqualTo: 5"), @"t.c.missingValues {metric:missing,missing:[,NA]} ≤ 5 rows completeness");
    assert_snapshot!(rule("metric: invalidValues, arguments: {validValues: [a, b], pattern: '^.$'}, mustBeBetween: [0, 9]"), @"t.c.invalidValues {metric:invalid,values:[a,b],pattern:^.$} in [0, 9] rows conformity");
    assert_snapshot!(rule("metric: duplicateValues, mustNotBeBetween: [1, 2]"), @"t.c.duplicateValues {metric:duplicate,columns:[c]} not in [1, 2] rows uniqueness");
    assert_snapshot!(rule("rule: duplicateCount, mustBeGreaterOrEqualTo: 1"), @"t.c.duplicateValues {metric:duplicate,columns:[c]} ≥ 1 rows uniqueness");
    assert_snapshot!(table_checks("    quality:\n      - {metric: rowCount, mustBeGreaterThan: 10}\n      - {metric: rowCount, mustNotBe: 11}\n      - {metric: duplicateValues, arguments: {properties: [a, at]}, mustBe: 0}\n"), @"
    t.rowCount {metric:rowCount} > 10 rows completeness
    t.rowCount.2 {metric:rowCount} ≠ 11 rows completeness
    t.duplicateValues {metric:duplicate,columns:[a,at]} = 0 rows uniqueness
    ");
}

#[test]
fn other_rules_are_checks() {
    assert_snapshot!(table_checks("    quality:\n      - {type: sql, query: 'SELECT count(*) FROM {object}', mustBeGreaterThan: 1}\n      - {type: text, description: Look at it}\n"), @r"
    t.sql {metric:sql,query:SELECT count(*) FROM \t\} > 1 value accuracy
    t.text {metric:text} – value accuracy
    ");
    assert_snapshot!(property_checks("logicalType: string, quality: [{type: sql, query: 'SELECT max(${column}) FROM ${table}', mustBe: x}]"), @r#"t.c.sql {metric:sql,query:SELECT max(\c\) FROM \t\} = "x" value accuracy"#);
}

#[test]
fn rules_keep_what_their_author_says() {
    let (contract, _) = with_property(
        "logicalType: string, quality: [{id: r1, name: Rule one, description: why, metric: nullValues, mustBe: 0, severity: info, dimension: accuracy}]",
    );
    let check = &contract.tables[0].checks[0];
    assert_eq!((check.id.as_str(), check.name.as_str(), check.description.as_deref()), ("r1", "Rule one", Some("why")));
    assert_eq!((check.severity, check.dimension), (CheckSeverity::Warning, Dimension::Accuracy));
    assert_eq!(check.pointer, "/schema/0/properties/0/quality/0");
}

#[test]
fn severities_are_two() {
    for (text, expect) in
        [("error", CheckSeverity::Error), ("Critical", CheckSeverity::Error), ("minor", CheckSeverity::Warning)]
    {
        let (contract, _) = with_property(&format!(
            "logicalType: string, quality: [{{metric: nullValues, mustBe: 0, severity: {text}}}]"
        ));
        assert_eq!(contract.tables[0].checks[0].severity, expect, "{text}");
    }
}

#[test]
fn relationships_are_references() {
    let text = |relationship: &str| {
        let (contract, problems) = compile(&format!(
            "schema:\n  - name: t\n    id: t_id\n    properties:\n      - {{name: a, logicalType: string{relationship}}}\n      - {{name: b, logicalType: string}}\n    relationships:\n      - {{from: [t.a, t.b], to: [o.x, o.y]}}\n  - name: o\n    id: o_id\n    properties:\n      - {{name: x, id: x_id, logicalType: string}}\n      - {{name: y, logicalType: string}}\n"
        ));
        assert_eq!(problems, "");
        lines(&contract)
    };
    assert_snapshot!(text(", relationships: [{to: o.x}]"), @"
    t.a.reference {metric:reference,columns:[a],toTable:o,toColumns:[x]} = 0 rows consistency
    t.reference {metric:reference,columns:[a,b],toTable:o,toColumns:[x,y]} = 0 rows consistency
    ");
    assert_snapshot!(text(", relationships: [{to: schema/o_id/properties/x_id}, {to: t.b}]"), @"
    t.a.reference {metric:reference,columns:[a],toTable:o,toColumns:[x]} = 0 rows consistency
    t.a.reference.2 {metric:reference,columns:[a],toTable:t,toColumns:[b]} = 0 rows consistency
    t.reference {metric:reference,columns:[a,b],toTable:o,toColumns:[x,y]} = 0 rows consistency
    ");
}

#[test]
fn service_levels_are_checks() {
    assert_snapshot!(table_checks("slaProperties:\n  - {property: Freshness, value: 4, unit: d, element: t.at}\n  - {property: latency, value: PT30M, element: t.at}\n  - {property: retention, value: 1, unit: y, element: t.at, id: keep}\n  - {property: availability, value: 99}\n"), @"
    t.at.freshness {metric:freshness,column:at} ≤ 345600 seconds timeliness
    t.at.freshness.2 {metric:freshness,column:at} ≤ 1800 seconds timeliness
    keep {metric:retention,column:at} ≤ 31536000 seconds conformity
    ");
    assert_snapshot!(table_checks("slaDefaultElement: t.at\nslaProperties:\n  - {property: frequency, value: 1, unit: d}\n  - {property: freshness, value: 24h}\n"), @"t.at.freshness {metric:freshness,column:at} ≤ 86400 seconds timeliness");
}

#[test]
fn ids_are_unique_and_say_where_they_belong_when_they_must() {
    let (contract, _) = compile(
        "schema:\n  - name: t\n    properties:\n      - {name: a, logicalType: string, quality: [{id: nulls, metric: nullValues, mustBe: 0}]}\n      - {name: b, logicalType: string, quality: [{id: nulls, metric: nullValues, mustBe: 0}, {metric: nullValues, mustBe: 0}, {metric: nullValues, mustBeLessThan: 9}]}\n",
    );
    let ids: Vec<_> = contract.tables[0].checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, ["t.a.nulls", "t.b.nulls", "t.b.nullValues", "t.b.nullValues.2"]);
}

#[test]
fn thresholds_and_units_have_their_values() {
    let (contract, _) = with_property(
        "logicalType: string, quality: [{metric: nullValues, unit: percent, mustBeBetween: [1, 2.5]}, {metric: duplicateValues, mustBe: '5'}]",
    );
    let checks = &contract.tables[0].checks;
    assert_eq!((&checks[0].threshold, checks[0].unit), (&Threshold::MustBeBetween(1.0, 2.5), Unit::Percent));
    assert_eq!((&checks[1].threshold, checks[1].unit), (&Threshold::MustBe(json!("5")), Unit::Rows));
}

#[test]
fn published_examples_compile_without_errors() {
    for (name, text) in examples() {
        let document = outport_spec::Document::parse(&name, text).unwrap();
        let (contract, diagnostics) = outport_spec::contract::compile(&document, document.value(), &name);
        assert!(!diagnostics.iter().any(outport_model::diagnostic::Diagnostic::is_error), "{}", render(&diagnostics));
        assert!(contract.is_some(), "{name}");
    }
}
