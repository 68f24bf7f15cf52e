//! Whether what a model returns is what the contracts of its ports promise, and how it is stored.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef, TimeUnit};
use outport_model::{
    contract::{Column, DataType, TableSchema},
    diagnostic::Diagnostic,
    name::TableName,
    product::{OutputPort, Product},
};
use outport_spec::codes;

use super::{
    lineage::Facts,
    nearest,
    nullness::Nullness,
    statement::{Items, quoted},
    text::Text,
};
use crate::types::{UTC, describe, fits, to_arrow};

/// The schema of a model's stored table: columns that a contract names have the contract's type, others the nearest
/// type that Delta Lake has.
pub fn stored_schema(product: &Product, model: &TableName, planned: &Schema) -> SchemaRef {
    let promised = |name: &str| served(product, model).find_map(|(_, table)| table.column(name));
    let field = |field: &Arc<Field>| match promised(field.name()) {
        Some(column) => Field::new(field.name(), to_arrow(&column.data_type), field.is_nullable() && column.nullable),
        None => Field::new(field.name(), storable(field.data_type()), field.is_nullable()),
    };
    Arc::new(Schema::new(planned.fields().iter().map(field).collect::<Vec<_>>()))
}

/// The tables of contracts that a model serves.
fn served<'a>(product: &'a Product, model: &'a TableName) -> impl Iterator<Item = (&'a OutputPort, &'a TableSchema)> {
    let tables = product.tables().filter(move |(_, table)| table.model == *model);
    tables.filter_map(|(port, table)| Some((port, port.contract.table(&table.object)?)))
}

/// The nearest type that Delta Lake can store without losing values.
fn storable(found: &ArrowType) -> ArrowType {
    let inner =
        |field: &Arc<Field>| Arc::new(Field::new(field.name(), storable(field.data_type()), field.is_nullable()));
    match found {
        ArrowType::Utf8View | ArrowType::LargeUtf8 | ArrowType::Null | ArrowType::Time32(_) | ArrowType::Time64(_) => {
            ArrowType::Utf8
        }
        ArrowType::BinaryView | ArrowType::LargeBinary | ArrowType::FixedSizeBinary(_) => ArrowType::Binary,
        ArrowType::UInt8 => ArrowType::Int16,
        ArrowType::UInt16 => ArrowType::Int32,
        ArrowType::UInt32 => ArrowType::Int64,
        ArrowType::UInt64 => ArrowType::Decimal128(20, 0),
        ArrowType::Float16 => ArrowType::Float32,
        ArrowType::Date64 => ArrowType::Date32,
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale) => ArrowType::Decimal128(*precision, *scale),
        ArrowType::Timestamp(_, zone) => {
            ArrowType::Timestamp(TimeUnit::Microsecond, zone.is_some().then(|| UTC.into()))
        }
        ArrowType::Dictionary(_, value) => storable(value),
        ArrowType::List(item) | ArrowType::LargeList(item) | ArrowType::FixedSizeList(item, _) => {
            ArrowType::List(inner(item))
        }
        ArrowType::Struct(fields) => ArrowType::Struct(fields.iter().map(inner).collect::<Fields>()),
        ArrowType::Map(entries, sorted) => ArrowType::Map(inner(entries), *sorted),
        other => other.clone(),
    }
}

/// What a model returns, with the places to point at.
pub(super) struct Returned<'a> {
    /// The text.
    pub(super) text: &'a Text<'a>,
    /// The file.
    pub(super) file: &'a str,
    /// Where the columns are named.
    pub(super) items: &'a Items,
    /// The planned result.
    pub(super) schema: &'a Schema,
    /// What is known of each column.
    pub(super) facts: &'a [Facts],
}

