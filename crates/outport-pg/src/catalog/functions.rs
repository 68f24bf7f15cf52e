//! PostgreSQL's functions about the server, the session and the catalog.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int32Builder, ListArray, ListBuilder, StringArray,
        StructArray,
    },
    buffer::OffsetBuffer,
    compute::cast,
    datatypes::{DataType, Field, Fields, Int32Type, Int64Type},
};
use datafusion::{
    common::ScalarValue,
    error::DataFusionError,
    execution::{FunctionRegistry, SessionState},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility},
};

use super::{
    names::{Kind, Names},
    shape::Shape,
    tables, texts,
};
use crate::{
    encode::kind::OID,
    settings::{Settings, VERSION},
};

/// What functions tell about.
pub(super) struct About {
    pub(super) workspace: String,
    pub(super) user: String,
    pub(super) process: i32,
    pub(super) shape: Arc<Shape>,
    pub(super) names: Arc<Names>,
    pub(super) settings: Arc<Mutex<Settings>>,
}

/// The name of the function that shows the thing of an id, for a cast such as `oid::regclass`.
pub(super) fn shower(kind: Kind) -> &'static str {
    match kind {
        Kind::Class => "regclass_text",
        Kind::Namespace => "regnamespace_text",
        Kind::Type => "regtype_text",
        Kind::Function => "regproc_text",
        Kind::Role => "regrole_text",
    }
}

/// The name of the function that finds the id of a name, for a cast such as `'orders'::regclass`.
pub(super) fn finder(kind: Kind) -> &'static str {
    match kind {
        Kind::Class => "to_regclass",
        Kind::Namespace => "to_regnamespace",
        Kind::Type => "to_regtype",
        Kind::Function => "to_regproc",
        Kind::Role => "to_regrole",
    }
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
    for name in PRIVILEGES {
        add(state, name, DataType::Boolean, Arc::new(|arguments: &[ArrayRef]| privileged(arguments)))?;
    }
    add(state, "format", DataType::Utf8, Arc::new(texts::format))?;
    add(state, texts::LIKE_PATTERN, DataType::Utf8, Arc::new(texts::like_patterns))?;
    add(state, "json_build_object", DataType::Utf8, Arc::new(texts::json_build_object))?;
    register_names(state, &about.names)?;
    register_lists(state)?;
    register_texts(state, &about.shape)?;
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

/// Functions from names to ids and back, and those about the schemas in which names are looked for.
fn register_names(state: &mut SessionState, names: &Arc<Names>) -> Result<(), DataFusionError> {
    for kind in [Kind::Class, Kind::Namespace, Kind::Type, Kind::Function, Kind::Role] {
        let known = Arc::clone(names);
        let find = move |arguments: &[ArrayRef]| {
            let ids = texts_of(arguments, 0)?.into_iter().map(|text| known.id(kind, &text?));
            Ok(ColumnarValue::Array(Arc::new(ids.collect::<Int32Array>())))
        };
        add(state, finder(kind), DataType::Int32, Arc::new(find))?;
        let known = Arc::clone(names);
        let show = move |arguments: &[ArrayRef]| {
            let shown =
                numbers_of(arguments, 0)?.into_iter().map(|id| Some(known.shown(kind, i32::try_from(id?).ok()?)));
            Ok(ColumnarValue::Array(Arc::new(shown.collect::<StringArray>())))
        };
        add(state, shower(kind), DataType::Utf8, Arc::new(show))?;
    }
    let known = Arc::clone(names);
    let current = move |_: &[ArrayRef]| {
        let first = known.path().into_iter().next();
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(first)))
    };
    add(state, "current_schema", DataType::Utf8, Arc::new(current))?;
    let known = Arc::clone(names);
    let all = move |arguments: &[ArrayRef]| {
        let implicit = text_of(arguments, 0)?.is_none_or(|text| text == "true");
        let path = implicit.then(|| "pg_catalog".to_owned()).into_iter().chain(known.path());
        let path: Vec<ScalarValue> = path.map(|name| ScalarValue::Utf8(Some(name))).collect();
        let list = ScalarValue::new_list_nullable(&path, &DataType::Utf8);
        Ok(ColumnarValue::Scalar(ScalarValue::List(list)))
    };
    add(state, "current_schemas", DataType::new_list(DataType::Utf8, true), Arc::new(all))
}

