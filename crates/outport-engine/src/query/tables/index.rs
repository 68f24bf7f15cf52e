//! Which rows of a table in memory have a key.

use std::fmt;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::kernels::cmp,
        datatypes::{DataType, Schema},
    },
    common::hash_utils::{RandomState, create_hashes},
    error::Result,
};

/// How keys are hashed. Who writes a table could choose keys that collide, and would make their own look-ups slow.
const HASHING: RandomState = RandomState::with_seed(0);

/// Bytes of one row in an index.
pub(super) const ENTRY: usize = size_of::<Entry>();

/// The hash of a row's key, the batch that the row is in, and its place there.
type Entry = (u64, u32, u32);

/// The rows of a table by their keys.
pub(super) struct KeyIndex {
    /// The key's columns, by their places.
    columns: Vec<usize>,
    /// In order.
    entries: Vec<Entry>,
}

impl fmt::Debug for KeyIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyIndex").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl KeyIndex {
    /// An index over these columns; `None` where there are none, or where values of their types can be equal for SQL without
    /// being the same.
    pub(super) fn over(batches: &[RecordBatch], schema: &Schema, key: &[String]) -> Result<Option<Self>> {
        let places: Option<Vec<usize>> = key.iter().map(|name| schema.index_of(name).ok()).collect();
        let exact = |places: &Vec<usize>| places.iter().all(|at| is_exact(schema.field(*at).data_type()));
        let Some(columns) = places.filter(|places| !places.is_empty() && exact(places)) else { return Ok(None) };
        let mut entries = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for (number, batch) in (0..).zip(batches) {
            let mut hashes = vec![0; batch.num_rows()];
            create_hashes(columns.iter().map(|at| batch.column(*at)), &HASHING, &mut hashes)?;
            entries.extend((0..).zip(hashes).map(|(row, hash)| (hash, number, row)));
        }
        entries.sort_unstable();
        Ok(Some(Self { columns, entries }))
    }

    /// The rows with a key, each as a batch of its own. The parts of the key have one value each, of their columns' types.
    pub(super) fn find(&self, batches: &[RecordBatch], key: &[ArrayRef]) -> Result<Vec<RecordBatch>> {
        let mut hash = [0];
        create_hashes(key, &HASHING, &mut hash)?;
        let [hash] = hash;
        let first = self.entries.partition_point(|(found, ..)| *found < hash);
        let alike = self.entries.iter().skip(first).take_while(|(found, ..)| *found == hash);
        let mut rows = Vec::new();
        for (_, batch, row) in alike {
            let Some(batch) = batches.get(*batch as usize) else { continue };
            let row = batch.slice(*row as usize, 1);
            if self.has(&row, key)? {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn has(&self, row: &RecordBatch, key: &[ArrayRef]) -> Result<bool> {
        for (column, value) in self.columns.iter().zip(key) {
            let same = cmp::eq(row.column(*column), value)?;
            if same.is_null(0) || !same.value(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether two values of a type are equal exactly where they have the same hash and are the same.
const fn is_exact(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Timestamp(..)
            | DataType::Utf8
            | DataType::LargeUtf8
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{AsArray, Int64Array, StringArray};

    use super::*;

    fn batches() -> Vec<RecordBatch> {
        let batch = |ids: Vec<Option<i64>>, texts: Vec<&str>| {
            let ids: ArrayRef = Arc::new(Int64Array::from(ids));
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("text", texts, true)]).unwrap()
        };
        vec![batch(vec![Some(3), Some(1), None], vec!["a", "b", "c"]), batch(vec![Some(1), Some(7)], vec!["b", "d"])]
    }

    fn found(key: &[&str], values: &[ArrayRef]) -> Option<Vec<String>> {
        let batches = batches();
        let key: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
        let index = KeyIndex::over(&batches, &batches[0].schema(), &key).unwrap()?;
        let rows = index.find(&batches, values).unwrap();
        Some(rows.iter().map(|row| row.column(1).as_string::<i32>().value(0).to_owned()).collect())
    }

    fn id(value: Option<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(vec![value]))
    }

    fn text(value: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![value]))
    }

    #[test]
    fn rows_are_found_by_all_parts_of_their_key() {
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(found(&["id"], &[id(Some(7))]), texts(&["d"]));
        assert_eq!(found(&["id"], &[id(Some(1))]), texts(&["b", "b"]));
        assert_eq!(found(&["id"], &[id(Some(2))]), texts(&[]));
        assert_eq!(found(&["id"], &[id(None)]), texts(&[]), "a missing value is equal to nothing");
        assert_eq!(found(&["text", "id"], &[text("a"), id(Some(3))]), texts(&["a"]));
        assert_eq!(found(&["text", "id"], &[text("a"), id(Some(1))]), texts(&[]));
        assert_eq!(found(&["no such"], &[text("a")]), None);
        assert_eq!(found(&[], &[]), None);
    }
}
