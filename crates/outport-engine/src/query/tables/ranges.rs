//! Between which values the rows of each batch in memory are, so that a query leaves out batches that can have none for it.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt64Array},
        datatypes::{DataType, SchemaRef},
    },
    catalog::Session,
    common::{Column, DFSchema, pruning::PruningStatistics},
    error::Result,
    functions_aggregate::min_max::{MaxAccumulator, MinAccumulator},
    logical_expr::{Accumulator, Expr, utils::conjunction},
    physical_optimizer::pruning::PruningPredicateBuilder,
    scalar::ScalarValue,
};

use super::index::is_exact;

/// Bytes of the longest text that is kept as an end of a range.
const LONGEST: usize = 256;

/// The ranges of all batches.
#[derive(Debug)]
pub(super) struct Ranges {
    schema: DFSchema,
    /// By the names of columns. Those of other types have none.
    columns: BTreeMap<String, Range>,
    /// Rows of each batch.
    rows: ArrayRef,
}

/// The range of a column, one value for each batch. A value that is missing is not known.
#[derive(Debug)]
struct Range {
    least: ArrayRef,
    greatest: ArrayRef,
    /// Rows without a value.
    missing: ArrayRef,
}

impl Ranges {
    /// The ranges of these batches.
    pub(super) fn over(batches: &[RecordBatch], schema: &SchemaRef) -> Result<Self> {
        let mut columns = BTreeMap::new();
        // Nothing can be left out of less than two.
        let exact = schema.fields().iter().enumerate().filter(|(_, field)| is_exact(field.data_type()));
        for (at, field) in exact.filter(|_| batches.len() > 1) {
            let arrays: Vec<&ArrayRef> = batches.iter().map(|batch| batch.column(at)).collect();
            columns.insert(field.name().clone(), Range::over(&arrays, field.data_type())?);
        }
        let rows = Arc::new(batches.iter().map(|batch| batch.num_rows() as u64).collect::<UInt64Array>());
        Ok(Self { schema: DFSchema::try_from(Arc::clone(schema))?, columns, rows })
    }

    /// Of each batch, whether it can have rows that meet all conditions; `None` where that cannot be told.
    pub(super) fn may_meet(&self, conditions: &[Expr], state: &dyn Session) -> Option<Vec<bool>> {
        let condition = conjunction(conditions.iter().cloned()).filter(|_| !self.columns.is_empty())?;
        let condition = state.create_physical_expr(condition, &self.schema).ok()?;
        let builder = PruningPredicateBuilder::new().with_file_schema(Arc::clone(self.schema.inner()));
        builder.build(condition)?.prune(self).ok()
    }
}

impl Range {
    fn over(arrays: &[&ArrayRef], data_type: &DataType) -> Result<Self> {
        let ends = |make: &dyn Fn() -> Result<Box<dyn Accumulator>>| {
            let end = |array: &&ArrayRef| {
                let mut end = make()?;
                end.update_batch(&[Arc::clone(array)])?;
                known(end.evaluate()?, data_type)
            };
            ScalarValue::iter_to_array(arrays.iter().map(end).collect::<Result<Vec<_>>>()?)
        };
        Ok(Self {
            least: ends(&|| Ok(Box::new(MinAccumulator::try_new(data_type)?)))?,
            greatest: ends(&|| Ok(Box::new(MaxAccumulator::try_new(data_type)?)))?,
            missing: Arc::new(arrays.iter().map(|array| array.null_count() as u64).collect::<UInt64Array>()),
        })
    }
}

/// The end of a range, where it is short.
fn known(end: ScalarValue, data_type: &DataType) -> Result<ScalarValue> {
    match end.try_as_str() {
        Some(Some(text)) if text.len() > LONGEST => ScalarValue::try_new_null(data_type),
        _ => Ok(end),
    }
}

impl PruningStatistics for Ranges {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.columns.get(&column.name).map(|range| Arc::clone(&range.least))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.columns.get(&column.name).map(|range| Arc::clone(&range.greatest))
    }

    fn num_containers(&self) -> usize {
        self.rows.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.columns.get(&column.name).map(|range| Arc::clone(&range.missing))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::clone(&self.rows))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::array::{Float64Array, Int64Array, StringArray},
        logical_expr::{ident, lit, not},
        prelude::SessionContext,
    };

    use super::*;

    /// Four batches of two rows.
    fn batches() -> Vec<RecordBatch> {
        let long = "z".repeat(LONGEST + 1);
        let batch = |ids: [Option<i64>; 2], texts: [&str; 2], reals: [f64; 2]| {
            let ids: ArrayRef = Arc::new(Int64Array::from(ids.to_vec()));
            let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
            let reals: ArrayRef = Arc::new(Float64Array::from(reals.to_vec()));
            RecordBatch::try_from_iter_with_nullable([("Id", ids, true), ("text", texts, true), ("real", reals, true)])
                .unwrap()
        };
        vec![
            batch([Some(1), Some(3)], ["a", "c"], [0.5, f64::NAN]),
            batch([Some(4), None], ["b", "b"], [1.0, 2.0]),
            batch([None, None], ["y", &long], [3.0, 4.0]),
            batch([Some(9), Some(9)], ["x", "x"], [5.0, 6.0]),
        ]
    }

    fn kept(conditions: &[Expr]) -> Option<Vec<bool>> {
        let batches = batches();
        let ranges = Ranges::over(&batches, &batches[0].schema()).unwrap();
        ranges.may_meet(conditions, &SessionContext::new().state())
    }

    #[test]
    fn batches_are_left_out_that_can_have_no_row() {
        let id = || ident("Id");
        let kept = |conditions: &[Expr]| kept(conditions).unwrap();
        assert_eq!(kept(&[id().eq(lit(2_i64))]), [true, false, false, false], "which is between others");
        assert_eq!(kept(&[id().gt_eq(lit(4_i64))]), [false, true, false, true]);
        assert_eq!(kept(&[id().gt(lit(1_i64)), id().lt(lit(4_i64))]), [true, false, false, false]);
        assert_eq!(kept(&[id().is_null()]), [false, true, true, false]);
        assert_eq!(kept(&[id().not_eq(lit(9_i64))]), [true, true, false, false]);
        assert_eq!(kept(&[id().in_list(vec![lit(3_i64), lit(9_i64)], false)]), [true, false, false, true]);
        assert_eq!(kept(&[ident("text").eq(lit("x"))]), [false, false, false, true]);
    }

    #[test]
    fn what_is_not_known_leaves_out_nothing() {
        let all = Some(vec![true; 4]);
        assert_eq!(
            kept(&[ident("text").gt(lit("zz"))]),
            Some(vec![false, false, true, false]),
            "long texts have no end"
        );
        let unknown = [vec![], vec![ident("real").gt(lit(100.0))], vec![not(ident("Id").eq(ident("Id")))]];
        for conditions in unknown {
            let kept = kept(&conditions);
            assert!(kept.is_none() || kept == all, "{conditions:?}: {kept:?}");
        }
    }
}
