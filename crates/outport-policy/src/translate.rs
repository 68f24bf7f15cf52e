//! From what Cedar leaves of a rule to a condition on a row.
//!
//! Total and closed: what is not named here is refused. Rules are looked at when they are compiled, with nobody in
//! particular as the reader. What is then known of the reader only makes less of a rule remain, so that a rule which
//! passed can be translated for everyone. What fails to be evaluated (a sum that overflows) is the one exception.

use cedar_policy::pst::{BinaryOp, Expr, Literal, PatternElem, UnaryOp, Var};
use outport_model::access::{Comparison, Condition, Value};

use crate::offer::{Kind, OfferedColumn, OfferedTable};

/// The id of the row that rules are evaluated for. Policies that name a row are refused, so that none means it.
pub(crate) const ROW: &str = "*";

/// How deep a condition may be nested.
const DEPTH: usize = 100;

/// How deep an expression may be nested in which there is no column.
const KNOWN_DEPTH: usize = 500;

/// A rule asks for something that cannot be asked of a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it uses {what}")]
pub(crate) struct Untranslatable {
    what: String,
}

impl Untranslatable {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

/// Translates for one table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Translator<'a> {
    pub(crate) table: &'a OfferedTable,
    /// Whether the reader is nobody in particular. What depends on the reader alone is then taken for true.
    pub(crate) open: bool,
}

/// One side of a comparison.
enum Operand<'a> {
    Column(&'a OfferedColumn, Kind),
    Value(Value),
    /// A value that depends on the reader.
    Open,
}

const TRUE: Condition = Condition::Constant { holds: true };

impl<'a> Translator<'a> {
    /// The condition that an expression is.
    pub(crate) fn condition(&self, asked: &Expr) -> Result<Condition, Untranslatable> {
        self.at(asked, 0)
    }

    fn at(&self, asked: &Expr, depth: usize) -> Result<Condition, Untranslatable> {
        if depth > DEPTH {
            return Err(Untranslatable::new(format!("conditions that are nested more than {DEPTH} deep")));
        }
        if self.is_open(asked) {
            return Ok(TRUE);
        }
        let inner = |asked: &Expr| self.at(asked, depth + 1);
        match asked {
            Expr::Literal(Literal::Bool(holds)) => Ok(Condition::Constant { holds: *holds }),
            Expr::UnaryOp { op: UnaryOp::Not, expr } => Ok(Condition::Not { condition: Box::new(inner(expr)?) }),
            Expr::BinaryOp { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
                let conditions = chain(*op, asked).into_iter().map(inner).collect::<Result<_, _>>()?;
                Ok(if *op == BinaryOp::And { Condition::All { conditions } } else { Condition::Any { conditions } })
            }
            Expr::BinaryOp { op, left, right } => self.binary(*op, left, right),
            Expr::IfThenElse { cond, then_expr, else_expr } => Ok(Condition::If {
                test: Box::new(inner(cond)?),
                then: Box::new(inner(then_expr)?),
                otherwise: Box::new(inner(else_expr)?),
            }),
            Expr::HasAttr { expr, attrs } if is_row(expr, self.table) && attrs.tail.is_empty() => {
                Ok(Condition::Present { column: self.column(&attrs.head)?.0.name.clone() })
            }
            Expr::GetAttr { expr, attr } if is_row(expr, self.table) => match self.column(attr)? {
                (column, Kind::Boolean) => Ok(Condition::Flag { column: column.name.clone() }),
                (column, _) => Err(Untranslatable::new(format!("`{}` as a condition", column.name))),
            },
            Expr::Like { expr, pattern } => match self.operand(expr)? {
                Operand::Column(column, Kind::Text) => {
                    Ok(Condition::Like { column: column.name.clone(), pieces: pieces(pattern) })
                }
                _ => Err(Untranslatable::new("`like` on something else than a column of text")),
            },
            other => Err(Untranslatable::new(what(other))),
        }
    }

