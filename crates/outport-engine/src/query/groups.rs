//! Tables that may only be read in groups of some size.
//!
//! The first rule is strict: every row of such a table goes straight into an aggregate that counts, sums or averages, grouped
//! by columns. Groups that are too small are left out, behind a barrier of their own. What a condition leaves out must be
//! nothing or enough in each group, or else the difference of two answers would tell of single rows.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::AsArray,
        datatypes::{DataType, Int64Type},
    },
    common::{
        Column,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    datasource::{provider_as_source, source_as_provider},
    error::{DataFusionError, Result},
    functions_aggregate::expr_fn::count,
    logical_expr::{
        Aggregate, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, TableScan, expr::AggregateFunction, ident,
        lit, utils::conjunction,
    },
};
use futures::TryStreamExt;
use outport_app::engine::EngineError;

use super::{
    error::broken_off,
    planner::Planner,
    secured::{SecuredTable, unqualified},
};

/// Aggregates that tell of no single value.
const ALLOWED: [&str; 11] =
    ["count", "sum", "avg", "stddev", "stddev_pop", "var", "var_pop", "corr", "covar_samp", "covar_pop", "regr_slope"];

/// The count of a group's rows.
const ROWS: &str = "__rows";

/// The aggregates of a plan over tables that may only be read in groups.
pub(super) struct Groups(Vec<Grouped>);

/// One of them.
struct Grouped {
    table: String,
    minimum: u32,
    scan: TableScan,
    /// The columns that say which group a row is of.
    by: Vec<Expr>,
    /// What a row must meet to be in any.
    conditions: Vec<Expr>,
}

impl Groups {
    /// `None` where every table may be read row by row. The plan is analysed and not optimised.
    ///
    /// # Errors
    /// [`EngineError::Ungrouped`] where single rows could be told from the answer.
    pub(super) fn of(plan: &LogicalPlan) -> std::result::Result<Option<Self>, EngineError> {
        let mut scans = Vec::new();
        let mut groups = Vec::new();
        let walked = plan.apply_with_subqueries(|node| {
            match node {
                LogicalPlan::TableScan(scan) => scans.extend(limited(scan)),
                LogicalPlan::Aggregate(aggregate) => {
                    groups.extend(Grouped::of(aggregate).map_err(|e| DataFusionError::External(Box::new(e)))?);
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        walked.map_err(|error| broken_off(&error, true))?;
        match scans.first() {
            None => Ok(None),
            Some(_) if scans.len() == groups.len() => Ok(Some(Self(groups))),
            Some((table, minimum)) => Err(ungrouped(
                table,
                *minimum,
                "its rows must go straight into an aggregate, without joins, unions or expressions",
            )),
        }
    }

    /// Makes sure that no condition leaves out so few rows that the difference to all of them tells of single ones.
    pub(super) async fn check(&self, planner: &Planner) -> Result<()> {
        for group in &self.0 {
            let Some(plan) = group.left_out()? else { continue };
            let mut left_out = Box::pin(planner.run(planner.analyzed(plan)?)).await?;
            while let Some(batch) = left_out.try_next().await? {
                let counts = batch.column(batch.num_columns() - 1).as_primitive::<Int64Type>();
                if counts.values().iter().any(|count| (1..i64::from(group.minimum)).contains(count)) {
                    let reason = "the condition leaves out fewer rows of a group than that";
                    return Err(DataFusionError::External(Box::new(ungrouped(&group.table, group.minimum, reason))));
                }
            }
        }
        Ok(())
    }

    /// The plan without the groups that are too small.
    pub(super) fn formed(plan: LogicalPlan) -> Result<LogicalPlan> {
        let form = |node| match node {
            LogicalPlan::Aggregate(aggregate) => match scan_below(&aggregate.input).and_then(limited) {
                Some((table, minimum)) => large_enough(&table, minimum, aggregate).map(Transformed::yes),
                None => Ok(Transformed::no(LogicalPlan::Aggregate(aggregate))),
            },
            other => Ok(Transformed::no(other)),
        };
        plan.transform_up_with_subqueries(form).map(|done| done.data)
    }
}

impl Grouped {
    /// `None` where the aggregate is over something else.
    fn of(aggregate: &Aggregate) -> std::result::Result<Option<Self>, EngineError> {
        let Some(scan) = scan_below(&aggregate.input) else { return Ok(None) };
        let Some((table, minimum)) = limited(scan) else { return Ok(None) };
        let refused = |reason: &str| ungrouped(&table, minimum, reason);
        if !aggregate.group_expr.iter().all(|expr| matches!(expr, Expr::Column(_))) {
            return Err(refused("group by columns as they are"));
        }
        for expr in &aggregate.aggr_expr {
            if !tells_of_groups(expr, aggregate) {
                return Err(refused("ask for counts, sums, averages and the like of columns as they are"));
            }
        }
        let conditions = conditions(&aggregate.input);
        if !conditions.iter().all(|condition| with_table(scan, |table| table.is_safe(condition)).unwrap_or(false)) {
            return Err(refused("compare columns that are not masked with values"));
        }
        Ok(Some(Self { table, minimum, scan: scan.clone(), by: aggregate.group_expr.clone(), conditions }))
    }

    /// How many rows of each group the conditions leave out.
    fn left_out(&self) -> Result<Option<LogicalPlan>> {
        let conditions = self.conditions.iter().cloned().map(unqualified).collect::<Result<Vec<_>>>()?;
        let Some(condition) = conjunction(conditions) else { return Ok(None) };
        let by = self.by.iter().cloned().map(unqualified).collect::<Result<Vec<_>>>()?;
        let plan = LogicalPlanBuilder::scan(self.scan.table_name.clone(), Arc::clone(&self.scan.source), None)?
            .filter(condition.is_not_true())?
            .aggregate(by, vec![count(lit(1))])?;
        plan.build().map(Some)
    }
}

/// The table of a scan that may only be read in groups, and the fewest rows of one.
fn limited(scan: &TableScan) -> Option<(String, u32)> {
    with_table(scan, |table| table.minimum_group().map(|minimum| (table.name().to_owned(), minimum))).flatten()
}

fn with_table<T>(scan: &TableScan, look: impl FnOnce(&SecuredTable) -> T) -> Option<T> {
    source_as_provider(&scan.source).ok()?.downcast_ref::<SecuredTable>().map(look)
}

/// The table whose rows come here, one by one and as they are.
fn scan_below(plan: &LogicalPlan) -> Option<&TableScan> {
    match plan {
        LogicalPlan::TableScan(scan) => Some(scan),
        LogicalPlan::SubqueryAlias(alias) => scan_below(&alias.input),
        LogicalPlan::Filter(filter) => scan_below(&filter.input),
        _ => None,
    }
}

fn conditions(plan: &LogicalPlan) -> Vec<Expr> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => conditions(&alias.input),
        LogicalPlan::Filter(filter) => {
            let mut all = conditions(&filter.input);
            all.push(filter.predicate.clone());
            all
        }
        _ => Vec::new(),
    }
}

fn tells_of_groups(expr: &Expr, aggregate: &Aggregate) -> bool {
    let Expr::AggregateFunction(AggregateFunction { func, params }) = expr.clone().unalias() else { return false };
    ALLOWED.contains(&func.name())
        && params.filter.is_none()
        && params.order_by.is_empty()
        && (!params.distinct || func.name() == "count")
        && params.args.iter().all(|argument| is_column(argument, aggregate))
}

/// Whether it is a column, a value, or a column in a type that holds every value of its own.
fn is_column(expr: &Expr, aggregate: &Aggregate) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Cast(cast) if matches!(*cast.expr, Expr::Column(_)) => {
            let Ok(from) = cast.expr.get_type(aggregate.input.schema()) else { return false };
            match cast.field.data_type() {
                DataType::Float64 => from.is_numeric(),
                DataType::Int64 => from.is_signed_integer(),
                DataType::UInt64 => from.is_unsigned_integer(),
                _ => false,
            }
        }
        _ => false,
    }
}

