//! Comparisons that DataFusion spells otherwise.

use std::{collections::BTreeSet, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, FunctionArguments, Value, VisitorMut};

use crate::catalog::texts::{LIKE_PATTERN, like_pattern};

use super::build::{all_of, bare, binary, call, folded, literal, name_of, text};

/// Rewrites comparisons; these columns are true or false.
pub(super) struct Conditions<'a>(pub(super) &'a BTreeSet<String>);

impl VisitorMut for Conditions<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let rewritten = match &mut *expr {
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => among(left, right, false),
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => among(left, right, true),
            Expr::BinaryOp { left, op: op @ (BinaryOperator::Eq | BinaryOperator::NotEq), right } => {
                match (self.flag(left, right), self.flag(right, left)) {
                    (Some(value), _) => **right = value,
                    (_, Some(value)) => **left = value,
                    _ => {}
                }
                if *op == BinaryOperator::Eq { rows(left, right) } else { None }
            }
            Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
                if let Some(plain) = escape_char.as_ref().and_then(|escape| escaped(pattern, &escape.value)) {
                    **pattern = plain;
                    *escape_char = None;
                }
                None
            }
            Expr::Function(function) if function.args == FunctionArguments::None && name_of(function) == "user" => {
                Some(call("session_user", Vec::new()))
            }
            Expr::Identifier(name) if name.quote_style.is_none() && folded(name) == "current_role" => {
                Some(call("session_user", Vec::new()))
            }
            _ => None,
        };
        if let Some(rewritten) = rewritten {
            *expr = rewritten;
        }
        ControlFlow::Continue(())
    }
}

impl Conditions<'_> {
    /// What a column that is true or false is compared with, where that is written as text.
    fn flag(&self, column: &Expr, text: &Expr) -> Option<Expr> {
        let name = match bare(column) {
            Expr::Identifier(name) => folded(name),
            Expr::CompoundIdentifier(parts) => folded(parts.last()?),
            _ => return None,
        };
        let Expr::Value(value) = bare(text) else { return None };
        let Value::SingleQuotedString(text) = &value.value else { return None };
        let value = match text.as_str() {
            "t" | "true" | "1" => true,
            "f" | "false" | "0" => false,
            _ => return None,
        };
        self.0.contains(&name).then(|| literal(Value::Boolean(value)))
    }
}

/// `a = ANY (SELECT …)` is `a IN (SELECT …)`.
fn among(left: &Expr, right: &Expr, negated: bool) -> Option<Expr> {
    let Expr::Subquery(subquery) = bare(right) else { return None };
    Some(Expr::InSubquery { expr: Box::new(left.clone()), subquery: subquery.clone(), negated })
}

/// `(a, b) = (c, d)` is `a = c AND b = d`.
fn rows(left: &Expr, right: &Expr) -> Option<Expr> {
    let (Expr::Tuple(left), Expr::Tuple(right)) = (bare(left), bare(right)) else { return None };
    let pairs = left.iter().zip(right).map(|(left, right)| binary(left.clone(), BinaryOperator::Eq, right.clone()));
    (left.len() == right.len()).then(|| all_of(pairs.collect())).flatten()
}

/// A pattern whose escape character is the backslash.
fn escaped(pattern: &Expr, escape: &Value) -> Option<Expr> {
    let Value::SingleQuotedString(escape) = escape else { return None };
    let mut letters = escape.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else { return None };
    if let Expr::Value(value) = bare(pattern)
        && let Value::SingleQuotedString(pattern) = &value.value
    {
        return like_pattern(pattern, letter).map(|plain| text(&plain));
    }
    Some(call(LIKE_PATTERN, vec![pattern.clone(), text(escape)]))
}
