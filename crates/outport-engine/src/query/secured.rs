//! Tables of which only a part exists for the asker.
//!
//! Rows are filtered and columns masked *below* a node of the plan that nothing passes: no expression of the query, no
//! statistics, no error text. Views and rules that rewrite plans do not give that, since optimizers move predicates of the
//! query below their filters.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    catalog::{Session, TableProvider},
    common::{
        Column,
        tree_node::{Transformed, TreeNode},
    },
    datasource::{TableType, provider_as_source},
    error::{DataFusionError, Result},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, ident, utils::conjunction},
    physical_plan::ExecutionPlan,
};
use outport_app::engine::EngineError;
use outport_model::access::{ColumnAccess, RowAccess, TableAccess};

use super::{
    condition,
    mask::{self, MaskKey},
    safe,
    sealed::{SecuredExec, sealed},
    tables::InMemory,
};

/// What the stored table is called in the plan below. No query sees that name.
const STORED: &str = "stored";

/// Rows that were filtered and masked, behind a barrier.
pub(super) struct SecuredTable {
    /// As queries name it.
    name: Arc<str>,
    /// The columns that exist.
    schema: SchemaRef,
    /// The rows that exist, with exactly these columns.
    plan: LogicalPlan,
    /// The columns that are shown as stored: conditions on them may leave rows out before they pass the barrier.
    clear: BTreeSet<String>,
    /// The fewest rows of a group, where only groups may pass.
    minimum_group: Option<u32>,
    /// The stored table that is below, where it is in memory, and what may be seen of it.
    memory: Option<(Arc<InMemory>, TableAccess)>,
}

impl fmt::Debug for SecuredTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecuredTable").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SecuredTable {
    /// What someone may see of a stored table.
    ///
    /// # Errors
    /// [`EngineError::Sealed`] where a rule or a mask does not fit the table: then nothing of it is shown.
    pub(super) fn over(
        name: &str,
        stored: Arc<dyn TableProvider>,
        access: &TableAccess,
        key: &MaskKey,
    ) -> Result<Self, EngineError> {
        let plan = visible(stored, access, key);
        let plan =
            plan.map_err(|error| EngineError::Sealed { table: name.to_owned(), reason: error.strip_backtrace() })?;
        let clear = access.columns.iter().filter(|(_, column)| **column == ColumnAccess::Clear);
        let clear = clear.map(|(column, _)| column.clone()).collect();
        Ok(Self { clear, minimum_group: access.minimum_group, ..Self::behind_barrier(name, plan) })
    }

    /// The rows of any plan, so that nothing passes into it.
    pub(super) fn behind_barrier(name: &str, plan: LogicalPlan) -> Self {
        Self {
            name: name.into(),
            schema: Arc::new(plan.schema().as_arrow().clone()),
            plan,
            clear: BTreeSet::new(),
            minimum_group: None,
            memory: None,
        }
    }

    /// The same table, with what it is made of where that is in memory.
    pub(super) fn in_memory(self, memory: Option<(Arc<InMemory>, TableAccess)>) -> Self {
        Self { memory, ..self }
    }

    /// What it is made of, where that is in memory.
    pub(super) const fn memory(&self) -> Option<&(Arc<InMemory>, TableAccess)> {
        self.memory.as_ref()
    }

    /// As queries name it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The rows that exist.
    pub(super) const fn plan(&self) -> &LogicalPlan {
        &self.plan
    }

    /// The fewest rows of a group, where only groups may be seen.
    pub(super) const fn minimum_group(&self) -> Option<u32> {
        self.minimum_group
    }

    /// Whether an expression of the query can neither fail nor tell anything but by the rows that it leaves out, and uses
    /// only what the asker sees.
    pub(super) fn is_safe(&self, expr: &Expr) -> bool {
        safe::is_safe(expr, &|column| {
            let field = self.schema.field_with_name(column).ok()?;
            self.clear.contains(column).then(|| field.data_type())
        })
    }

    fn below(&self, projection: Option<&Vec<usize>>, filters: &[Expr], limit: Option<usize>) -> Result<LogicalPlan> {
        let mut plan = LogicalPlanBuilder::from(self.plan.clone());
        let safe = filters.iter().filter(|filter| self.is_safe(filter)).cloned().map(unqualified);
        if let Some(filter) = conjunction(safe.collect::<Result<Vec<_>>>()?) {
            plan = plan.filter(filter)?;
        }
        if let Some(wanted) = projection {
            let column = |at: &usize| Ok(ident(self.schema.fields().get(*at).ok_or_else(no_column)?.name()));
            plan = plan.project(wanted.iter().map(column).collect::<Result<Vec<_>>>()?)?;
        }
        // Rows that a condition above the barrier leaves out do not count.
        if filters.is_empty() && limit.is_some() {
            plan = plan.limit(0, limit)?;
        }
        plan.build()
    }
}

fn no_column() -> DataFusionError {
    DataFusionError::Internal("a column outside of the table is asked for".to_owned())
}

/// The rows and the values that exist for someone.
fn visible(stored: Arc<dyn TableProvider>, access: &TableAccess, key: &MaskKey) -> Result<LogicalPlan> {
    let schema = stored.schema();
    let mut plan = LogicalPlanBuilder::scan(STORED, provider_as_source(stored), None)?;
    if let RowAccess::Where(rule) = &access.rows {
        plan = plan.filter(condition::admits(rule, &schema)?)?;
    }
    plan.project(columns(&schema, access, key)?)?.build()
}

