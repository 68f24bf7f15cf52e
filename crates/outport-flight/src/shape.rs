//! The columns of an answer as every client takes them.
//!
//! A plan and an execution may differ in what they know of nulls, and an engine may keep text as views or dictionaries
//! where it pleases. Clients compare the schema of the plan with that of the rows and know the plain types alone, so
//! both are brought to the same: plain types, everything nullable, no metadata.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef},
    error::ArrowError,
    ipc::writer::IpcWriteOptions,
};
use arrow_flight::{IpcMessage, SchemaAsIpc};
use bytes::Bytes;

/// The same columns in plain types, all of them nullable.
pub(crate) fn plain(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(plain_fields(schema.fields())))
}

fn plain_fields(fields: &Fields) -> Fields {
    fields.iter().map(plain_field).collect()
}

fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), plain_type(field.data_type()), true))
}

/// The plain type for values of a type.
pub(crate) fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::RunEndEncoded(_, values) => plain_type(values.data_type()),
        DataType::List(item) | DataType::ListView(item) => DataType::List(plain_field(item)),
        DataType::LargeList(item) | DataType::LargeListView(item) => DataType::LargeList(plain_field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(plain_field(item), *size),
        DataType::Struct(fields) => DataType::Struct(plain_fields(fields)),
        DataType::Map(entries, sorted) => DataType::Map(plain_entries(entries), *sorted),
        plain => plain.clone(),
    }
}

/// The entries of a map and their keys are never null, by the format itself.
fn plain_entries(entries: &FieldRef) -> FieldRef {
    let data_type = match entries.data_type() {
        DataType::Struct(fields) => {
            let entry = fields
                .iter()
                .enumerate()
                .map(|(index, field)| Arc::new(Field::new(field.name(), plain_type(field.data_type()), index > 0)));
            DataType::Struct(entry.collect())
        }
        other => other.clone(),
    };
    Arc::new(Field::new(entries.name(), data_type, false))
}

/// The rows in the columns of a plain schema.
pub(crate) fn fit(batch: &RecordBatch, plain: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    // A value that does not fit is an error, never a null.
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let columns = batch.columns().iter().zip(plain.fields());
    let columns: Vec<ArrayRef> = columns
        .map(|(column, field)| cast_with_options(column, field.data_type(), &options))
        .collect::<Result<_, _>>()?;
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(plain), columns, &rows)
}

/// A schema as Flight SQL sends it.
pub(crate) fn encoded(schema: &Schema) -> Result<Bytes, ArrowError> {
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &IpcWriteOptions::default()).try_into()?;
    Ok(bytes)
}

/// What tells a schema from others.
pub(crate) fn digest(schema: &Schema) -> Result<[u8; 32], ArrowError> {
    Ok(*blake3::hash(&encoded(schema)?).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use arrow::{
        array::{
            Array, DictionaryArray, Int64Array, ListArray, MapBuilder, RunArray, StringArray, StringBuilder,
            StringViewArray, StructArray,
        },
        compute::cast,
        datatypes::{Int32Type, Int64Type},
    };

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let fields = columns.iter().map(|(name, column)| {
            let metadata = HashMap::from([("location".to_owned(), "secret".to_owned())]);
            Field::new(*name, column.data_type().clone(), column.is_nullable()).with_metadata(metadata)
        });
        let schema = Schema::new(fields.collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect()).unwrap()
    }

    fn texts() -> StringArray {
        StringArray::from(vec!["a", "b", "a"])
    }

    #[test]
    fn views_dictionaries_and_runs_become_plain() {
        let dictionary: DictionaryArray<Int32Type> = vec!["a", "b", "a"].into_iter().collect();
        let runs: RunArray<Int32Type> = vec!["a", "b", "a"].into_iter().collect();
        let view = StringViewArray::from(vec!["a", "b", "a"]);
        let all = batch(vec![
            ("text", Arc::new(texts())),
            ("view", Arc::new(view)),
            ("dictionary", Arc::new(dictionary)),
            ("runs", Arc::new(runs)),
        ]);
        let plain = plain(all.schema_ref());
        let fitted = fit(&all, &plain).unwrap();
        assert_eq!(fitted.schema(), plain);
        for (field, column) in plain.fields().iter().zip(fitted.columns()) {
            assert_eq!((field.is_nullable(), field.metadata().len()), (true, 0));
            assert_eq!(column.as_ref(), &texts() as &dyn Array, "{}", field.name());
        }
    }

    #[test]
    fn nested_columns_become_plain_all_the_way_down() {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None]);
        let views = cast(&texts().slice(0, 2), &DataType::Utf8View).unwrap();
        let inner = Field::new("view", DataType::Utf8View, false);
        let structs = StructArray::from(vec![(Arc::new(inner), views)]);
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.keys().append_value("k");
        map.values().append_value("v");
        map.append(true).unwrap();
        map.append(true).unwrap();
        let all = batch(vec![("list", Arc::new(list)), ("struct", Arc::new(structs)), ("map", Arc::new(map.finish()))]);
        let plain = plain(all.schema_ref());
        assert_eq!(fit(&all, &plain).unwrap().schema(), plain);
        let DataType::Struct(fields) = plain.field(1).data_type() else { panic!("a struct") };
        assert_eq!((fields[0].data_type(), fields[0].is_nullable()), (&DataType::Utf8, true));
    }

    #[test]
    fn plain_stays_plain_and_rows_without_columns_stay_rows() {
        let numbers = batch(vec![("n", Arc::new(Int64Array::from(vec![1, 2])))]);
        let once = plain(numbers.schema_ref());
        assert_eq!(plain(&once), once);
        assert_eq!(digest(&once).unwrap(), digest(&plain(&once)).unwrap());
        let options = RecordBatchOptions::new().with_row_count(Some(3));
        let nothing = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap();
        assert_eq!(fit(&nothing, &plain(nothing.schema_ref())).unwrap().num_rows(), 3);
    }

    #[test]
    fn what_was_known_of_nulls_makes_no_difference() {
        let with = |nullable| Schema::new(vec![Field::new("n", DataType::Int64, nullable)]);
        assert_eq!(digest(&plain(&with(true))).unwrap(), digest(&plain(&with(false))).unwrap());
    }
}
