//! Tables whose rows are not in the warehouse: they are read from whoever keeps them, while the query runs.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::{
    arrow::datatypes::{DataType, SchemaRef, TimeUnit},
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
    scalar::ScalarValue,
};
use futures::TryStreamExt;
use outport_app::{
    engine::EngineError,
    live::{During, LiveTable, LiveTables, LiveTablesNow},
};
use outport_model::name::{ProductName, TableName};

/// From the beginning of a microsecond to its end.
const REST: TimeDelta = TimeDelta::nanoseconds(999);

/// The live tables of one query. All of a product are as they were when the query first looked at one of them, so that
/// they agree with each other and with themselves.
#[derive(Debug, Default)]
pub(super) struct LiveShelf(tokio::sync::Mutex<BTreeMap<ProductName, LiveTablesNow>>);

impl LiveShelf {
    /// A table of a product whose tables these are.
    pub(super) async fn open(
        &self,
        product: &ProductName,
        table: &TableName,
        tables: &Arc<dyn LiveTables>,
    ) -> Result<Arc<dyn TableProvider>, EngineError> {
        let mut known = self.0.lock().await;
        if !known.contains_key(product) {
            known.insert(product.clone(), tables.now().await?);
        }
        let found = known.get(product).and_then(|tables| tables.get(table)).map(Arc::clone);
        let table = found.ok_or_else(|| EngineError::Query {
            reason: format!("`{product}.{table}` has no rows that could be read"),
            position: None,
            help: None,
        })?;
        Ok(Arc::new(LiveProvider(table)))
    }
}

/// A live table as the planner knows it.
#[derive(Debug)]
struct LiveProvider(Arc<dyn LiveTable>);

#[async_trait]
impl TableProvider for LiveProvider {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| {
            if during(filter, self.0.moment()).is_always() {
                TableProviderFilterPushDown::Unsupported
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = self.0.schema();
        let columns = projection.cloned().unwrap_or_else(|| (0..all.fields().len()).collect());
        let schema = Arc::new(all.project(&columns)?);
        let spans = filters.iter().map(|filter| during(filter, self.0.moment()));
        let during = spans.fold(During::default(), During::and);
        let scan = LiveScan { table: Arc::clone(&self.0), schema: Arc::clone(&schema), columns, during };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(scan)], None, [], false, limit)?))
    }
}

/// Some columns of the rows of a time.
#[derive(Debug)]
struct LiveScan {
    table: Arc<dyn LiveTable>,
    schema: SchemaRef,
    columns: Vec<usize>,
    during: During,
}

impl PartitionStream for LiveScan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.table.rows(&self.columns, self.during);
        let rows = rows.map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}

/// The time outside of which a condition holds for no row, by what it says of the column of moments.
fn during(filter: &Expr, moment: &str) -> During {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return During::default() };
    let is_moment = |expr: &Expr| match expr {
        Expr::Column(column) => column.name == moment,
        // In a type that tells all moments apart it is the same moment.
        Expr::Cast(cast) if is_as_fine(cast.field.data_type()) => {
            matches!(cast.expr.as_ref(), Expr::Column(column) if column.name == moment)
        }
        _ => false,
    };
    match (left.as_ref(), right.as_ref()) {
        (a, b) if *op == Operator::And => during(a, moment).and(during(b, moment)),
        (column, Expr::Literal(value, _)) if is_moment(column) => compared(*op, value),
        (Expr::Literal(value, _), column) if is_moment(column) => {
            op.swap().map_or(During::default(), |op| compared(op, value))
        }
        _ => During::default(),
    }
}

/// Whether a type has every moment that a column of moments has.
const fn is_as_fine(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond | TimeUnit::Nanosecond, Some(_)))
}

fn compared(operator: Operator, value: &ScalarValue) -> During {
    let Some((before, after)) = around(value) else { return During::default() };
    match operator {
        Operator::Eq => During { from: Some(before), until: Some(after) },
        Operator::Gt | Operator::GtEq => During { from: Some(before), until: None },
        Operator::Lt | Operator::LtEq => During { from: None, until: Some(after) },
        _ => During::default(),
    }
}

/// The beginning of the last whole microsecond before a moment and the end of the first one after it, which are those of one
/// if the moment is whole: what is compared is of whole microseconds, and what it was made of need not be.
fn around(value: &ScalarValue) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    // Without a zone it is no moment.
    let (before, after) = match value {
        ScalarValue::TimestampSecond(Some(at), Some(_)) => both(at.checked_mul(1_000_000)?),
        ScalarValue::TimestampMillisecond(Some(at), Some(_)) => both(at.checked_mul(1_000)?),
        ScalarValue::TimestampMicrosecond(Some(at), Some(_)) => both(*at),
        ScalarValue::TimestampNanosecond(Some(at), Some(_)) => {
            let before = at.div_euclid(1_000);
            (before, before + i64::from(at.rem_euclid(1_000) > 0))
        }
        _ => return None,
    };
    let end = DateTime::from_timestamp_micros(after)?.checked_add_signed(REST)?;
    Some((DateTime::from_timestamp_micros(before)?, end))
}

