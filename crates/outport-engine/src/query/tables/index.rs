//! Which rows of a table in memory have a key.

use std::{collections::BTreeSet, fmt};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::{interleave_record_batch, kernels::cmp},
        datatypes::{DataType, Field, Schema},
    },
    common::hash_utils::{RandomState, create_hashes},
    error::Result,
    logical_expr::{BinaryExpr, Expr, Operator, expr::InList},
    scalar::ScalarValue,
};

/// How keys are hashed. Who writes a table could choose keys that collide, and would make their own look-ups slow.
const HASHING: RandomState = RandomState::with_seed(0);

/// Bytes of one row in an index.
pub(super) const ENTRY: usize = size_of::<Entry>();

/// How many keys are looked for at most where a condition names several.
const MOST_KEYS: usize = 1_024;

/// The hash of a row's key, the batch that the row is in, and its place there.
type Entry = (u64, u32, u32);

/// Rows, each by its batch and its place there.
type Places = BTreeSet<(usize, usize)>;

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

    /// How many columns the key has.
    pub(super) const fn parts(&self) -> usize {
        self.columns.len()
    }

    /// The rows with a key. Its parts have one value each, of their columns' types.
    pub(super) fn find(&self, batches: &[RecordBatch], key: &[ArrayRef]) -> Result<Vec<RecordBatch>> {
        rows(batches, &self.places(batches, key)?)
    }

    /// The rows of which conditions can be true that say what the key is: the rows with that key, or with one of several;
    /// `None` where the conditions do not say it.
    pub(super) fn meeting(
        &self,
        batches: &[RecordBatch],
        schema: &Schema,
        conditions: &[Expr],
    ) -> Result<Option<Vec<RecordBatch>>> {
        let named = |at: &usize| conditions.iter().find_map(|condition| named(condition, schema.field(*at)));
        let Some(parts) = self.columns.iter().map(named).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let keys: Vec<Vec<ScalarValue>> = match <[_; 1]>::try_from(parts) {
            Ok([values]) => values.into_iter().map(|value| vec![value]).collect(),
            Err(parts) if parts.iter().all(|values| values.len() == 1) => vec![parts.into_iter().flatten().collect()],
            Err(_) => return Ok(None),
        };
        if keys.len() > MOST_KEYS {
            return Ok(None);
        }
        let mut places = Places::new();
        for key in keys {
            let key = key.iter().map(ScalarValue::to_array).collect::<Result<Vec<_>>>()?;
            places.extend(self.places(batches, &key)?);
        }
        rows(batches, &places).map(Some)
    }

    fn places(&self, batches: &[RecordBatch], key: &[ArrayRef]) -> Result<Places> {
        let mut hash = [0];
        create_hashes(key, &HASHING, &mut hash)?;
        let [hash] = hash;
        let first = self.entries.partition_point(|(found, ..)| *found < hash);
        let alike = self.entries.iter().skip(first).take_while(|(found, ..)| *found == hash);
        let mut places = Places::new();
        for (_, batch, row) in alike {
            let (batch, row) = (*batch as usize, *row as usize);
            if let Some(rows) = batches.get(batch)
                && self.has(rows, row, key)?
            {
                places.insert((batch, row));
            }
        }
        Ok(places)
    }

    fn has(&self, rows: &RecordBatch, row: usize, key: &[ArrayRef]) -> Result<bool> {
        for (column, value) in self.columns.iter().zip(key) {
            let same = cmp::eq(&rows.column(*column).slice(row, 1), value)?;
            if same.is_null(0) || !same.value(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The rows in these places; one of them is where it is, several are copied together.
fn rows(batches: &[RecordBatch], places: &Places) -> Result<Vec<RecordBatch>> {
    let mut single = places.iter();
    match (single.next(), single.next()) {
        (None, _) => Ok(Vec::new()),
        (Some((batch, row)), None) => Ok(batches.get(*batch).map(|rows| rows.slice(*row, 1)).into_iter().collect()),
        _ => {
            let places: Vec<_> = places.iter().copied().collect();
            Ok(vec![interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &places)?])
        }
    }
}

/// The values of which a column has one wherever a condition is true; `None` where the condition says no such thing.
fn named(condition: &Expr, field: &Field) -> Option<Vec<ScalarValue>> {
    let is_column = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == *field.name());
    let value = |expr: &Expr| match expr {
        Expr::Literal(value, _) if value.data_type() == *field.data_type() => Some(value.clone()),
        _ => None,
    };
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_column(left) => Some(vec![value(right)?]),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_column(right) => Some(vec![value(left)?]),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let mut values = named(left, field)?;
            values.extend(named(right, field)?);
            Some(values)
        }
        Expr::InList(InList { expr, list, negated: false }) if is_column(expr) => list.iter().map(value).collect(),
        _ => None,
    }
}

