//! The product that everything is asked of: one table, with columns of every type that rules can speak of.

use std::fmt::Write;

use crate::place::Place;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Flag,
    Day,
    Price,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether a row may lack it.
    pub(super) nullable: bool,
    pub(super) classification: Option<&'static str>,
}

const fn column(name: &'static str, kind: Kind, nullable: bool, classification: Option<&'static str>) -> Column {
    Column { name, kind, nullable, classification }
}

/// The columns, in the table's order; the first is the key.
pub(super) static COLUMNS: [Column; 8] = [
    column("id", Kind::Number, false, None),
    column("region", Kind::Text, true, None),
    column("email", Kind::Text, true, Some("pii")),
    column("cost", Kind::Number, true, None),
    column("note", Kind::Text, false, Some("secret")),
    column("urgent", Kind::Flag, true, None),
    column("day", Kind::Day, true, Some("pii")),
    column("price", Kind::Price, true, None),
];

/// The column of a name.
pub(super) fn named(name: &str) -> &'static Column {
    COLUMNS.iter().find(|column| column.name == name).unwrap()
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Number(i64),
    Text(String),
    Flag(bool),
    /// Days since 1970.
    Day(i32),
    /// Hundredths.
    Price(i64),
}

/// A row: a value, or none, for each of [`COLUMNS`].
pub(super) type Record = Vec<Option<Value>>;

// Few values, so that rules, filters and rows meet.

pub(super) const NUMBERS: [i64; 6] = [-3, 0, 7, 40, 250, 2_000_000_000];
pub(super) const TEXTS: [&str; 8] = ["EU", "US", "E*", "a,b", "say \"hi\"", "é🦀@x.test", "ann@example.com", "it's"];
pub(super) const DAYS: [i32; 5] = [0, 11_016, 20_088, 20_089, 20_454];
pub(super) const PRICES: [i64; 5] = [-250, 0, 5, 1_250, 99_999_999];

/// How many rows there are.
const ROWS: usize = 48;

/// The rows: always the same ones, mixed by a small generator.
pub(super) fn records() -> Vec<Record> {
    let mut state: u64 = 0x9e37_79b9;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut record = |at: usize| -> Record {
        let mut value = |column: &Column| {
            if column.name == "id" {
                return Some(Value::Number(i64::try_from(at).unwrap() + 1));
            }
            if column.nullable && next(5) == 0 {
                return None;
            }
            Some(match column.kind {
                Kind::Number => Value::Number(NUMBERS[next(NUMBERS.len())]),
                Kind::Text => Value::Text(TEXTS[next(TEXTS.len())].to_owned()),
                Kind::Flag => Value::Flag(next(2) == 0),
                Kind::Day => Value::Day(DAYS[next(DAYS.len())]),
                Kind::Price => Value::Price(PRICES[next(PRICES.len())]),
            })
        };
        COLUMNS.iter().map(&mut value).collect()
    };
    (0..ROWS).map(&mut record).collect()
}

/// Hundredths as text.
pub(super) fn decimal(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let digits = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", digits / 100, digits % 100)
}

/// A day as text.
pub(super) fn day(days: i32) -> String {
    chrono::NaiveDate::from_epoch_days(days).unwrap().to_string()
}

impl Value {
    /// As text, without quotes.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value.clone(),
            Self::Flag(value) => value.to_string(),
            Self::Day(value) => day(*value),
            Self::Price(value) => decimal(*value),
        }
    }
}

const DESCRIPTOR: &str = "\
apiVersion: v1.0.0
kind: DataProduct
id: clinic
name: clinic
version: 1.0.0
status: active
domain: care
description: {purpose: Who was seen where., limitations: Small., usage: For tests.}
inputPorts:
  - {name: visits, version: 1.0.0, contractId: clinic.input}
outputPorts:
  - {name: visits, version: 1.0.0, type: tables, contractId: clinic.visits}
team: {name: clinic, members: [{username: owner@example.com, role: owner}]}
";

/// A home in which the product is released.
pub(super) fn home() -> Place {
    let place = Place::new();
    place.write("clinic/product.odps.yaml", DESCRIPTOR);
    place.write("clinic/outport.yaml", "apiVersion: outport/v1\ninputs:\n  visits: {server: files}\n");
    let mut properties = "schema:\n  - name: visits\n    properties:\n".to_owned();
    for column in &COLUMNS {
        let kind = match column.kind {
            Kind::Number => "logicalType: integer",
            Kind::Text => "logicalType: string",
            Kind::Flag => "logicalType: boolean",
            Kind::Day => "logicalType: date",
            Kind::Price => "logicalType: number, physicalType: \"decimal(10,2)\"",
        };
        let key = if column.name == "id" { ", primaryKey: true" } else { "" };
        let required = if column.nullable { "" } else { ", required: true" };
        let class = column.classification.map_or_else(String::new, |class| format!(", classification: {class}"));
        writeln!(properties, "      - {{name: {}, {kind}{required}{key}{class}}}", column.name).unwrap();
    }
    let head = |id: &str| format!("apiVersion: v3.1.0\nkind: DataContract\nid: {id}\nversion: 1.0.0\nstatus: active\n");
    let server = "servers:\n  - {server: files, type: local, path: ../data/visits.csv, format: csv}\n";
    place.write("clinic/contracts/input.odcs.yaml", format!("{}{server}{properties}", head("clinic.input")));
    place.write("clinic/contracts/visits.odcs.yaml", format!("{}{properties}", head("clinic.visits")));
    let names = COLUMNS.map(|column| column.name).join(", ");
    place.write("clinic/models/visits.sql", format!("SELECT {names} FROM input.visits\n"));
    let mut rows = format!("{}\n", COLUMNS.map(|column| column.name).join(","));
    for record in records() {
        let quoted = |value: &Option<Value>| {
            value.as_ref().map_or_else(String::new, |value| format!("\"{}\"", value.text().replace('"', "\"\"")))
        };
        writeln!(rows, "{}", record.iter().map(quoted).collect::<Vec<_>>().join(",")).unwrap();
    }
    place.write("data/visits.csv", rows);
    place.run(&["apply", "clinic", "--yes"]).succeeded();
    place
}