fn columns(schema: &Schema, access: &TableAccess, key: &MaskKey) -> Result<Vec<Expr>> {
    let mut columns = Vec::new();
    for field in schema.fields() {
        let value = match access.columns.get(field.name()) {
            None => continue,
            Some(ColumnAccess::Clear) => ident(field.name()),
            Some(ColumnAccess::Masked(mask)) => mask::masked(mask, field, key)?,
        };
        columns.push(value.alias(field.name()));
    }
    Ok(columns)
}

/// The plan below knows the columns by their bare names.
pub(super) fn unqualified(filter: Expr) -> Result<Expr> {
    let bare = |expr| {
        Ok(match expr {
            Expr::Column(column) => Transformed::yes(Expr::Column(Column::from_name(column.name))),
            other => Transformed::no(other),
        })
    };
    filter.transform(bare).map(|done| done.data)
}

#[async_trait]
impl TableProvider for SecuredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| {
            if self.is_safe(filter) {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let seal = |error: DataFusionError| sealed(&self.name, &error);
        let plan = self.below(projection, filters, limit).map_err(seal)?;
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let inner = state.create_physical_plan(&plan).await.map_err(seal)?;
        Ok(Arc::new(SecuredExec::new(Arc::clone(&self.name), inner, schema)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{
            array::{ArrayRef, Int64Array, RecordBatch, StringArray},
            datatypes::DataType,
            util::pretty::pretty_format_batches,
        },
        datasource::MemTable,
        logical_expr::{cast, lit, not},
        physical_plan::displayable,
        prelude::{SessionConfig, SessionContext},
    };
    use outport_model::access::{Comparison, Condition, Mask, RowRule, Value};

    use super::*;

    fn stored() -> Arc<dyn TableProvider> {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let regions: ArrayRef = Arc::new(StringArray::from(vec!["EU", "US", "EU"]));
        let salaries: ArrayRef = Arc::new(Int64Array::from(vec![4000, 5000, 6000]));
        let rows = RecordBatch::try_from_iter([("id", ids), ("region", regions), ("salary", salaries)]).unwrap();
        Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]]).unwrap())
    }

    fn secured() -> SecuredTable {
        let mut access = TableAccess::unrestricted(["id", "salary"]);
        access.columns.insert("region".to_owned(), ColumnAccess::Masked(Mask::Redact));
        let permit = Condition::Compare {
            column: "region".to_owned(),
            comparison: Comparison::Equal,
            value: Value::Text("EU".to_owned()),
        };
        access.rows = RowAccess::Where(RowRule { permits: vec![permit], forbids: Vec::new() });
        SecuredTable::over("shop.staff", stored(), &access, &MaskKey::new([0; 32])).unwrap()
    }

    async fn plan(sql: &str) -> (String, String) {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
        context.register_table("staff", Arc::new(secured())).unwrap();
        context.register_table("all_of_it", stored()).unwrap();
        let frame = context.sql(sql).await.unwrap();
        let plan = frame.clone().create_physical_plan().await.unwrap();
        let rows = frame.collect().await.unwrap();
        (displayable(plan.as_ref()).indent(true).to_string(), pretty_format_batches(&rows).unwrap().to_string())
    }

    #[tokio::test]
    async fn nothing_is_moved_into_the_barrier_or_shown_of_it() {
        for sql in [
            "SELECT s.id FROM all_of_it a JOIN staff s ON a.id = s.id AND a.salary < s.salary + 1",
            "SELECT id FROM staff ORDER BY salary LIMIT 1",
            "SELECT id FROM staff WHERE salary > 4500 AND 1 / (salary - 5000) > -5 AND region = '***'",
            "SELECT max(salary), count(*) FROM staff",
            "SELECT region, min(id) FROM staff GROUP BY region",
        ] {
            let (plan, _) = plan(sql).await;
            let scans: Vec<&str> = plan.lines().map(str::trim).filter(|line| line.contains("Secured")).collect();
            assert_eq!(scans, ["SecuredScan: shop.staff"], "{sql}: {plan}");
            assert!(!plan.contains("EU") && !plan.contains(STORED), "{sql}: {plan}");
        }
    }

    #[tokio::test]
    async fn conditions_that_could_fail_stay_above() {
        let (plan, rows) = plan("SELECT id FROM staff WHERE id > 0 AND 1 / (salary - 5000) > -5 ORDER BY id").await;
        assert!(plan.contains("FilterExec") && plan.contains("salary"), "{plan}");
        assert!(rows.contains("| 1  |") && rows.contains("| 3  |"), "{rows}");
    }

    #[test]
    fn only_comparisons_of_clear_columns_are_safe() {
        let table = secured();
        let id = || ident("id");
        for safe in [
            id().gt(lit(1_i64)),
            lit(1_i64).eq(id()),
            id().is_null().or(id().in_list(vec![lit(1_i64), lit(2_i64)], true)),
            not(id().lt_eq(lit(1_i64)).and(id().is_not_null())),
        ] {
            assert!(table.is_safe(&safe), "{safe}");
        }
        for unsafe_one in [
            id().gt(lit(1_i32)),
            id().gt(ident("salary")),
            (lit(1_i64) / id()).gt(lit(1_i64)),
            cast(id(), DataType::Int32).eq(lit(1_i32)),
            ident("region").eq(lit("EU")),
            ident("region").is_null(),
            ident("region").like(lit("E%")),
            ident("Secret").eq(lit(1_i64)),
            id().eq(lit(1_i64)).and(ident("region").is_null()),
        ] {
            assert!(!table.is_safe(&unsafe_one), "{unsafe_one}");
        }
    }
}
