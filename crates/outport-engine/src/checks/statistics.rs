//! What the files of a table say of it without being read.

use std::{collections::HashSet, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray},
        datatypes::DataType,
    },
    common::{
        Column, DFSchema, ScalarValue, Statistics,
        pruning::{PrunableStatistics, PruningStatistics},
        stats::Precision,
        tree_node::TreeNode,
    },
    logical_expr::{Cast, Expr, ExprSchemable, LogicalPlan},
    physical_optimizer::pruning::PruningPredicateBuilder,
    physical_plan::{ExecutionPlan, StatisticsArgs, StatisticsContext},
    prelude::SessionContext,
};

use super::literal::identifier;

/// Exact statistics of one table.
#[derive(Debug)]
pub(crate) struct Known {
    statistics: Arc<Statistics>,
    schema: DFSchema,
    /// Whether values were converted in a way that may not keep their order.
    is_reordered: bool,
}

impl Known {
    /// Plans a scan of the whole table and asks it. `None` where the table cannot be planned at all.
    pub(crate) async fn of(session: &SessionContext, table: &str) -> Option<Self> {
        let frame = session.sql(&format!("SELECT * FROM {}", identifier(table))).await.ok()?;
        let schema = DFSchema::try_from(frame.schema().as_arrow().clone()).ok()?;
        let is_reordered = is_reordered(&frame.clone().into_optimized_plan().ok()?);
        let plan: Arc<dyn ExecutionPlan> = frame.create_physical_plan().await.ok()?;
        let statistics = StatisticsContext::new().compute(&*plan, &StatisticsArgs::new()).ok()?;
        Some(Self { statistics, schema, is_reordered })
    }

    /// Rows in the table.
    pub(crate) fn rows(&self) -> Option<u64> {
        exact(&self.statistics.num_rows)
    }

    /// Rows without a value in a column.
    pub(crate) fn nulls(&self, column: &str) -> Option<u64> {
        self.column(column).and_then(|c| exact(&c.null_count))
    }

    /// The least value of a column, if the statistics of its type can be relied on.
    pub(crate) fn least(&self, column: &str) -> Option<ScalarValue> {
        self.extreme(column, |c| &c.min_value)
    }

    /// The greatest value of a column, if the statistics of its type can be relied on.
    pub(crate) fn greatest(&self, column: &str) -> Option<ScalarValue> {
        self.extreme(column, |c| &c.max_value)
    }

    /// Whether the statistics prove that a predicate is true for no row.
    pub(crate) fn exclude(&self, session: &SessionContext, predicate: &str) -> bool {
        self.rows() == Some(0) || self.proof(session, predicate).unwrap_or(false)
    }

    fn proof(&self, session: &SessionContext, predicate: &str) -> Option<bool> {
        let logical = session.parse_sql_expr(predicate, &self.schema).ok()?;
        let physical = session.create_physical_expr(logical, &self.schema).ok()?;
        let schema = Arc::new(self.schema.as_arrow().clone());
        let pruning = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&schema)).try_build(physical).ok()?;
        let statistics =
            Reliable { all: PrunableStatistics::new(vec![Arc::clone(&self.statistics)], schema), known: self };
        let kept = pruning.prune(&statistics).ok()?;
        Some(kept.first() == Some(&false))
    }

    fn extreme(
        &self,
        column: &str,
        which: impl Fn(&datafusion::common::ColumnStatistics) -> &Precision<ScalarValue>,
    ) -> Option<ScalarValue> {
        match which(self.column(column)?) {
            Precision::Exact(value) if !value.is_null() && self.is_reliable(column) => Some(value.clone()),
            _ => None,
        }
    }

    fn column(&self, name: &str) -> Option<&datafusion::common::ColumnStatistics> {
        let index = self.schema.as_arrow().index_of(name).ok()?;
        self.statistics.column_statistics.get(index)
    }

    /// Whether the extremes of a column hold for all of its values. Writers leave NaN out of the extremes of floats, and
    /// leave the extremes of long texts out of single row groups; a missing count of nulls means a row group without any.
    fn is_reliable(&self, column: &str) -> bool {
        let Ok(field) = self.schema.as_arrow().field_with_name(column) else { return false };
        let data_type = field.data_type();
        let is_ordered = is_exact_number(data_type) || *data_type == DataType::Boolean;
        is_ordered && !self.is_reordered && self.nulls(column).is_some()
    }
}

/// The statistics that a proof may stand on.
struct Reliable<'a> {
    all: PrunableStatistics,
    known: &'a Known,
}

impl PruningStatistics for Reliable<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.known.is_reliable(column.name()).then(|| self.all.min_values(column)).flatten()
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.known.is_reliable(column.name()).then(|| self.all.max_values(column)).flatten()
    }

    fn num_containers(&self) -> usize {
        self.all.num_containers()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.known.nulls(column.name()).and_then(|_| self.all.null_counts(column))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        self.known.rows().and_then(|_| self.all.row_counts())
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

/// Types whose values keep their order when they are converted into one another.
fn is_exact_number(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(data_type, DataType::Decimal128(_, _) | DataType::Date32 | DataType::Timestamp(_, _))
}

/// Whether a plan converts values between types that are ordered differently, as text and numbers are. The engine takes the
/// extremes through every conversion as they are, so that those of `9`, `10` and `100` would be 10 and 9.
fn is_reordered(plan: &LogicalPlan) -> bool {
    let in_node = |node: &LogicalPlan| {
        let schemas = node.inputs();
        let found = node.expressions().iter().any(|e| e.exists(|e| Ok(reorders(e, &schemas))).unwrap_or(true));
        Ok(found)
    };
    plan.exists(in_node).unwrap_or(true)
}

fn reorders(expression: &Expr, inputs: &[&LogicalPlan]) -> bool {
    let Expr::Cast(Cast { expr, field }) = expression else { return false };
    let from = inputs.iter().find_map(|input| expr.get_type(input.schema()).ok());
    from.is_none_or(|from| from != *field.data_type() && !keeps_order(&from, field.data_type()))
}

/// Whether the conversion of a type into another never puts a greater value before a smaller one.
fn keeps_order(from: &DataType, to: &DataType) -> bool {
    (is_exact_number(from) && (is_exact_number(to) || to.is_floating())) || (is_text(from) && is_text(to))
}

/// The layouts of text, all ordered by their bytes.
fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn exact(count: &Precision<usize>) -> Option<u64> {
    match count {
        Precision::Exact(count) => u64::try_from(*count).ok(),
        _ => None,
    }
}
