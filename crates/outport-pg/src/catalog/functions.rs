//! PostgreSQL's functions about the server, the session and the catalog.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use datafusion::{
    common::ScalarValue,
    error::DataFusionError,
    execution::{FunctionRegistry, SessionState},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility},
};

use super::{shape::Shape, tables};
use crate::settings::{Settings, VERSION};

/// What functions tell about.
pub(super) struct About {
    pub(super) workspace: String,
    pub(super) user: String,
    pub(super) process: i32,
    pub(super) shape: Arc<Shape>,
    pub(super) settings: Arc<Mutex<Settings>>,
}

type Answer = dyn Fn(&[ArrayRef]) -> Result<ColumnarValue, DataFusionError> + Send + Sync;

/// A function of any arguments.
struct Function {
    name: String,
    signature: Signature,
    returns: DataType,
    answer: Arc<Answer>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let array = |value: &ColumnarValue| value.to_array(arguments.number_rows);
        let arrays = arguments.args.iter().map(array).collect::<Result<Vec<_>, _>>()?;
        (self.answer)(&arrays)
    }
}

/// Puts the functions into a session, in the place of those of the same name.
pub(super) fn register(state: &mut SessionState, about: &About) -> Result<(), DataFusionError> {
    for (name, value) in constants(about) {
        let returns = value.data_type();
        let answer = move |_: &[ArrayRef]| Ok(ColumnarValue::Scalar(value.clone()));
        add(state, name, returns, Arc::new(answer))?;
    }
    let user = about.user.clone();
    let owner = move |arguments: &[ArrayRef]| {
        let count = arguments.first().map_or(1, arrow::array::Array::len);
        Ok(ColumnarValue::Array(Arc::new(StringArray::from(vec![user.as_str(); count]))))
    };
    add(state, "pg_get_userbyid", DataType::Utf8, Arc::new(owner))?;
    let descriptions = Arc::new(descriptions(&about.shape));
    for name in ["obj_description", "col_description", "shobj_description"] {
        let (descriptions, of_column) = (Arc::clone(&descriptions), name == "col_description");
        let answer = move |arguments: &[ArrayRef]| described(&descriptions, arguments, of_column);
        add(state, name, DataType::Utf8, Arc::new(answer))?;
    }
    let (indexes, constraints) = keys(&about.shape);
    for (name, texts) in [("pg_get_indexdef", indexes), ("pg_get_constraintdef", constraints)] {
        let answer = move |arguments: &[ArrayRef]| described(&texts, arguments, false);
        add(state, name, DataType::Utf8, Arc::new(answer))?;
    }
    let settings = Arc::clone(&about.settings);
    add(
        state,
        "current_setting",
        DataType::Utf8,
        Arc::new(move |arguments: &[ArrayRef]| current_setting(&settings, arguments)),
    )?;
    let settings = Arc::clone(&about.settings);
    add(state, "set_config", DataType::Utf8, Arc::new(move |arguments: &[ArrayRef]| set_config(&settings, arguments)))
}

fn add(state: &mut SessionState, name: &str, returns: DataType, answer: Arc<Answer>) -> Result<(), DataFusionError> {
    let any = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
    // What a session is asked may differ from one statement to the next, so nothing of it is computed ahead.
    let volatility = if name == "set_config" { Volatility::Volatile } else { Volatility::Stable };
    let signature = Signature::new(any, volatility);
    let function = Function { name: name.to_owned(), signature, returns, answer };
    state.register_udf(Arc::new(ScalarUDF::new_from_impl(function))).map(|_| ())
}

fn constants(about: &About) -> Vec<(&'static str, ScalarValue)> {
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let no_text = || ScalarValue::Utf8(None);
    let is = |value| ScalarValue::Boolean(Some(value));
    let number = |value| ScalarValue::Int64(Some(value));
    let schemas =
        ScalarValue::List(ScalarValue::new_list_nullable(&[text("pg_catalog"), text("public")], &DataType::Utf8));
    vec![
        ("version", text(&format!("PostgreSQL {VERSION}"))),
        ("current_database", text(&about.workspace)),
        ("current_schema", text("public")),
        ("current_schemas", schemas),
        ("session_user", text(&about.user)),
        ("current_user", text(&about.user)),
        ("pg_backend_pid", ScalarValue::Int32(Some(about.process))),
        ("pg_client_encoding", text("UTF8")),
        ("pg_is_in_recovery", is(false)),
        ("pg_is_other_temp_schema", is(false)),
        ("pg_function_is_visible", is(true)),
        ("pg_type_is_visible", is(true)),
        ("pg_my_temp_schema", number(0)),
        ("txid_current", number(1)),
        ("pg_database_size", number(0)),
        ("pg_table_size", number(0)),
        ("pg_indexes_size", number(0)),
        ("pg_size_pretty", no_text()),
        ("pg_get_viewdef", no_text()),
        ("pg_get_functiondef", no_text()),
        ("pg_get_function_result", no_text()),
        ("pg_get_function_arguments", no_text()),
        ("pg_get_triggerdef", no_text()),
        ("pg_get_ruledef", no_text()),
        ("pg_get_serial_sequence", no_text()),
        ("pg_tablespace_location", no_text()),
        ("pg_advisory_unlock_all", no_text()),
        ("inet_server_addr", no_text()),
        ("inet_client_addr", no_text()),
        ("inet_server_port", ScalarValue::Int32(None)),
        ("has_column_privilege", is(true)),
        ("has_function_privilege", is(true)),
        ("has_sequence_privilege", is(false)),
    ]
}

