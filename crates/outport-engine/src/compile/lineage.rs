//! Column lineage and nullness, derived from a plan that is analysed and not optimised.
//!
//! Columns are followed by their position in the schema of each node, never by name alone, so that self-joins and
//! columns of the same name stay apart.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::{
    common::{Column, DFSchema, DFSchemaRef, JoinType, TableReference},
    datasource::{cte_worktable::CteWorkTable, source_as_provider},
    logical_expr::{
        Aggregate, Distinct, Expr, Join, LogicalPlan, RecursiveQuery, Subquery, TableScan, Unnest, Values,
        WindowFunctionDefinition,
        expr::{AggregateFunction, GroupingSet, Sort, WindowFunction},
    },
};
use outport_model::lineage::{Direct, Indirect, SourceColumn};

use super::nullness::{self, Nullness};

/// What is known of one column of a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// The columns that its values come from.
    pub(super) sources: BTreeSet<(SourceColumn, Direct)>,
    /// Whether it may be null.
    pub(super) nullness: Nullness,
}

/// What a plan says of its result.
#[derive(Debug, Default)]
pub(super) struct Derived {
    /// One for each column of the result.
    pub(super) columns: Vec<Facts>,
    /// The columns that decide which rows there are.
    pub(super) indirect: BTreeSet<(SourceColumn, Indirect)>,
}

/// Follows every column of a plan to the tables. `name` gives the relation that a table of the plan stands for.
pub(super) fn derive(plan: &LogicalPlan, name: &dyn Fn(&TableReference) -> Option<String>) -> Derived {
    let mut walk =
        Walk { name, indirect: BTreeSet::new(), outer: Vec::new(), recursive: HashMap::new(), outer_joins: 0 };
    let columns = walk.plan(plan);
    Derived { columns, indirect: walk.indirect }
}

/// Every column of a table that a plan uses, whether or not its result has it. `name` is as for [`derive`].
pub(crate) fn used_columns(
    plan: &LogicalPlan,
    name: &dyn Fn(&TableReference) -> Option<String>,
) -> BTreeSet<SourceColumn> {
    let Derived { columns, indirect } = derive(plan, name);
    let values = columns.into_iter().flat_map(|facts| facts.sources).map(|(source, _)| source);
    values.chain(indirect.into_iter().map(|(source, _)| source)).collect()
}

/// The columns that an expression can see.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// Their names.
    pub(super) schema: DFSchemaRef,
    /// One for each field of the schema.
    pub(super) facts: Vec<Facts>,
}

impl Scope {
    fn find(&self, column: &Column) -> Option<&Facts> {
        self.facts.get(self.schema.maybe_index_of_column(column)?)
    }
}

struct Walk<'a> {
    name: &'a dyn Fn(&TableReference) -> Option<String>,
    indirect: BTreeSet<(SourceColumn, Indirect)>,
    /// What correlated subqueries see, innermost last.
    outer: Vec<Scope>,
    /// What a recursive query has given so far.
    recursive: HashMap<String, Vec<Facts>>,
    outer_joins: usize,
}