/// Functions over lists, which are unfolded into rows where they stand.
fn register_lists(state: &mut SessionState) -> Result<(), DataFusionError> {
    // The numbers of the items of a list, from the one that stands behind it on.
    let subscripts = |arguments: &[ArrayRef]| {
        let mut found = ListBuilder::new(Int32Builder::new());
        for (length, first) in lengths(arguments)?.into_iter().zip(numbers_of(arguments, 1)?) {
            let first = first.and_then(|first| i32::try_from(first).ok()).unwrap_or(1);
            found.append_option(length.map(|length| (first..first + length).map(Some)));
        }
        Ok(ColumnarValue::Array(Arc::new(found.finish())))
    };
    add(state, SUBSCRIPTS, DataType::new_list(DataType::Int32, true), Arc::new(subscripts))?;
    let of_ids = |arguments: &[ArrayRef]| {
        let list = arguments.first().ok_or_else(too_few)?;
        Ok(ColumnarValue::Array(cast(list, &list_of_ids())?))
    };
    add(state, LIST_OF_IDS, list_of_ids(), Arc::new(of_ids))?;
    add(state, EXPANDED, expanded_type(), Arc::new(|arguments: &[ArrayRef]| expanded(arguments)))
}

/// The functions that [`super::rewrite`] unfolds.
pub(super) const SUBSCRIPTS: &str = "generate_subscripts";
/// PostgreSQL's `information_schema._pg_expandarray`: the items of a list (`x`) with their numbers (`n`).
pub(super) const EXPANDED: &str = "_pg_expandarray";

/// A list of numbers as one of ids.
pub(super) const LIST_OF_IDS: &str = "list_of_ids";

fn list_of_ids() -> DataType {
    let mark = HashMap::from([(OID.to_owned(), "oid".to_owned())]);
    DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true).with_metadata(mark)))
}

fn pair() -> Fields {
    vec![Field::new("x", DataType::Int32, true), Field::new("n", DataType::Int32, true)].into()
}

fn expanded_type() -> DataType {
    DataType::new_list(DataType::Struct(pair()), true)
}

fn expanded(arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let Some(lists) = arguments.first() else {
        return Err(DataFusionError::Plan("there is no list to expand".to_owned()));
    };
    let lists = cast(lists, &DataType::new_list(DataType::Int32, true))?;
    let lists = lists.as_list::<i32>();
    let items = lists.iter().flat_map(|list| {
        let list = list.map(|list| list.as_primitive::<Int32Type>().iter().collect::<Vec<_>>());
        (1..).zip(list.unwrap_or_default())
    });
    let (numbers, items): (Vec<i32>, Vec<Option<i32>>) = items.unzip();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(items)), Arc::new(Int32Array::from(numbers))];
    let pairs = StructArray::try_new(pair(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.map_or(0, |list| list.len())));
    let item = Arc::new(Field::new_list_field(DataType::Struct(pair()), true));
    Ok(ColumnarValue::Array(Arc::new(ListArray::try_new(item, offsets, Arc::new(pairs), lists.nulls().cloned())?)))
}

fn lengths(arguments: &[ArrayRef]) -> Result<Vec<Option<i32>>, DataFusionError> {
    let Some(lists) = arguments.first() else { return Ok(Vec::new()) };
    let Some(lists) = lists.as_list_opt::<i32>() else {
        return Err(DataFusionError::Plan("there is no list whose numbers could be told".to_owned()));
    };
    Ok(lists.iter().map(|list| i32::try_from(list?.len()).ok()).collect())
}

/// Functions that describe things by their id.
fn register_texts(state: &mut SessionState, shape: &Shape) -> Result<(), DataFusionError> {
    let descriptions = Arc::new(descriptions(shape));
    for name in ["obj_description", "col_description", "shobj_description"] {
        let (descriptions, of_column) = (Arc::clone(&descriptions), name == "col_description");
        let answer = move |arguments: &[ArrayRef]| described(&descriptions, arguments, of_column);
        add(state, name, DataType::Utf8, Arc::new(answer))?;
    }
    let (indexes, constraints) = keys(shape);
    // An index is told whole, or by one of its columns.
    for (name, texts, of_column) in [("pg_get_indexdef", indexes, true), ("pg_get_constraintdef", constraints, false)] {
        let answer = move |arguments: &[ArrayRef]| described(&texts, arguments, of_column);
        add(state, name, DataType::Utf8, Arc::new(answer))?;
    }
    Ok(())
}

