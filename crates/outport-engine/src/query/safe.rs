//! Which conditions of a query may leave rows out before they pass the barrier of a secured table.
//!
//! A condition there is evaluated on rows together with the rule that hides some of them. So it must never fail, whatever
//! the values are: comparing a column as it is with a literal of its type cannot, casting or computing can. Floating-point
//! columns stay out, since statistics of files say nothing of NaN.

use datafusion::{
    arrow::datatypes::DataType,
    logical_expr::{BinaryExpr, Expr, Like, Operator, expr::InList},
    scalar::ScalarValue,
};

/// The longest pattern: longer ones could be too much for the engine of regular expressions.
const PATTERN: usize = 256;

/// Whether an expression is such a condition. `clear` gives the type of a column that may be used.
pub(super) fn is_safe<'a>(expr: &Expr, clear: &dyn Fn(&str) -> Option<&'a DataType>) -> bool {
    let column = |expr: &Expr| match expr {
        Expr::Column(column) => {
            clear(&column.name).filter(|data_type| !data_type.is_nested() && !data_type.is_floating())
        }
        _ => None,
    };
    match expr {
        Expr::Literal(ScalarValue::Boolean(_), _) => true,
        Expr::Column(_) => column(expr) == Some(&DataType::Boolean),
        Expr::Not(inner) => is_safe(inner, clear),
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => column(inner).is_some(),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            is_safe(left, clear) && is_safe(right, clear)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(*op) => {
            let fits = |a: &Expr, b: &Expr| column(a).is_some_and(|data_type| is_literal(b, data_type));
            fits(left, right) || fits(right, left)
        }
        Expr::InList(InList { expr, list, .. }) => {
            column(expr).is_some_and(|data_type| list.iter().all(|value| is_literal(value, data_type)))
        }
        Expr::Like(Like { expr, pattern, escape_char: None, .. }) => {
            column(expr).is_some_and(|data_type| data_type.is_string() && is_literal(pattern, data_type))
                && is_plain_pattern(pattern)
        }
        _ => false,
    }
}

const fn compares(operator: Operator) -> bool {
    use Operator as O;
    matches!(operator, O::Eq | O::NotEq | O::Lt | O::LtEq | O::Gt | O::GtEq)
}

fn is_literal(expr: &Expr, data_type: &DataType) -> bool {
    matches!(expr, Expr::Literal(value, _) if value.data_type() == *data_type)
}

fn is_plain_pattern(pattern: &Expr) -> bool {
    let Expr::Literal(value, _) = pattern else { return false };
    value.try_as_str().flatten().is_some_and(|text| text.len() <= PATTERN && !text.contains('\\'))
}
