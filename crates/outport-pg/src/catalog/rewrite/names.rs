//! Names of the columns of a result, as PostgreSQL gives them where the statement does not.
//!
//! DataFusion wants them to differ, PostgreSQL does not. What would be there twice gets a mark and a number behind its
//! name, which clients are not shown.

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc};

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, DataType, Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, VisitorMut,
};

use super::build::{folded, last, name_of};

/// Stands between a name and the number that makes it differ.
pub(super) const MARK: char = '\u{1}';

/// Columns that every table has, and that are values by the time when the statement is planned.
const SYSTEM: &[&str] = &["tableoid", "xmin", "xmax", "cmin", "cmax"];

/// A name as clients are shown it.
pub(super) fn shown(name: &str) -> &str {
    name.split(MARK).next().unwrap_or(name)
}

/// Columns with the names that clients are shown.
pub(in crate::catalog) fn shown_schema(schema: &SchemaRef) -> SchemaRef {
    let rename = |field: &Arc<Field>| match shown(field.name()) {
        name if name.len() == field.name().len() => Arc::clone(field),
        name => Arc::new(field.as_ref().clone().with_name(name)),
    };
    Arc::new(Schema::new(schema.fields().iter().map(rename).collect::<Vec<_>>()))
}

/// Names every column.
pub(super) struct Names;

impl VisitorMut for Names {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let wildcards = Wildcards::of(select);
        let mut used = BTreeSet::new();
        for (place, item) in select.projection.iter_mut().enumerate() {
            let (expr, name, needed) = match item {
                SelectItem::UnnamedExpr(expr) => {
                    let name = figure(expr).unwrap_or_else(|| "?column?".to_owned());
                    let plain = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                    let needed = !plain || SYSTEM.contains(&name.as_str());
                    (&*expr, name, needed)
                }
                SelectItem::ExprWithAlias { expr, alias } => (&*expr, folded(alias), false),
                _ => continue,
            };
            let again = !used.insert(name.clone()) || wildcards.have(expr);
            if !needed && !again {
                continue;
            }
            let name = if again { format!("{name}{MARK}{place}") } else { name };
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', name) };
        }
        ControlFlow::Continue(())
    }
}

/// The tables of which a select gives every column.
#[derive(Default)]
struct Wildcards {
    all: bool,
    tables: BTreeSet<String>,
}

impl Wildcards {
    fn of(select: &Select) -> Self {
        let mut found = Self::default();
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) => found.all = true,
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    found.tables.insert(last(name));
                }
                _ => {}
            }
        }
        found
    }

    fn have(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Identifier(_) => self.all,
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, _] => self.all || self.tables.contains(&folded(table)),
                _ => false,
            },
            _ => false,
        }
    }
}

/// The name that an expression gives its column; `None` where it has none of its own.
fn figure(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(folded(name)),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figure(inner),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let fields = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some(folded(name)),
                _ => None,
            });
            fields.or_else(|| figure(root))
        }
        Expr::Function(function) => Some(name_of(function)),
        Expr::Cast { expr, data_type, .. } => figure(expr).or_else(|| type_name(data_type)),
        Expr::Case { else_result, .. } => else_result.as_deref().and_then(figure).or_else(|| Some("case".to_owned())),
        Expr::Exists { .. } => Some("exists".to_owned()),
        Expr::Array(_) => Some("array".to_owned()),
        Expr::Extract { .. } => Some("extract".to_owned()),
        Expr::Substring { .. } => Some("substring".to_owned()),
        Expr::Trim { .. } => Some("btrim".to_owned()),
        Expr::Position { .. } => Some("position".to_owned()),
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.as_slice() {
                [SelectItem::UnnamedExpr(expr)] => figure(expr),
                [SelectItem::ExprWithAlias { alias, .. }] => Some(folded(alias)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// A type as the catalog calls it.
fn type_name(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Custom(name, _) => last(name),
        DataType::Array(_) => return None,
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => "int4".to_owned(),
        DataType::BigInt(_) | DataType::Int8(_) => "int8".to_owned(),
        DataType::SmallInt(_) | DataType::Int2(_) => "int2".to_owned(),
        DataType::Bool | DataType::Boolean => "bool".to_owned(),
        DataType::Varchar(_) | DataType::CharacterVarying(_) => "varchar".to_owned(),
        DataType::Float(_) | DataType::DoublePrecision | DataType::Float8 => "float8".to_owned(),
        DataType::Numeric(_) | DataType::Decimal(_) => "numeric".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        other => other.to_string().to_lowercase().split('(').next().unwrap_or_default().to_owned(),
    })
}