/// Texts by id and number of a column, 0 for the whole.
type Texts = BTreeMap<(i64, i64), String>;

/// How the primary keys of tables would be made, as indexes and as constraints.
fn keys(shape: &Shape) -> (Texts, Texts) {
    let (mut indexes, mut constraints) = (Texts::new(), Texts::new());
    for (schema, _, name, table) in shape.tables() {
        let numbers = tables::primary_key(table).into_iter().filter_map(|number| usize::try_from(number).ok());
        let columns = numbers.filter_map(|number| table.columns.get(number - 1)).map(|column| column.name.as_str());
        let columns = columns.collect::<Vec<_>>().join(", ");
        if columns.is_empty() {
            continue;
        }
        let id = (i64::from(tables::index_id(table)), 0);
        let index = tables::index_name(name);
        indexes.insert(id, format!("CREATE UNIQUE INDEX {index} ON {schema}.{name} USING btree ({columns})"));
        constraints.insert(id, format!("PRIMARY KEY ({columns})"));
    }
    (indexes, constraints)
}

/// What is described: by id and number of the column, 0 for the whole.
fn descriptions(shape: &Shape) -> Texts {
    let mut found = Texts::new();
    let mut add = |id: i32, number: i64, text: Option<&String>| {
        found.extend(text.map(|text| ((i64::from(id), number), text.clone())));
    };
    for schema in shape.schemas.values() {
        add(schema.id, 0, schema.description.as_ref());
        for table in schema.tables.values() {
            add(table.id, 0, table.description.as_ref());
            for (number, column) in (1..).zip(&table.columns) {
                add(table.id, number, column.description.as_ref());
            }
        }
    }
    found
}

fn described(descriptions: &Texts, arguments: &[ArrayRef], of_column: bool) -> Result<ColumnarValue, DataFusionError> {
    let numbers = |array: &ArrayRef| cast(array, &DataType::Int64);
    let Some(ids) = arguments.first().map(numbers).transpose()? else {
        return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)));
    };
    let columns = arguments.get(1).filter(|_| of_column).map(numbers).transpose()?;
    let at = |array: &ArrayRef, row: usize| {
        let array = array.as_primitive::<Int64Type>();
        array.is_valid(row).then(|| array.value(row))
    };
    let text = |row: usize| {
        let column = match &columns {
            Some(columns) => at(columns, row)?,
            None => 0,
        };
        descriptions.get(&(at(&ids, row)?, column)).cloned()
    };
    Ok(ColumnarValue::Array(Arc::new((0..ids.len()).map(text).collect::<StringArray>())))
}

/// The texts of an argument.
fn texts(arguments: &[ArrayRef], place: usize) -> Result<Option<String>, DataFusionError> {
    let Some(array) = arguments.get(place).filter(|array| !array.is_empty()) else { return Ok(None) };
    let array = cast(array, &DataType::Utf8)?;
    let array = array.as_string::<i32>();
    Ok(array.is_valid(0).then(|| array.value(0).to_owned()))
}

fn current_setting(settings: &Mutex<Settings>, arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let name = texts(arguments, 0)?.unwrap_or_default();
    let may_be_missing = texts(arguments, 1)?.is_some_and(|text| text == "true");
    let shown = settings.lock().unwrap_or_else(PoisonError::into_inner).show(&name);
    let value = match shown {
        Ok((_, value)) => Some(value),
        Err(_) if may_be_missing => None,
        Err(failure) => return Err(DataFusionError::Plan(failure.to_string())),
    };
    Ok(ColumnarValue::Scalar(ScalarValue::Utf8(value)))
}

fn set_config(settings: &Mutex<Settings>, arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let (name, value) = (texts(arguments, 0)?.unwrap_or_default(), texts(arguments, 1)?.unwrap_or_default());
    let local = texts(arguments, 2)?.is_some_and(|text| text == "true");
    let mut settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
    settings.set(&name, Some(value.clone()), local).map_err(|failure| DataFusionError::Plan(failure.to_string()))?;
    Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(value))))
}