const fn both(at: i64) -> (i64, i64) {
    (at, at)
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray},
            datatypes::TimestampMicrosecondType,
        },
        logical_expr::{ident, lit, not},
        prelude::SessionContext,
    };
    use futures::stream;
    use outport_app::engine::BatchStream;

    use super::*;

    /// Ten rows at the seconds 0 to 9, and what was asked of them.
    #[derive(Debug, Default)]
    struct Clockwork(Arc<std::sync::Mutex<Vec<Asked>>>);

    /// The columns, and the time.
    type Asked = (Vec<usize>, During);

    impl Clockwork {
        fn all() -> RecordBatch {
            let moments = (0..10).map(|second| second * 1_000_000);
            let moments: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(moments).with_timezone("UTC"));
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..10));
            RecordBatch::try_from_iter([("at", moments), ("n", numbers)]).unwrap()
        }
    }

    impl LiveTable for Clockwork {
        fn schema(&self) -> SchemaRef {
            Self::all().schema()
        }

        fn moment(&self) -> &'static str {
            "at"
        }

        fn rows(&self, columns: &[usize], during: During) -> BatchStream {
            self.0.lock().unwrap().push((columns.to_vec(), during));
            let all = Self::all();
            let at = all.column(0).as_primitive::<TimestampMicrosecondType>();
            let first =
                at.values().iter().position(|at| during.contains(DateTime::from_timestamp_micros(*at).unwrap()));
            let rows = all.slice(first.unwrap_or(10), 10 - first.unwrap_or(10)).project(columns);
            Box::pin(stream::iter([Ok(rows.unwrap())]))
        }
    }

    fn seconds(from: Option<i64>, until: Option<i64>) -> During {
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        During { from: from.map(at), until: until.map(|second| at(second) + REST) }
    }

    async fn asked(sql: &str) -> (usize, Vec<(Vec<usize>, During)>) {
        let context = SessionContext::new_with_config(crate::session::config(2));
        let table = Clockwork::default();
        let asked = Arc::clone(&table.0);
        context.register_table("t", Arc::new(LiveProvider(Arc::new(table)))).unwrap();
        let rows = context.sql(sql).await.unwrap().collect().await.unwrap();
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        (rows.iter().map(RecordBatch::num_rows).sum(), asked)
    }

    #[tokio::test]
    async fn only_the_time_and_the_columns_that_are_wanted_are_read() {
        for (condition, rows, during) in [
            ("at >= '1970-01-01T00:00:07Z'", 3, seconds(Some(7), None)),
            ("at > '1970-01-01T00:00:07Z' AND n > 0", 2, seconds(Some(7), None)),
            ("at BETWEEN '1970-01-01T00:00:02Z' AND '1970-01-01T00:00:03Z'", 2, seconds(Some(2), Some(3))),
            ("'1970-01-01T00:00:02Z' > at", 2, seconds(None, Some(2))),
            ("at = '1970-01-01T00:00:02Z'", 1, seconds(Some(2), Some(2))),
            ("at > now() - INTERVAL '1 hour' AND at < '1970-01-01T00:00:02Z'", 0, During::default()),
            ("n > 7", 2, During::default()),
            ("at >= '1970-01-01T00:00:07Z' OR n = 1", 4, During::default()),
        ] {
            let (found, asked) = asked(&format!("SELECT n FROM t WHERE {condition}")).await;
            assert_eq!(found, rows, "{condition}");
            let [(_, span)] = asked.as_slice() else { panic!("{condition}: {asked:?}") };
            if condition.contains("now()") {
                assert!(span.from.is_some_and(|from| Utc::now() - from < TimeDelta::hours(2)), "{span:?}");
            } else {
                assert_eq!(*span, during, "{condition}");
            }
        }
        assert_eq!(asked("SELECT n FROM t").await, (10, vec![(vec![1], During::default())]));
        assert_eq!(asked("SELECT count(*) FROM t").await, (1, vec![(vec![], During::default())]));
    }

    #[test]
    fn only_moments_limit_the_time() {
        let at = || ident("at");
        let moment = |nanos| lit(ScalarValue::TimestampNanosecond(Some(nanos), Some("+00:00".into())));
        let span = |from, until| {
            let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
            During { from: Option::map(from, at), until: Option::map(until, |micros| at(micros) + REST) }
        };
        assert_eq!(during(&at().gt(moment(1_500)), "at"), span(Some(1), None));
        assert_eq!(during(&at().lt(moment(1_500)), "at"), span(None, Some(2)));
        assert_eq!(during(&at().lt_eq(moment(-1_500)), "at"), span(None, Some(-1)));
        assert_eq!(during(&at().gt(moment(-1_500)), "at"), span(Some(-2), None));
        let local = lit(ScalarValue::TimestampMicrosecond(Some(0), None));
        for other in
            [at().gt(local), ident("n").gt(moment(0)), at().not_eq(moment(0)), not(at().gt(moment(0))), at().is_null()]
        {
            assert!(during(&other, "at").is_always(), "{other}");
        }
    }

    #[tokio::test]
    async fn all_tables_of_a_query_are_of_one_moment() {
        /// Counts how often it was asked.
        #[derive(Debug, Default)]
        struct Counted(std::sync::atomic::AtomicUsize);

        #[async_trait]
        impl LiveTables for Counted {
            async fn now(&self) -> Result<LiveTablesNow, EngineError> {
                self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let table = || Arc::new(Clockwork::default()) as Arc<dyn LiveTable>;
                Ok(["a", "b"].into_iter().map(|name| (name.parse().unwrap(), table())).collect())
            }
        }

        let counted = Arc::new(Counted::default());
        let tables: Arc<dyn LiveTables> = counted.clone();
        let (shelf, product) = (LiveShelf::default(), "p".parse().unwrap());
        for name in ["a", "b", "a"] {
            shelf.open(&product, &name.parse().unwrap(), &tables).await.unwrap();
        }
        assert_eq!(counted.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert!(shelf.open(&product, &"c".parse().unwrap(), &tables).await.is_err());
    }
}