    /// Whether an expression depends on the reader alone, and that is left open.
    fn is_open(&self, asked: &Expr) -> bool {
        self.open && !matches!(asked, Expr::Literal(_)) && is_known(asked, 0)
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Condition, Untranslatable> {
        let comparison = match op {
            BinaryOp::Eq => Comparison::Equal,
            BinaryOp::NotEq => Comparison::NotEqual,
            BinaryOp::Less | BinaryOp::DecimalLessThan => Comparison::Less,
            BinaryOp::LessEq | BinaryOp::DecimalLessEq => Comparison::LessOrEqual,
            BinaryOp::Greater | BinaryOp::DecimalGreater => Comparison::Greater,
            BinaryOp::GreaterEq | BinaryOp::DecimalGreaterEq => Comparison::GreaterOrEqual,
            BinaryOp::Contains => return self.contains(left, right),
            BinaryOp::ContainsAny | BinaryOp::ContainsAll => return self.contains_several(op, left, right),
            _ => return Err(Untranslatable::new(operator(op))),
        };
        match (self.operand(left)?, self.operand(right)?) {
            (Operand::Column(column, kind), Operand::Value(value)) => compare(column, kind, comparison, value),
            (Operand::Value(value), Operand::Column(column, kind)) => compare(column, kind, flipped(comparison), value),
            (Operand::Column(left, of), Operand::Column(right, other)) => {
                compare_columns(left, of, comparison, right, other)
            }
            (Operand::Column(column, Kind::Texts), Operand::Open)
            | (Operand::Open, Operand::Column(column, Kind::Texts)) => Err(whole_list(column)),
            (Operand::Column(..), Operand::Open) | (Operand::Open, Operand::Column(..)) => Ok(TRUE),
            _ => Err(Untranslatable::new("a comparison without a column")),
        }
    }

    /// `[…].contains(column)` or `column.contains(value)`.
    fn contains(&self, left: &Expr, right: &Expr) -> Result<Condition, Untranslatable> {
        if let Expr::Set(_) = left
            && let Operand::Column(column, kind) = self.operand(right)?
        {
            if self.is_open(left) {
                return if kind == Kind::Texts { Err(whole_list(column)) } else { Ok(TRUE) };
            }
            let values = values(left)?;
            if values.iter().all(|value| fits(kind, value)) {
                return Ok(Condition::AnyOf { column: column.name.clone(), values });
            }
            return Err(Untranslatable::new(format!("values of another type than `{}`", column.name)));
        }
        match (self.operand(left)?, self.operand(right)?) {
            (Operand::Column(column, Kind::Texts), Operand::Value(value @ Value::Text(_))) => {
                Ok(Condition::Contains { column: column.name.clone(), value })
            }
            (Operand::Column(_, Kind::Texts), Operand::Open) => Ok(TRUE),
            _ => Err(Untranslatable::new("`contains` between columns")),
        }
    }

    /// `column.containsAny([…])` or `column.containsAll([…])`.
    fn contains_several(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Condition, Untranslatable> {
        let Operand::Column(column, Kind::Texts) = self.operand(left)? else {
            return Err(Untranslatable::new(operator(op)));
        };
        if self.is_open(right) {
            return Ok(TRUE);
        }
        let values = values(right)?;
        if values.is_empty() || !values.iter().all(|value| matches!(value, Value::Text(_))) {
            return Err(Untranslatable::new(operator(op)));
        }
        let column = &column.name;
        let conditions =
            values.into_iter().map(|value| Condition::Contains { column: column.clone(), value }).collect();
        let any = op == BinaryOp::ContainsAny;
        Ok(if any { Condition::Any { conditions } } else { Condition::All { conditions } })
    }

    fn operand(&self, side: &Expr) -> Result<Operand<'a>, Untranslatable> {
        if let Expr::GetAttr { expr, attr } = side
            && is_row(expr, self.table)
        {
            let (column, kind) = self.column(attr)?;
            return Ok(Operand::Column(column, kind));
        }
        if let Some(value) = value(side) {
            return Ok(Operand::Value(value));
        }
        if self.is_open(side) {
            return Ok(Operand::Open);
        }
        Err(Untranslatable::new(what(side)))
    }

    fn column(&self, name: &str) -> Result<(&'a OfferedColumn, Kind), Untranslatable> {
        let column = self.table.column(name);
        let usable = column.and_then(|column| Some((column, column.kind?)));
        usable.ok_or_else(|| Untranslatable::new(format!("`{name}`, of which rules cannot speak")))
    }
}

/// What stands between the operators of a chain such as `a && b && c`.
fn chain(op: BinaryOp, whole: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    let mut open = vec![whole];
    while let Some(part) = open.pop() {
        match part {
            Expr::BinaryOp { op: other, left, right } if *other == op => open.extend([&**right, &**left]),
            _ => parts.push(part),
        }
    }
    parts
}

fn is_row(expr: &Expr, table: &OfferedTable) -> bool {
    match expr {
        Expr::Var(Var::Resource) => true,
        Expr::Literal(Literal::EntityUID(entity)) => {
            let name = &entity.ty.0;
            entity.eid == ROW
                && name.id.as_str() == table.rows.name
                && name.namespace.iter().map(cedar_policy::pst::Id::as_str).eq([table.rows.namespace.as_str()])
        }
        _ => false,
    }
}

/// Whether an expression is a value once the reader is known. Entities other than the reader are not known then.
fn is_known(expr: &Expr, depth: usize) -> bool {
    if depth > KNOWN_DEPTH {
        return false;
    }
    let known = |expr: &Expr| is_known(expr, depth + 1);
    match expr {
        Expr::Literal(_) | Expr::Var(Var::Principal | Var::Action | Var::Context) => true,
        Expr::BinaryOp { op: BinaryOp::In | BinaryOp::HasTag | BinaryOp::GetTag, left, right } => {
            matches!(**left, Expr::Var(Var::Principal | Var::Action)) && known(right)
        }
        Expr::GetAttr { expr, .. } | Expr::HasAttr { expr, .. } => {
            matches!(**expr, Expr::Var(Var::Principal | Var::Context))
        }
        Expr::UnaryOp { expr, .. } | Expr::Like { expr, .. } => known(expr),
        Expr::BinaryOp { left, right, .. } => known(left) && known(right),
        Expr::Is { expr, in_expr, .. } => {
            matches!(**expr, Expr::Var(Var::Principal)) && in_expr.as_ref().is_none_or(|parent| known(parent))
        }
        Expr::IfThenElse { cond, then_expr, else_expr } => known(cond) && known(then_expr) && known(else_expr),
        Expr::Set(members) => members.iter().all(|member| known(member)),
        _ => false,
    }
}

/// The value that an expression is.
fn value(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Literal(Literal::Bool(value)) => Some(Value::Boolean(*value)),
        Expr::Literal(Literal::Long(value)) => Some(Value::Integer(*value)),
        Expr::Literal(Literal::String(value)) => Some(Value::Text(value.to_string())),
        Expr::UnaryOp { op: UnaryOp::Decimal, expr } => decimal(text(expr)?).map(Value::Decimal),
        // The one form in which Cedar writes a moment that it evaluated.
        Expr::BinaryOp { op: BinaryOp::Offset, left, right } => match (&**left, &**right) {
            (
                Expr::UnaryOp { op: UnaryOp::Datetime, expr: epoch },
                Expr::UnaryOp { op: UnaryOp::Duration, expr: duration },
            ) if text(epoch)? == "1970-01-01" => text(duration)?.strip_suffix("ms")?.parse().ok().map(Value::Moment),
            _ => None,
        },
        _ => None,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(Literal::String(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// A decimal number as Cedar writes it, in ten-thousandths.
fn decimal(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.')?;
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 4 {
        return None;
    }
    let scaled: i128 = format!("{whole}{fraction:0<4}").parse().ok()?;
    i64::try_from(if negative { -scaled } else { scaled }).ok()
}

/// The values of a set, in an order that is the same each time.
fn values(expr: &Expr) -> Result<Vec<Value>, Untranslatable> {
    let Expr::Set(members) = expr else { return Err(Untranslatable::new(what(expr))) };
    let values = members.iter().map(|member| value(member).ok_or_else(|| Untranslatable::new(what(member))));
    let mut values = values.collect::<Result<Vec<_>, _>>()?;
    values.sort_by(|a, b| order(a).cmp(&order(b)));
    values.dedup();
    Ok(values)
}

fn order(value: &Value) -> (i64, &str) {
    match value {
        Value::Boolean(value) => (i64::from(*value), ""),
        Value::Integer(value) | Value::Decimal(value) | Value::Moment(value) => (*value, ""),
        Value::Text(text) => (0, text),
    }
}

const fn fits(kind: Kind, value: &Value) -> bool {
    matches!(
        (kind, value),
        (Kind::Text, Value::Text(_))
            | (Kind::Boolean, Value::Boolean(_))
            | (Kind::Integer, Value::Integer(_))
            | (Kind::Decimal, Value::Decimal(_))
            | (Kind::Date | Kind::Moment { .. }, Value::Moment(_))
    )
}

fn compare(
    column: &OfferedColumn,
    kind: Kind,
    comparison: Comparison,
    value: Value,
) -> Result<Condition, Untranslatable> {
    if !fits(kind, &value) {
        return Err(Untranslatable::new(format!("a value of another type than `{}`", column.name)));
    }
    Ok(Condition::Compare { column: column.name.clone(), comparison, value })
}

fn compare_columns(
    left: &OfferedColumn,
    of: Kind,
    comparison: Comparison,
    right: &OfferedColumn,
    other: Kind,
) -> Result<Condition, Untranslatable> {
    if of == Kind::Texts {
        return Err(whole_list(left));
    }
    if of != other {
        return Err(Untranslatable::new(format!("`{}` and `{}`, which have different types", left.name, right.name)));
    }
    Ok(Condition::CompareColumns { left: left.name.clone(), comparison, right: right.name.clone() })
}

fn whole_list(column: &OfferedColumn) -> Untranslatable {
    Untranslatable::new(format!("`{}` as a whole; a list can be asked for what it contains", column.name))
}

/// The comparison with its sides exchanged.
const fn flipped(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// The texts between the wildcards of a pattern.
fn pieces(pattern: &[PatternElem]) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for element in pattern {
        match (element, pieces.last_mut()) {
            (PatternElem::Char(character), Some(piece)) => piece.push(*character),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}

/// What an expression is called where it cannot be used.
fn what(expr: &Expr) -> String {
    match expr {
        Expr::BinaryOp { op, .. } => operator(*op),
        Expr::UnaryOp { op: UnaryOp::Not, .. } => "a condition as a value".to_owned(),
        Expr::UnaryOp { op, .. } => format!("`{op}`"),
        Expr::Is { .. } => "`is` on something else than the row".to_owned(),
        Expr::IfThenElse { .. } => "`if` as a value".to_owned(),
        Expr::GetAttr { attr, .. } | Expr::HasAttr { attrs: cedar_policy::pst::NonEmpty { head: attr, .. }, .. } => {
            format!("`{attr}` of something else than the row and the principal")
        }
        Expr::Set(_) => "a set with columns in it".to_owned(),
        Expr::Record(_) => "a record".to_owned(),
        Expr::ResidualError => "what cannot be evaluated".to_owned(),
        Expr::Literal(Literal::EntityUID(_)) | Expr::Var(_) => "an entity as a value".to_owned(),
        Expr::Literal(_) => "a value as a condition".to_owned(),
        _ => "what rules about rows cannot use".to_owned(),
    }
}

fn operator(op: BinaryOp) -> String {
    match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => format!("`{op}` with a column"),
        BinaryOp::In => "`in` on something else than the row and the principal".to_owned(),
        BinaryOp::HasTag | BinaryOp::GetTag => "tags of something else than the principal".to_owned(),
        BinaryOp::And | BinaryOp::Or => "a condition as a value".to_owned(),
        other => format!("`{other}` with a column"),
    }
}
