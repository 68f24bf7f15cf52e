//! Whether a column may be null: what is sure, what is possible, and what the planner only cannot exclude.

use std::collections::BTreeSet;

use datafusion::{
    common::tree_node::TreeNode,
    logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, utils::split_conjunction},
};
use outport_model::lineage::SourceColumn;

use super::lineage::{Facts, Scope};

/// Whether a column may be null.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Nullness {
    /// Nothing says that it may be.
    #[default]
    No,
    /// It may be, for all that the query says.
    Perhaps,
    /// It is a column that its contract allows to be null, taken as it is.
    Column(SourceColumn),
    /// It is on the side of an outer join that is filled up with nulls.
    OuterJoin {
        /// Which outer join: columns with the same number are null in the same rows.
        id: usize,
        /// What it was before the join.
        before: Box<Nullness>,
    },
    /// It is written as `NULL`.
    Literal,
}

impl Nullness {
    /// A nullable column of a table.
    pub(super) fn column(source: &SourceColumn) -> Self {
        Self::Column(source.clone())
    }

    /// Why it surely may be null; nothing where that is not sure.
    pub(super) fn certain(&self) -> Option<String> {
        match self {
            Self::No | Self::Perhaps => None,
            Self::Column(source) => Some(format!("`{source}` may be null")),
            Self::OuterJoin { .. } => Some("null where the outer join finds no match".to_owned()),
            Self::Literal => Some("`NULL`".to_owned()),
        }
    }

    /// The worse of both.
    pub(super) fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::No, _) => other,
            (Self::Perhaps, Self::No) => self,
            (Self::Perhaps, _) => other,
            _ => self,
        }
    }

    /// The same seen through an expression, which may take care of nulls.
    pub(super) fn softened(self) -> Self {
        if self == Self::No { Self::No } else { Self::Perhaps }
    }

    /// Possible at least.
    pub(super) fn at_least_perhaps(self) -> Self {
        if self == Self::No { Self::Perhaps } else { self }
    }
}

/// The nullness of an expression that is more than a column, given that of its parts.
pub(super) fn of(expr: &Expr, scope: &Scope, parts: &[Facts]) -> Nullness {
    if let Expr::Literal(value, _) = expr {
        return if value.is_null() { Nullness::Literal } else { Nullness::No };
    }
    if matches!(expr.nullable(scope.schema.as_ref()), Ok(false)) {
        return Nullness::No;
    }
    let mut states = parts.iter().map(|part| part.nullness.clone());
    match expr {
        Expr::Cast(_) => states.next().unwrap_or_default(),
        Expr::TryCast(_) => Nullness::Perhaps,
        Expr::Case(case) if case.else_expr.is_none() => Nullness::Perhaps,
        Expr::Case(case) => {
            // The parts are the operand, then each condition with its value, then the last value.
            let first = usize::from(case.expr.is_some());
            let value = |index: &usize| *index >= first && ((index - first) % 2 == 1 || *index + 1 == parts.len());
            let values = (0..parts.len()).filter(value).filter_map(|index| parts.get(index));
            values.map(|part| part.nullness.clone().softened()).fold(Nullness::No, Nullness::or)
        }
        Expr::ScalarFunction(call) if matches!(call.name(), "coalesce" | "nvl" | "ifnull" | "nvl2") => {
            if states.any(|state| state == Nullness::No) { Nullness::No } else { Nullness::Perhaps }
        }
        Expr::ScalarFunction(call) if may_give_null(call.name()) => Nullness::Perhaps,
        _ => states.map(Nullness::softened).fold(Nullness::No, Nullness::or),
    }
}

/// Functions that give null for arguments that are not.
fn may_give_null(function: &str) -> bool {
    matches!(function, "nullif" | "get_field" | "array_element" | "map_extract" | "array_position" | "regexp_match")
}

/// Takes into account that only rows remain for which a predicate is true.
pub(super) fn narrow(scope: &mut Scope, predicate: &Expr) {
    for conjunct in split_conjunction(predicate) {
        let subquery = conjunct.exists(|expr| Ok(is_subquery(expr))).unwrap_or(true);
        if subquery {
            scope.facts.iter_mut().for_each(|fact| fact.nullness = std::mem::take(&mut fact.nullness).softened());
            continue;
        }
        let position = |expr: &Expr| match bare(expr) {
            Expr::Column(column) => scope.schema.maybe_index_of_column(column),
            _ => None,
        };
        let excluded: BTreeSet<usize> = rejects_null(conjunct).into_iter().filter_map(position).collect();
        let mentioned: BTreeSet<usize> =
            conjunct.column_refs().into_iter().filter_map(|c| scope.schema.maybe_index_of_column(c)).collect();
        for index in mentioned {
            if let Some(state) = scope.facts.get(index).map(|fact| fact.nullness.clone()) {
                narrow_column(&mut scope.facts, index, &state, excluded.contains(&index));
            }
        }
    }
}

fn narrow_column(facts: &mut [Facts], index: usize, state: &Nullness, excluded: bool) {
    if let Nullness::OuterJoin { id, .. } = state {
        // Rows that the join filled up are gone, or perhaps gone, for all of its columns.
        for fact in facts.iter_mut() {
            match &fact.nullness {
                Nullness::OuterJoin { id: other, before } if other == id && excluded => {
                    fact.nullness = (**before).clone();
                }
                Nullness::OuterJoin { id: other, .. } if other == id => fact.nullness = Nullness::Perhaps,
                _ => {}
            }
        }
    }
    if let Some(fact) = facts.get_mut(index) {
        fact.nullness = if excluded { Nullness::No } else { std::mem::take(&mut fact.nullness).softened() };
    }
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_))
}

/// The operands that cannot be null where a predicate is true.
fn rejects_null(predicate: &Expr) -> Vec<&Expr> {
    match predicate {
        Expr::IsNotNull(inner) => vec![inner],
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(*op) => vec![left, right],
        Expr::Like(like) | Expr::SimilarTo(like) => vec![&like.expr],
        Expr::InList(list) => vec![&list.expr],
        Expr::Between(between) => vec![&between.expr],
        Expr::IsTrue(inner) | Expr::IsFalse(inner) => vec![inner],
        Expr::Column(_) => vec![predicate],
        Expr::Not(inner) => vec![inner],
        _ => Vec::new(),
    }
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

/// The column under casts.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}
