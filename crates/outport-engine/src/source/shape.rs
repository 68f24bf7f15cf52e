//! Typed tables in the shape of a contract: the columns that fit as they are, the others value by value.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, StringBuilder},
        compute::{self, CastOptions, kernels::cmp},
        datatypes::{DataType as ArrowType, Field as ArrowField, Float64Type, Schema, SchemaRef},
        error::ArrowError,
        util::display::{ArrayFormatter, FormatOptions},
    },
    catalog::{TableProvider, view::ViewTable},
    common::Column as ColumnName,
    datasource::provider_as_source,
    error::{DataFusionError, Result},
    logical_expr::{
        ColumnarValue, Expr, LogicalPlanBuilder, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    },
};
use outport_app::engine::EngineError;
use outport_model::contract::{DataType, TableSchema};

use super::{OpenedSource, cell, column::Column, fault, raw_name};
use crate::types;

/// How a contract's columns are taken out of a typed table.
#[derive(Debug)]
pub(super) struct Shape {
    columns: Vec<Taken>,
}

#[derive(Debug)]
struct Taken {
    /// The contract's name and type.
    name: String,
    data_type: DataType,
    /// The name in the table.
    found: String,
    /// The type in which the table is to give it.
    arrow: ArrowType,
    fits: bool,
}

impl Shape {
    /// Finds each column of the contract in a table: by its name as written, else in any case. `tables` has the schema
    /// of each file of the table and where the file is.
    pub(super) fn find(tables: &[(String, SchemaRef)], wanted: &TableSchema) -> Result<Self, EngineError> {
        let Some((_, first)) = tables.first() else { return Ok(Self { columns: Vec::new() }) };
        for (location, schema) in tables {
            complete(location, schema, wanted)?;
        }
        let mut columns = Vec::with_capacity(wanted.columns.len());
        for column in &wanted.columns {
            let Some(found) = named(first, &column.name) else { continue };
            let mut kinds = Vec::new();
            for (location, schema) in tables {
                let Ok(field) = schema.field_with_name(found.name()) else {
                    let other = named(schema, &column.name).map_or("", |f| f.name());
                    let reason = format!("it has the column `{other}`, where other files have `{}`", found.name());
                    return Err(fault::unreadable(location, reason, "write all files with the same column names"));
                };
                kinds.push(field.data_type());
            }
            let fits = kinds.iter().all(|k| types::fits(k, &column.data_type));
            let arrow = if fits { types::to_arrow(&column.data_type) } else { common(&kinds) };
            let (name, data_type) = (column.name.clone(), column.data_type.clone());
            columns.push(Taken { name, data_type, found: found.name().clone(), arrow, fits });
        }
        Ok(Self { columns })
    }