/// Whether two values of a type are equal exactly where they have the same hash and are the same.
pub(super) const fn is_exact(data_type: &DataType) -> bool {
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

    use datafusion::{
        arrow::array::{AsArray, Int64Array, StringArray},
        logical_expr::{ident, lit},
    };

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
        Some(texts(&index.find(&batches, values).unwrap()))
    }

    fn texts(rows: &[RecordBatch]) -> Vec<String> {
        let texts = rows.iter().flat_map(|rows| rows.column(1).as_string::<i32>().iter());
        texts.map(|text| text.unwrap().to_owned()).collect()
    }

    /// What is found where the key is `id`, or `id` and `text`.
    fn meeting(key: &[&str], conditions: &[Expr]) -> Option<Vec<String>> {
        let batches = batches();
        let (schema, key) = (batches[0].schema(), key.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let index = KeyIndex::over(&batches, &schema, &key).unwrap().unwrap();
        index.meeting(&batches, &schema, conditions).unwrap().map(|rows| texts(&rows))
    }

    fn texts_of(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn id(value: Option<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(vec![value]))
    }

    fn text(value: &str) -> ArrayRef {
        Arc::new(StringArray::from(vec![value]))
    }

    #[test]
    fn rows_are_found_by_all_parts_of_their_key() {
        assert_eq!(found(&["id"], &[id(Some(7))]), Some(texts_of(&["d"])));
        assert_eq!(found(&["id"], &[id(Some(1))]), Some(texts_of(&["b", "b"])));
        assert_eq!(found(&["id"], &[id(Some(2))]), Some(texts_of(&[])));
        assert_eq!(found(&["id"], &[id(None)]), Some(texts_of(&[])), "a missing value is equal to nothing");
        assert_eq!(found(&["text", "id"], &[text("a"), id(Some(3))]), Some(texts_of(&["a"])));
        assert_eq!(found(&["text", "id"], &[text("a"), id(Some(1))]), Some(texts_of(&[])));
        assert_eq!(found(&["no such"], &[text("a")]), None);
        assert_eq!(found(&[], &[]), None);
    }

    #[test]
    fn conditions_say_which_keys_are_wanted() {
        let (id, text) = (|| ident("id"), || ident("text"));
        let whole = |value: i64| lit(value);
        assert_eq!(meeting(&["id"], &[text().gt(lit("")), whole(7).eq(id())]), Some(texts_of(&["d"])));
        let several = id().in_list(vec![whole(3), whole(7), whole(3), whole(8)], false);
        assert_eq!(meeting(&["id"], &[several]), Some(texts_of(&["a", "d"])), "each once, in the order of the rows");
        assert_eq!(meeting(&["id"], &[id().eq(whole(1)).or(id().eq(whole(3)))]), Some(texts_of(&["a", "b", "b"])));
        assert_eq!(meeting(&["id"], &[id().eq(whole(8))]), Some(texts_of(&[])));
        assert_eq!(meeting(&["id"], &[id().eq(lit(ScalarValue::Int64(None)))]), Some(texts_of(&[])));
        let both = ["id", "text"];
        assert_eq!(meeting(&both, &[id().eq(whole(1)), text().eq(lit("b"))]), Some(texts_of(&["b", "b"])));
        assert_eq!(meeting(&both, &[id().eq(whole(1)), text().eq(lit("a"))]), Some(texts_of(&[])));
    }

    #[test]
    fn other_conditions_say_nothing_of_keys() {
        let id = || ident("id");
        let whole = |value: i64| lit(value);
        let many = (0..=i64::try_from(MOST_KEYS).unwrap()).map(whole).collect();
        for conditions in [
            vec![],
            vec![id().gt(whole(1))],
            vec![id().not_eq(whole(1))],
            vec![id().eq(lit(1_i32))],
            vec![id().eq(id())],
            vec![id().in_list(vec![whole(1)], true)],
            vec![id().in_list(many, false)],
            vec![id().eq(whole(1)).or(ident("text").eq(lit("a")))],
            vec![ident("text").eq(lit("a"))],
        ] {
            assert_eq!(meeting(&["id"], &conditions), None, "{conditions:?}");
        }
        let several = id().in_list(vec![whole(1), whole(3)], false);
        assert_eq!(meeting(&["id", "text"], &[several, ident("text").eq(lit("a"))]), None);
        assert_eq!(meeting(&["id", "text"], &[id().eq(whole(1))]), None, "half of a key");
    }
}