impl Returned<'_> {
    /// Columns that nobody could name: without a name, or with the name of another.
    pub(super) fn names(&self) -> Vec<Diagnostic> {
        let unnamed = |span: &outport_model::diagnostic::Span| {
            let expression: String = self.text.slice(*span).split_whitespace().collect::<Vec<_>>().join(" ");
            let shown: String = expression.chars().take(40).collect();
            let shown = if shown.len() < expression.len() { format!("{shown}…") } else { shown };
            Diagnostic::error(codes::PLANNING, self.file, format!("`{shown}` has no name"))
                .at(Some(*span))
                .help("give the column a name with `AS`")
        };
        let mut problems: Vec<_> = self.items.unnamed.iter().map(unnamed).collect();
        let fields = self.schema.fields();
        for (index, field) in fields.iter().enumerate() {
            if fields.iter().take(index).any(|other| other.name() == field.name()) {
                problems.push(super::report::twice(field.name(), self.text, self.file));
            }
        }
        problems
    }

    /// Compares the result with every contract that it serves.
    pub(super) fn check(&self, product: &Product, model: &TableName) -> Vec<Diagnostic> {
        let mut problems: Vec<Diagnostic> = Vec::new();
        for (port, table) in served(product, model) {
            for problem in self.check_table(port, table) {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn check_table(&self, port: &OutputPort, table: &TableSchema) -> Vec<Diagnostic> {
        let names: Vec<&str> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
        let extra: Vec<&str> = names.iter().copied().filter(|name| table.column(name).is_none()).collect();
        let mut problems = Vec::new();
        let mut renamed = Vec::new();
        for column in &table.columns {
            match self.schema.fields().iter().position(|field| *field.name() == column.name) {
                Some(index) => problems.extend(self.check_column(port, column, index)),
                None => {
                    let near = nearest::to(&column.name, extra.iter().copied());
                    renamed.extend(near);
                    problems.push(self.missing(port, column, near, &names));
                }
            }
        }
        let extra = extra.into_iter().filter(|name| !renamed.contains(name));
        problems.extend(extra.map(|name| self.extra(port, name)));
        problems
    }

    fn missing(&self, port: &OutputPort, column: &Column, near: Option<&str>, names: &[&str]) -> Diagnostic {
        let message =
            format!("the contract of `{}` promises `{}`, which the model does not return", port.name, column.name);
        let wanted = quoted(&column.name);
        let (span, help) = match near {
            Some(near) => {
                (self.items.place(near, self.text), format!("if it is `{near}`, write `{} AS {wanted}`", quoted(near)))
            }
            None => (
                self.items.select.unwrap_or_else(|| self.text.start()),
                format!("add `… AS {wanted}`; the model returns {}", nearest::list(names)),
            ),
        };
        Diagnostic::error(codes::RESULT_LACKS_COLUMN, self.file, message).at(Some(span)).help(help)
    }

    fn extra(&self, port: &OutputPort, name: &str) -> Diagnostic {
        let message = format!("the contract of `{}` has no column `{name}`", port.name);
        Diagnostic::error(codes::EXTRA_COLUMN, self.file, message)
            .at(Some(self.items.place(name, self.text)))
            .help(format!("remove it from the model, or add it to `{}`", port.contract.file))
    }

    fn check_column(&self, port: &OutputPort, column: &Column, index: usize) -> Option<Diagnostic> {
        let field = self.schema.field(index);
        let span = Some(self.items.place(&column.name, self.text));
        if !fits(field.data_type(), &column.data_type) {
            let (found, wanted) = (describe(field.data_type()), &column.data_type);
            let message =
                format!("`{}` is {found}, and the contract of `{}` asks for {wanted}", column.name, port.name);
            let problem = Diagnostic::error(codes::RESULT_TYPE, self.file, message).at(span);
            return Some(problem.help(cast(column)));
        }
        if column.nullable || !field.is_nullable() {
            return None;
        }
        let nullness = self.facts.get(index).map_or(Nullness::Perhaps, |facts| facts.nullness.clone());
        let message = format!("`{}` may be null, and the contract of `{}` requires it", column.name, port.name);
        let problem = match (&nullness, nullness.certain()) {
            (Nullness::No, _) => return None,
            (_, Some(reason)) => Diagnostic::error(codes::RESULT_NULLABLE, self.file, message).label(reason),
            (_, None) => Diagnostic::warning(codes::RESULT_NULLABLE, self.file, message),
        };
        Some(problem.at(span).help("leave out rows without it, use `coalesce`, or drop `required` from the contract"))
    }
}

/// The cast that makes a column what its contract asks for.
fn cast(column: &Column) -> String {
    let name = quoted(&column.name);
    match sql_type(&column.data_type) {
        Some(sql) => format!("write `CAST(… AS {sql}) AS {name}`, or change the contract"),
        None => format!("return {} from the model, or change the contract", column.data_type),
    }
}

/// How a type is written in SQL; nothing where SQL has no word for it.
fn sql_type(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::String | DataType::Time => "VARCHAR".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Integer { .. } => match to_arrow(data_type) {
            ArrowType::Int8 => "TINYINT".to_owned(),
            ArrowType::Int16 => "SMALLINT".to_owned(),
            ArrowType::Int32 => "INT".to_owned(),
            ArrowType::Int64 => "BIGINT".to_owned(),
            _ => "DECIMAL(20, 0)".to_owned(),
        },
        DataType::Float { bits: 32 } => "REAL".to_owned(),
        DataType::Float { .. } => "DOUBLE".to_owned(),
        DataType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        DataType::Date => "DATE".to_owned(),
        DataType::Timestamp { zoned: false } => "TIMESTAMP".to_owned(),
        DataType::Timestamp { zoned: true } => "TIMESTAMP WITH TIME ZONE".to_owned(),
        DataType::Binary => "BYTEA".to_owned(),
        DataType::List(item) => format!("{}[]", sql_type(item)?),
        DataType::Struct(_) | DataType::Map(_, _) => return None,
    })
}