/// The aggregate's groups of at least so many rows, in its shape.
fn large_enough(table: &str, minimum: u32, aggregate: Aggregate) -> Result<LogicalPlan> {
    let names: Vec<_> =
        aggregate.schema.iter().map(|(relation, field)| (relation.cloned(), field.name().clone())).collect();
    let inside = names
        .iter()
        .enumerate()
        .map(|(at, (relation, name))| Expr::Column(Column::new(relation.clone(), name.clone())).alias(inside_name(at)));
    let mut aggregates = aggregate.aggr_expr;
    aggregates.push(count(lit(1)).alias(ROWS));
    let counted = Aggregate::try_new(aggregate.input, aggregate.group_expr, aggregates)?;
    let plan = LogicalPlanBuilder::from(LogicalPlan::Aggregate(counted))
        .filter(ident(ROWS).gt_eq(lit(i64::from(minimum))))?
        .project(inside.collect::<Vec<_>>())?
        .build()?;
    let groups = Arc::new(SecuredTable::behind_barrier(table, plan));
    let outside = names
        .iter()
        .enumerate()
        .map(|(at, (relation, name))| ident(inside_name(at)).alias_qualified(relation.clone(), name.clone()));
    LogicalPlanBuilder::scan("groups", provider_as_source(groups), None)?.project(outside.collect::<Vec<_>>())?.build()
}

fn inside_name(at: usize) -> String {
    format!("column_{at}")
}

fn ungrouped(table: &str, minimum: u32, reason: &str) -> EngineError {
    EngineError::Ungrouped { table: table.to_owned(), minimum, reason: reason.to_owned() }
}