impl Walk<'_> {
    fn plan(&mut self, plan: &LogicalPlan) -> Vec<Facts> {
        match plan {
            LogicalPlan::Projection(node) => {
                let scope = self.scope(&node.input);
                node.expr.iter().map(|expr| self.value(expr, &scope)).collect()
            }
            LogicalPlan::Filter(node) => {
                let mut scope = self.scope(&node.input);
                self.decides([&node.predicate], &scope, Indirect::Filter);
                nullness::narrow(&mut scope, &node.predicate);
                scope.facts
            }
            LogicalPlan::Window(node) => {
                let scope = self.scope(&node.input);
                let added: Vec<Facts> = node.window_expr.iter().map(|expr| self.value(expr, &scope)).collect();
                scope.facts.into_iter().chain(added).collect()
            }
            LogicalPlan::Aggregate(node) => self.aggregate(node),
            LogicalPlan::Sort(node) => {
                let scope = self.scope(&node.input);
                self.decides(node.expr.iter().map(|sort| &sort.expr), &scope, Indirect::Sort);
                scope.facts
            }
            LogicalPlan::Join(node) => self.join(node),
            LogicalPlan::Union(node) => {
                let inputs: Vec<_> = node.inputs.iter().map(|input| self.plan(input)).collect();
                inputs.into_iter().reduce(merge).unwrap_or_default()
            }
            LogicalPlan::TableScan(node) => self.scan(node),
            LogicalPlan::Subquery(node) => self.plan(&node.subquery),
            LogicalPlan::SubqueryAlias(node) => self.plan(&node.input),
            LogicalPlan::Limit(node) => self.plan(&node.input),
            LogicalPlan::Repartition(node) => self.plan(&node.input),
            LogicalPlan::Values(node) => self.values(node),
            LogicalPlan::Distinct(node) => self.distinct(node),
            LogicalPlan::Unnest(node) => self.unnest(node),
            LogicalPlan::RecursiveQuery(node) => self.recursion(node),
            other => self.unknown(other),
        }
    }

    fn scope(&mut self, plan: &LogicalPlan) -> Scope {
        Scope { facts: self.plan(plan), schema: Arc::clone(plan.schema()) }
    }

    fn scan(&mut self, node: &TableScan) -> Vec<Facts> {
        if let Ok(provider) = source_as_provider(&node.source)
            && let Some(work_table) = provider.downcast_ref::<CteWorkTable>()
        {
            return self.recursive.get(work_table.name()).cloned().unwrap_or_default();
        }
        let Some(relation) = (self.name)(&node.table_name) else {
            return vec![Facts::default(); node.projected_schema.fields().len()];
        };
        let fact = |field: &Arc<datafusion::arrow::datatypes::Field>| {
            let source = SourceColumn { relation: relation.clone(), column: field.name().clone() };
            let nullness = if field.is_nullable() { Nullness::column(&source) } else { Nullness::No };
            Facts { sources: BTreeSet::from([(source, Direct::Identity)]), nullness }
        };
        node.projected_schema.fields().iter().map(fact).collect()
    }

    fn aggregate(&mut self, node: &Aggregate) -> Vec<Facts> {
        let scope = self.scope(&node.input);
        let sets = matches!(node.group_expr.as_slice(), [Expr::GroupingSet(_)]);
        let groups: Vec<&Expr> = node.group_expr.iter().flat_map(group_columns).collect();
        self.decides(groups.iter().copied(), &scope, Indirect::Group);
        let mut facts: Vec<Facts> = groups.iter().map(|expr| self.value(expr, &scope)).collect();
        if sets {
            // A column is null in the rows of the sets that it is not in; the last one says which set a row is of.
            for fact in &mut facts {
                fact.nullness = Nullness::Perhaps;
            }
        }
        let own = node.schema.fields().len().saturating_sub(node.aggr_expr.len());
        facts.resize(own, Facts::default());
        for expr in &node.aggr_expr {
            facts.push(self.value(expr, &scope));
        }
        facts
    }

    fn join(&mut self, node: &Join) -> Vec<Facts> {
        let left = self.scope(&node.left);
        // What stands on the right of a lateral join sees the left.
        self.outer.push(left.clone());
        let right = self.scope(&node.right);
        self.outer.pop();
        for (a, b) in &node.on {
            self.decides([a], &left, Indirect::Join);
            self.decides([b], &right, Indirect::Join);
        }
        let mut both = Scope {
            schema: Arc::new(left.schema.join(&right.schema).unwrap_or_else(|_| DFSchema::clone(&left.schema))),
            facts: left.facts.iter().chain(&right.facts).cloned().collect(),
        };
        self.decides(node.filter.iter(), &both, Indirect::Join);
        let middle = left.facts.len();
        match node.join_type {
            JoinType::Inner => {
                for (a, b) in &node.on {
                    nullness::narrow(&mut both, &a.clone().eq(b.clone()));
                }
                node.filter.iter().for_each(|filter| nullness::narrow(&mut both, filter));
                both.facts
            }
            JoinType::Left => self.outer_join(both.facts, middle..usize::MAX),
            JoinType::Right => self.outer_join(both.facts, 0..middle),
            JoinType::Full => {
                let facts = self.outer_join(both.facts, 0..middle);
                self.outer_join(facts, middle..usize::MAX)
            }
            JoinType::LeftSemi | JoinType::LeftAnti => left.facts,
            JoinType::RightSemi | JoinType::RightAnti => right.facts,
            JoinType::LeftMark => left.facts.into_iter().chain([Facts::default()]).collect(),
            JoinType::RightMark => right.facts.into_iter().chain([Facts::default()]).collect(),
        }
    }

    /// Columns in the range are null where a row of the other side has no match.
    fn outer_join(&mut self, mut facts: Vec<Facts>, side: std::ops::Range<usize>) -> Vec<Facts> {
        self.outer_joins += 1;
        let id = self.outer_joins;
        for fact in facts.iter_mut().take(side.end).skip(side.start) {
            let before = Box::new(std::mem::take(&mut fact.nullness));
            fact.nullness = Nullness::OuterJoin { id, before };
        }
        facts
    }

    fn values(&mut self, node: &Values) -> Vec<Facts> {
        let scope = Scope { schema: Arc::clone(DFSchema::empty_ref()), facts: Vec::new() };
        let rows: Vec<Vec<Facts>> =
            node.values.iter().map(|row| row.iter().map(|expr| self.value(expr, &scope)).collect()).collect();
        rows.into_iter().reduce(merge).unwrap_or_default()
    }

    fn distinct(&mut self, node: &Distinct) -> Vec<Facts> {
        match node {
            Distinct::All(input) => {
                let facts = self.plan(input);
                for fact in &facts {
                    self.record(fact, Indirect::Group);
                }
                facts
            }
            Distinct::On(on) => {
                let scope = self.scope(&on.input);
                self.decides(&on.on_expr, &scope, Indirect::Group);
                self.decides(on.sort_expr.iter().flatten().map(|sort| &sort.expr), &scope, Indirect::Sort);
                on.select_expr.iter().map(|expr| self.value(expr, &scope)).collect()
            }
        }
    }

    fn unnest(&mut self, node: &Unnest) -> Vec<Facts> {
        let input = self.plan(&node.input);
        let taken_apart = |index: &usize| {
            node.struct_type_columns.contains(index) || node.list_type_columns.iter().any(|(list, _)| list == index)
        };
        let output = |index: &usize| {
            let fact = input.get(*index).cloned().unwrap_or_default();
            if taken_apart(index) {
                Facts { nullness: Nullness::Perhaps, ..raise(fact, Direct::Transformation) }
            } else {
                fact
            }
        };
        node.dependency_indices.iter().map(output).collect()
    }

    /// Repeats the recursive term with what is known so far until that says nothing new.
    fn recursion(&mut self, node: &RecursiveQuery) -> Vec<Facts> {
        let mut facts = self.plan(&node.static_term);
        loop {
            self.recursive.insert(node.name.clone(), facts.clone());
            let step = self.plan(&node.recursive_term);
            let next = merge(facts.clone(), step);
            let same = next.iter().zip(&facts).all(|(a, b)| a.sources == b.sources);
            facts = next;
            if same {
                self.recursive.remove(&node.name);
                return facts;
            }
        }
    }

    /// A node of which nothing is known: every column may come from everything below.
    fn unknown(&mut self, plan: &LogicalPlan) -> Vec<Facts> {
        let mut all = Facts { nullness: Nullness::Perhaps, ..Facts::default() };
        for input in plan.inputs() {
            for fact in self.plan(input) {
                all.sources.extend(raise(fact, Direct::Transformation).sources);
            }
        }
        vec![all; plan.schema().fields().len()]
    }

    /// Records that expressions decide which rows there are.
    fn decides<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, scope: &Scope, how: Indirect) {
        for expr in exprs {
            let fact = self.value(expr, scope);
            self.record(&fact, how);
        }
    }

    fn record(&mut self, fact: &Facts, how: Indirect) {
        self.indirect.extend(fact.sources.iter().map(|(source, _)| (source.clone(), how)));
    }

    fn value(&mut self, expr: &Expr, scope: &Scope) -> Facts {
        match expr {
            Expr::Alias(alias) => self.value(&alias.expr, scope),
            Expr::Column(column) => scope.find(column).cloned().unwrap_or_default(),
            Expr::OuterReferenceColumn(_, column) => {
                self.outer.iter().rev().find_map(|outer| outer.find(column)).cloned().unwrap_or_default()
            }
            Expr::AggregateFunction(function) => self.aggregate_function(function, scope),
            Expr::WindowFunction(function) => self.window_function(function, scope),
            Expr::ScalarSubquery(subquery) => Facts { nullness: Nullness::Perhaps, ..self.subquery(subquery, scope) },
            Expr::Exists(exists) => {
                self.subquery(&exists.subquery, scope);
                Facts::default()
            }
            Expr::InSubquery(test) => self.test(&test.expr, &test.subquery, scope),
            Expr::SetComparison(test) => self.test(&test.expr, &test.subquery, scope),
            other => self.transformation(other, scope),
        }
    }

    fn transformation(&mut self, expr: &Expr, scope: &Scope) -> Facts {
        let mut children: Vec<Facts> = Vec::new();
        // The closure never fails, so neither does the walk.
        let _ = datafusion::common::tree_node::TreeNode::apply_children(expr, |child| {
            children.push(self.value(child, scope));
            Ok(TreeNodeRecursion::Continue)
        });
        let nullness = nullness::of(expr, scope, &children);
        let sources = children.into_iter().flat_map(|child| raise(child, Direct::Transformation).sources).collect();
        Facts { sources, nullness }
    }

    fn aggregate_function(&mut self, function: &AggregateFunction, scope: &Scope) -> Facts {
        let params = &function.params;
        self.decides(params.filter.as_deref(), scope, Indirect::Filter);
        self.decides(params.order_by.iter().map(|sort: &Sort| &sort.expr), scope, Indirect::Sort);
        let mut facts = self.together(&params.args, scope, Direct::Aggregation);
        if params.filter.is_some() {
            facts.nullness = facts.nullness.at_least_perhaps();
        }
        never_null(function.func.is_nullable(), facts)
    }

    fn window_function(&mut self, function: &WindowFunction, scope: &Scope) -> Facts {
        let params = &function.params;
        self.decides(&params.partition_by, scope, Indirect::Window);
        self.decides(params.order_by.iter().map(|sort| &sort.expr), scope, Indirect::Window);
        self.decides(params.filter.as_deref(), scope, Indirect::Filter);
        match &function.fun {
            WindowFunctionDefinition::AggregateUDF(aggregate) => {
                let facts = self.together(&params.args, scope, Direct::Aggregation);
                never_null(aggregate.is_nullable(), facts)
            }
            WindowFunctionDefinition::WindowUDF(window) => {
                let mut facts = self.together(&params.args, scope, Direct::Transformation);
                // The rows before the first and behind the last have no value.
                if matches!(window.name(), "lag" | "lead" | "nth_value") {
                    facts.nullness = facts.nullness.at_least_perhaps();
                }
                facts
            }
        }
    }

    fn together(&mut self, exprs: &[Expr], scope: &Scope, how: Direct) -> Facts {
        let mut all = Facts::default();
        for expr in exprs {
            let fact = raise(self.value(expr, scope), how);
            all.sources.extend(fact.sources);
            all.nullness = all.nullness.or(fact.nullness.softened());
        }
        all
    }

    fn test(&mut self, expr: &Expr, subquery: &Subquery, scope: &Scope) -> Facts {
        let mut facts = raise(self.value(expr, scope), Direct::Transformation);
        facts.sources.extend(self.subquery(subquery, scope).sources);
        Facts { nullness: facts.nullness.softened(), ..facts }
    }

    /// The values of a subquery's columns, all together.
    fn subquery(&mut self, subquery: &Subquery, scope: &Scope) -> Facts {
        self.outer.push(scope.clone());
        let columns = self.plan(&subquery.subquery);
        self.outer.pop();
        let sources = columns.into_iter().flat_map(|fact| raise(fact, Direct::Transformation).sources).collect();
        Facts { sources, nullness: Nullness::Perhaps }
    }
}

fn never_null(nullable: bool, facts: Facts) -> Facts {
    if nullable { facts } else { Facts { nullness: Nullness::No, ..facts } }
}

fn group_columns(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::GroupingSet(set @ (GroupingSet::Rollup(_) | GroupingSet::Cube(_) | GroupingSet::GroupingSets(_))) => {
            set.distinct_expr()
        }
        other => vec![other],
    }
}

/// The same sources, at least as far from identity as `how`.
fn raise(fact: Facts, how: Direct) -> Facts {
    let sources = fact.sources.into_iter().map(|(source, direct)| (source, direct.max(how))).collect();
    Facts { sources, nullness: fact.nullness }
}

/// Rows of both.
fn merge(mut a: Vec<Facts>, b: Vec<Facts>) -> Vec<Facts> {
    for (fact, other) in a.iter_mut().zip(b) {
        fact.sources.extend(other.sources);
        fact.nullness = std::mem::take(&mut fact.nullness).or(other.nullness);
    }
    a
}