    /// The schema in which the table is to be read: only the contract's columns, in its order, all nullable.
    pub(super) fn base(&self) -> SchemaRef {
        let field = |c: &Taken| ArrowField::new(&c.found, c.arrow.clone(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// The table in the contract's shape; `base` has the schema [`Shape::base`]. Where every column fits, it is `base`
    /// itself, so that statistics and filters reach it.
    pub(super) fn over(&self, base: Arc<dyn TableProvider>) -> Result<OpenedSource, DataFusionError> {
        if *base.schema() == *self.base() && self.columns.iter().all(|c| c.fits && c.name == c.found) {
            return Ok(OpenedSource { provider: base, raw: BTreeMap::new() });
        }
        let column = |c: &Taken| Expr::Column(ColumnName::new(Some("source"), &c.found));
        let values = self.columns.iter().map(|c| {
            let value =
                if c.fits { cast(column(c), c, &base.schema()) } else { ReadAs::of(c, false).call(vec![column(c)]) };
            value.alias(&c.name)
        });
        let unfit = || self.columns.iter().filter(|c| !c.fits);
        let raws = unfit().map(|c| ReadAs::of(c, true).call(vec![column(c)]).alias(raw_name(&c.name)));
        let projection: Vec<Expr> = values.chain(raws).collect();
        let raw = unfit().map(|c| (c.name.clone(), raw_name(&c.name))).collect();
        let plan = LogicalPlanBuilder::scan("source", provider_as_source(base), None)?.project(projection)?.build()?;
        Ok(OpenedSource { provider: Arc::new(ViewTable::new(plan, None)), raw })
    }
}

/// A column that fits, cast where the table gives it in another type.
fn cast(column: Expr, taken: &Taken, base: &Schema) -> Expr {
    let same = base.field_with_name(&taken.found).is_ok_and(|f| *f.data_type() == taken.arrow);
    if same { column } else { datafusion::logical_expr::cast(column, taken.arrow.clone()) }
}

fn named<'a>(schema: &'a Schema, name: &str) -> Option<&'a ArrowField> {
    let lower = name.to_lowercase();
    let fields = schema.fields();
    let exact = fields.iter().find(|f| f.name() == name);
    exact.or_else(|| fields.iter().find(|f| f.name().to_lowercase() == lower)).map(AsRef::as_ref)
}

fn complete(location: &str, schema: &Schema, wanted: &TableSchema) -> Result<(), EngineError> {
    let missing: Vec<_> =
        wanted.columns.iter().filter(|c| named(schema, &c.name).is_none()).map(|c| c.name.clone()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let found = schema.fields().iter().map(|f| f.name().clone()).collect();
    Err(EngineError::SourceSchema { location: location.to_owned(), missing, found })
}

/// A type that every file can give: their own where they agree, else text.
fn common(kinds: &[&ArrowType]) -> ArrowType {
    match kinds {
        [first, rest @ ..] if rest.iter().all(|k| k == first) => (*first).clone(),
        _ => ArrowType::Utf8,
    }
}

/// Reads values of one type as another one, or gives the text of those that it cannot read.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ReadAs {
    data_type: DataType,
    raw: bool,
    signature: Signature,
}

impl ReadAs {
    fn of(column: &Taken, raw: bool) -> ScalarUDF {
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::new_from_impl(Self { data_type: column.data_type.clone(), raw, signature })
    }
}

impl ScalarUDFImpl for ReadAs {
    fn name(&self) -> &str {
        if self.raw { "unreadable_as" } else { "read_as" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(if self.raw { ArrowType::Utf8 } else { types::to_arrow(&self.data_type) })
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = ColumnarValue::values_to_arrays(&arguments.args)?.remove(0);
        let values = read(&array, &self.data_type)?;
        Ok(ColumnarValue::Array(if self.raw { unreadable(&array, &values)? } else { values }))
    }
}

/// The values of an array that can be read as the type; the others are null.
fn read(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let wanted = types::to_arrow(data_type);
    match array.data_type() {
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => read_texts(array, data_type),
        ArrowType::Dictionary(_, value) => read(&compute::cast(array, value)?, data_type),
        found if is_convertible(found, &wanted) => read_values(array, &wanted),
        _ => Ok(datafusion::arrow::array::new_null_array(&wanted, array.len())),
    }
}

fn read_texts(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let texts = compute::cast(array, &ArrowType::Utf8)?;
    let mut column = Column::new(data_type, texts.len());
    for text in texts.as_string::<i32>() {
        let cell = text.map_or(Some(cell::Cell::Null), |t| cell::of_text(data_type, t));
        column.push(cell.unwrap_or(cell::Cell::Null));
    }
    column.finish()
}

/// Whether values of one type can mean the same in another one. A number is no point in time, and no truth value.
fn is_convertible(found: &ArrowType, wanted: &ArrowType) -> bool {
    let is_time = |t: &ArrowType| matches!(t, ArrowType::Date32 | ArrowType::Date64 | ArrowType::Timestamp(_, _));
    let related = found.is_numeric() && wanted.is_numeric()
        || is_time(found) && is_time(wanted)
        || found.is_nested() && wanted.is_nested()
        || *wanted == ArrowType::Utf8 && !found.is_nested();
    related && compute::can_cast_types(found, wanted)
}

/// Casts, and keeps what the cast did not change. A floating-point number may lose digits to another one.
fn read_values(array: &ArrayRef, wanted: &ArrowType) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let values = compute::cast_with_options(array, wanted, &options)?;
    let found = array.data_type();
    if found.is_floating() && wanted.is_floating() {
        let overflowed = compute::and_not(&finite(array)?, &finite(&values)?)?;
        return compute::nullif(&values, &overflowed);
    }
    let inexact = found.is_nested() || *wanted == ArrowType::Utf8 || !compute::can_cast_types(wanted, found);
    if inexact {
        return Ok(values);
    }
    let back = compute::cast_with_options(&values, found, &options)?;
    compute::nullif(&values, &cmp::distinct(array, &back)?)
}

fn finite(array: &ArrayRef) -> Result<BooleanArray, ArrowError> {
    let wide = compute::cast(array, &ArrowType::Float64)?;
    Ok(BooleanArray::from_unary(wide.as_primitive::<Float64Type>(), f64::is_finite))
}

/// The texts of the values that were there and could not be read.
fn unreadable(array: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
    let mut texts = StringBuilder::new();
    for row in 0..array.len() {
        let failed = array.is_valid(row) && values.is_null(row);
        texts.append_option(failed.then(|| formatter.value(row).to_string()));
    }
    Ok(Arc::new(texts.finish()))
}