/// Functions that tell whether something may be done.
const PRIVILEGES: &[&str] = &[
    "has_any_column_privilege",
    "has_column_privilege",
    "has_database_privilege",
    "has_foreign_data_wrapper_privilege",
    "has_function_privilege",
    "has_language_privilege",
    "has_schema_privilege",
    "has_sequence_privilege",
    "has_server_privilege",
    "has_table_privilege",
    "has_tablespace_privilege",
    "has_type_privilege",
    "pg_has_role",
];

/// What is seen may be read, and nothing may be changed. What is to be done is the last argument.
fn privileged(arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let may = |text: Option<String>| {
        let text = text?.to_lowercase();
        let mut asked = text.split(',').map(str::trim);
        Some(asked.any(|one| ["select", "usage", "connect", "execute", "member", "set"].contains(&one)))
    };
    let asked = texts_of(arguments, arguments.len().saturating_sub(1))?;
    Ok(ColumnarValue::Array(Arc::new(asked.into_iter().map(may).collect::<BooleanArray>())))
}

fn add(state: &mut SessionState, name: &str, returns: DataType, answer: Arc<Answer>) -> Result<(), DataFusionError> {
    let any = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
    // What a session is asked may differ from one statement to the next, so nothing of it is computed ahead.
    let volatility = if name == "set_config" { Volatility::Volatile } else { Volatility::Stable };
    let signature = Signature::new(any, volatility);
    let function = Function { name: name.to_owned(), signature, returns, answer };
    state.register_udf(Arc::new(ScalarUDF::new_from_impl(function))).map(|_| ())
}

/// Functions that are true: everything that is seen is visible.
const TRUE: &[&str] = &[
    "pg_advisory_unlock",
    "pg_collation_is_visible",
    "pg_conversion_is_visible",
    "pg_function_is_visible",
    "pg_opclass_is_visible",
    "pg_operator_is_visible",
    "pg_opfamily_is_visible",
    "pg_statistics_obj_is_visible",
    "pg_table_is_visible",
    "pg_try_advisory_lock",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "pg_ts_parser_is_visible",
    "pg_ts_template_is_visible",
    "pg_type_is_visible",
];

/// Functions that are false.
const FALSE: &[&str] = &[
    "pg_column_is_updatable",
    "pg_index_column_has_property",
    "pg_index_has_property",
    "pg_indexam_has_property",
    "pg_is_in_recovery",
    "pg_is_other_temp_schema",
    "pg_relation_is_publishable",
    "row_security_active",
];

/// Functions that give 0: nothing is told of sizes and of what others do.
const ZERO: &[&str] = &[
    "pg_database_size",
    "pg_indexes_size",
    "pg_my_temp_schema",
    "pg_relation_size",
    "pg_stat_get_dead_tuples",
    "pg_stat_get_live_tuples",
    "pg_stat_get_numscans",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
];

/// Functions that give no text: there are no views, functions, triggers and the like that could be shown.
const NO_TEXT: &[&str] = &[
    "inet_client_addr",
    "inet_server_addr",
    "pg_advisory_unlock_all",
    "pg_describe_object",
    "pg_get_expr",
    "pg_get_function_arg_default",
    "pg_get_function_arguments",
    "pg_get_function_identity_arguments",
    "pg_get_function_result",
    "pg_get_function_sqlbody",
    "pg_get_functiondef",
    "pg_get_partition_constraintdef",
    "pg_get_partkeydef",
    "pg_get_ruledef",
    "pg_get_serial_sequence",
    "pg_get_statisticsobjdef",
    "pg_get_statisticsobjdef_columns",
    "pg_get_triggerdef",
    "pg_get_viewdef",
    "pg_relation_filepath",
    "pg_size_pretty",
    "pg_tablespace_location",
];

fn constants(about: &About) -> Vec<(&'static str, ScalarValue)> {
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let no_moment = ScalarValue::TimestampMicrosecond(None, Some("UTC".into()));
    let all = |names: &[&'static str], value: &ScalarValue| {
        names.iter().map(|name| (*name, value.clone())).collect::<Vec<_>>()
    };
    let mut constants = vec![
        ("version", text(&format!("PostgreSQL {VERSION}"))),
        ("current_database", text(&about.workspace)),
        ("session_user", text(&about.user)),
        ("current_user", text(&about.user)),
        ("pg_backend_pid", ScalarValue::Int32(Some(about.process))),
        ("pg_client_encoding", text("UTF8")),
        ("getdatabaseencoding", text("UTF8")),
        ("pg_char_to_encoding", ScalarValue::Int32(Some(6))),
        ("pg_relation_is_updatable", ScalarValue::Int32(Some(0))),
        ("txid_current", ScalarValue::Int64(Some(1))),
        ("pg_current_xact_id", ScalarValue::Int64(Some(1))),
        // How long ago a row of the catalog was written, in transactions.
        ("age", ScalarValue::Int32(Some(1))),
        ("inet_server_port", ScalarValue::Int32(None)),
        ("inet_client_port", ScalarValue::Int32(None)),
        ("pg_relation_filenode", ScalarValue::Int32(None)),
        ("pg_sequence_last_value", ScalarValue::Int64(None)),
        ("pg_postmaster_start_time", no_moment.clone()),
        ("pg_conf_load_time", no_moment),
    ];
    constants.extend(all(TRUE, &ScalarValue::Boolean(Some(true))));
    constants.extend(all(FALSE, &ScalarValue::Boolean(Some(false))));
    constants.extend(all(ZERO, &ScalarValue::Int64(Some(0))));
    constants.extend(all(NO_TEXT, &ScalarValue::Utf8(None)));
    constants
}

