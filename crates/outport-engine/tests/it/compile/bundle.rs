//! Products for tests, in few words.

use std::collections::{BTreeMap, BTreeSet};

use outport_engine::compile::compile;
use outport_model::{
    contract::{Column, Contract, ContractId, ContractTerms, DataType, Field, TableSchema, Version},
    diagnostic::{Diagnostic, Severity},
    name::PortName,
    plan::{CompiledModel, CompiledProduct},
    product::{Guide, InputPort, Materialization, Model, OnViolation, OutputPort, OutputTable, Product},
    source::{Source, TpchSource},
};
use serde_json::Value;

/// A product in the making.
#[derive(Debug, Clone)]
pub(crate) struct Bundle {
    pub(crate) product: Product,
    pub(crate) inputs: BTreeMap<PortName, TableSchema>,
}

impl Bundle {
    /// A product that reads orders and customers.
    pub(crate) fn shop() -> Self {
        Self::empty()
            .input(
                "orders",
                "id i64!, customer i64!, total decimal(10,2)!, placed timestamp!, note string, tags string[]",
            )
            .input("customers", "id i64!, name string!, country string, \"joinedAt\" date")
    }

    pub(crate) fn empty() -> Self {
        let product = Product {
            name: "shop".parse().unwrap(),
            id: "shop".to_owned(),
            title: None,
            version: None,
            status: None,
            domain: None,
            alignment: None,
            purpose: None,
            owner: None,
            guide: Guide::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            models: Vec::new(),
            policies: Vec::new(),
            files: BTreeMap::new(),
        };
        Self { product, inputs: BTreeMap::new() }
    }

    pub(crate) fn input(mut self, name: &str, columns: &str) -> Self {
        let schema = table(name, columns);
        self.product.inputs.push(InputPort {
            name: name.parse().unwrap(),
            contract: None,
            contract_id: None,
            source: Source::Tpch(TpchSource { table: "orders".to_owned(), scale: 0.01 }),
            on_violation: OnViolation::Fail,
        });
        self.inputs.insert(name.parse().unwrap(), schema);
        self
    }

    pub(crate) fn model(mut self, name: &str, sql: &str) -> Self {
        self.product.models.push(Model {
            name: name.parse().unwrap(),
            file: format!("models/{name}.sql"),
            sql: sql.to_owned(),
            materialization: Materialization::Table,
            parameters: BTreeMap::new(),
        });
        self
    }

    /// Serves the model of the same name.
    pub(crate) fn output(mut self, name: &str, columns: &str) -> Self {
        let contract = Contract {
            id: ContractId::new(name),
            version: Version::new(1, 0, 0),
            name: None,
            file: format!("contracts/{name}.odcs.yaml"),
            description: None,
            approvers: BTreeSet::new(),
            terms: ContractTerms::default(),
            tables: vec![table(name, columns)],
        };
        self.product.outputs.push(OutputPort {
            name: name.parse().unwrap(),
            version: Version::new(1, 0, 0),
            contract,
            tables: vec![OutputTable {
                name: name.parse().unwrap(),
                object: name.to_owned(),
                model: name.parse().unwrap(),
            }],
        });
        self
    }

    pub(crate) fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        let model = self.product.models.last_mut().unwrap();
        model.parameters.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn compile(&self) -> (Option<CompiledProduct>, Vec<Diagnostic>) {
        let (compiled, problems) = compile(&self.product, &self.inputs);
        self.check_places(&problems);
        assert_eq!(compiled.is_none(), problems.iter().any(Diagnostic::is_error), "{problems:?}");
        (compiled, problems)
    }

    /// The compiled model; panics with the problems where there are any.
    pub(crate) fn compiled(&self, model: &str) -> CompiledModel {
        let (compiled, problems) = self.compile();
        let compiled = compiled.unwrap_or_else(|| panic!("{}", lines(&problems)));
        compiled.models[&model.parse().unwrap()].clone()
    }

    pub(crate) fn problems(&self) -> String {
        lines(&self.compile().1)
    }

    /// Every diagnostic points into its file, at a place that the line and column name too.
    fn check_places(&self, problems: &[Diagnostic]) {
        for problem in problems {
            let model = self.product.models.iter().find(|m| m.file == problem.file).unwrap();
            let span = problem.span.unwrap_or_else(|| panic!("no place: {problem:?}"));
            assert!(span.start <= span.end && span.end <= model.sql.len(), "{problem:?}");
            assert!(model.sql.is_char_boundary(span.start) && model.sql.is_char_boundary(span.end), "{problem:?}");
            let before = &model.sql[..span.start];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            assert_eq!((span.line, span.column), (line, column), "{problem:?}");
        }
    }
}

/// One line for each diagnostic; warnings and texts under the underline are marked.
fn lines(problems: &[Diagnostic]) -> String {
    let line = |p: &Diagnostic| {
        let file = p.file.strip_prefix("models/").unwrap_or(&p.file);
        let place = p.span.map_or_else(|| "?".to_owned(), |s| format!("{}:{}", s.line, s.column));
        let severity = if p.severity == Severity::Warning { " warning:" } else { "" };
        let label = p.label.as_ref().map_or_else(String::new, |l| format!(" ({l})"));
        let help = p.help.as_ref().map_or_else(String::new, |h| format!(" | {h}"));
        format!("{}{severity} {file}:{place} {}{label}{help}", p.code, p.message)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Columns as `name type`, with `!` behind those that are required.
pub(crate) fn table(name: &str, columns: &str) -> TableSchema {
    let mut parts = Vec::new();
    let mut depth = 0;
    let mut part = String::new();
    for letter in columns.chars() {
        depth += match letter {
            '(' | '<' => 1,
            ')' | '>' => -1,
            _ => 0,
        };
        if letter == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
        }
    }
    parts.push(part);
    TableSchema {
        name: name.to_owned(),
        description: None,
        columns: parts.iter().map(|part| column(part.trim())).collect(),
        checks: Vec::new(),
    }
}

fn column(text: &str) -> Column {
    let (name, data_type) = text.split_once(' ').unwrap();
    Column {
        name: name.trim_matches('"').to_owned(),
        data_type: data_type_of(data_type.trim_end_matches('!')),
        nullable: !data_type.ends_with('!'),
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

fn data_type_of(text: &str) -> DataType {
    if let Some(item) = text.strip_suffix("[]") {
        return DataType::List(Box::new(data_type_of(item)));
    }
    if let Some(digits) = text.strip_prefix("decimal(").and_then(|t| t.strip_suffix(')')) {
        let (precision, scale) = digits.split_once(',').unwrap();
        return DataType::Decimal { precision: precision.parse().unwrap(), scale: scale.parse().unwrap() };
    }
    if let Some(fields) = text.strip_prefix("struct<").and_then(|t| t.strip_suffix('>')) {
        let field = |text: &str| {
            let (name, data_type) = text.trim().split_once(' ').unwrap();
            Field { name: name.to_owned(), data_type: data_type_of(data_type), nullable: true }
        };
        return DataType::Struct(fields.split(',').map(field).collect());
    }
    match text {
        "string" => DataType::String,
        "boolean" => DataType::Boolean,
        "date" => DataType::Date,
        "time" => DataType::Time,
        "timestamp" => DataType::Timestamp { zoned: true },
        "wall" => DataType::Timestamp { zoned: false },
        "f32" => DataType::Float { bits: 32 },
        "f64" => DataType::Float { bits: 64 },
        "i8" | "i16" | "i32" | "i64" => DataType::Integer { bits: text[1..].parse().unwrap(), signed: true },
        other => panic!("no type {other}"),
    }
}