/// Texts by id and number of a column, 0 for the whole.
type Texts = BTreeMap<(i64, i64), String>;

/// How the primary keys of tables would be made, as indexes and as constraints.
fn keys(shape: &Shape) -> (Texts, Texts) {
    let (mut indexes, mut constraints) = (Texts::new(), Texts::new());
    for (schema, _, name, table) in shape.tables() {
        let columns: Vec<String> = tables::key_columns(table).map(|column| tables::quoted(&column.name)).collect();
        if columns.is_empty() {
            continue;
        }
        let id = i64::from(tables::index_id(table));
        indexes.insert((id, 0), tables::index_definition(schema, name, table));
        constraints.insert((id, 0), format!("PRIMARY KEY ({})", columns.join(", ")));
        indexes.extend((1..).zip(columns).map(|(number, column)| ((id, number), column)));
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
    let ids = numbers_of(arguments, 0)?;
    let columns = if of_column && arguments.len() > 1 { Some(numbers_of(arguments, 1)?) } else { None };
    let text = |(row, id): (usize, Option<i64>)| {
        let column = columns.as_ref().map_or(Some(0), |columns| columns.get(row).copied().flatten());
        descriptions.get(&(id?, column?)).cloned()
    };
    Ok(ColumnarValue::Array(Arc::new(ids.into_iter().enumerate().map(text).collect::<StringArray>())))
}

/// The numbers of an argument, row by row.
fn numbers_of(arguments: &[ArrayRef], place: usize) -> Result<Vec<Option<i64>>, DataFusionError> {
    let Some(array) = arguments.get(place) else { return Err(too_few()) };
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().iter().collect())
}

/// The texts of an argument, row by row.
pub(super) fn texts_of(arguments: &[ArrayRef], place: usize) -> Result<Vec<Option<String>>, DataFusionError> {
    let Some(array) = arguments.get(place) else { return Err(too_few()) };
    Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}

pub(super) fn too_few() -> DataFusionError {
    DataFusionError::Plan("the function takes more arguments".to_owned())
}

/// The text of an argument that is the same in every row.
fn text_of(arguments: &[ArrayRef], place: usize) -> Result<Option<String>, DataFusionError> {
    let Some(array) = arguments.get(place).filter(|array| !array.is_empty()) else { return Ok(None) };
    let array = cast(array, &DataType::Utf8)?;
    let array = array.as_string::<i32>();
    Ok(array.is_valid(0).then(|| array.value(0).to_owned()))
}

fn current_setting(settings: &Mutex<Settings>, arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let name = text_of(arguments, 0)?.unwrap_or_default();
    let may_be_missing = text_of(arguments, 1)?.is_some_and(|text| text == "true");
    let shown = settings.lock().unwrap_or_else(PoisonError::into_inner).show(&name);
    let value = match shown {
        Ok((_, value)) => Some(value),
        Err(_) if may_be_missing => None,
        Err(failure) => return Err(DataFusionError::Plan(failure.to_string())),
    };
    Ok(ColumnarValue::Scalar(ScalarValue::Utf8(value)))
}

fn set_config(settings: &Mutex<Settings>, arguments: &[ArrayRef]) -> Result<ColumnarValue, DataFusionError> {
    let (name, value) = (text_of(arguments, 0)?.unwrap_or_default(), text_of(arguments, 1)?.unwrap_or_default());
    let local = text_of(arguments, 2)?.is_some_and(|text| text == "true");
    let mut settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
    settings.set(&name, Some(value.clone()), local).map_err(|failure| DataFusionError::Plan(failure.to_string()))?;
    Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(value))))
}
