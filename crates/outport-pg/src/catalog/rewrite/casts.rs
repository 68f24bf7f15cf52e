//! Casts between names and ids, and to types that DataFusion does not know.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Query, SelectItem, SetExpr, Statement, Value, VisitorMut,
};

use super::build::{bare, call, last, name_of};
use crate::catalog::{
    functions::{finder, shower},
    names::Kind,
};

/// The kind of names whose ids a type has.
fn kind(data_type: &DataType) -> Option<Kind> {
    let name = match data_type {
        DataType::Regclass => return Some(Kind::Class),
        DataType::Custom(name, _) => last(name),
        _ => return None,
    };
    Some(match name.as_str() {
        "regclass" => Kind::Class,
        "regnamespace" => Kind::Namespace,
        "regtype" => Kind::Type,
        "regproc" | "regprocedure" => Kind::Function,
        "regrole" => Kind::Role,
        _ => return None,
    })
}

/// Shows ids of named things by their names, where they are columns of the result.
pub(super) fn show(statement: &mut Statement) {
    match statement {
        Statement::Query(query) => show_in(query),
        Statement::Explain { statement, .. } => show(statement),
        _ => {}
    }
}

fn show_in(query: &mut Query) {
    show_body(&mut query.body);
}

fn show_body(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => {
            for item in &mut select.projection {
                let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
                if let Expr::Cast { expr: inner, data_type, .. } = bare(expr)
                    && let Some(kind) = kind(data_type)
                {
                    let id = if is_text(inner) {
                        call(finder(kind), vec![bare(inner).clone()])
                    } else {
                        bare(inner).clone()
                    };
                    *expr = call(shower(kind), vec![id]);
                }
            }
        }
        SetExpr::Query(query) => show_in(query),
        SetExpr::SetOperation { left, right, .. } => {
            show_body(left);
            show_body(right);
        }
        _ => {}
    }
}

/// Whether an expression is a name, and not an id.
fn is_text(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Value(value) => matches!(value.value, Value::SingleQuotedString(_) | Value::Placeholder(_)),
        Expr::Cast { data_type, .. } => is_textual(data_type),
        Expr::BinaryOp { op, .. } => *op == datafusion::sql::sqlparser::ast::BinaryOperator::StringConcat,
        Expr::Function(function) => {
            ["quote_ident", "format", "concat", "pg_get_serial_sequence"].contains(&name_of(function).as_str())
        }
        _ => false,
    }
}

fn is_textual(data_type: &DataType) -> bool {
    match data_type {
        DataType::Text | DataType::Varchar(_) | DataType::CharacterVarying(_) => true,
        DataType::Custom(name, _) => ["text", "varchar", "name"].contains(&last(name).as_str()),
        _ => false,
    }
}

/// Rewrites casts.
pub(super) struct Casts;

impl VisitorMut for Casts {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let Expr::Cast { kind: cast, expr: inner, data_type, .. } = expr else { return ControlFlow::Continue(()) };
        if let Some(kind) = kind(data_type) {
            if is_text(inner) {
                *expr = call(finder(kind), vec![bare(inner).clone()]);
            }
            return ControlFlow::Continue(());
        }
        if is_textual(data_type)
            && let Some(shown) = shown_id(bare(inner))
        {
            *expr = shown;
        } else if let Some(known) = known_type(data_type) {
            *data_type = known;
            *cast = CastKind::Cast;
        }
        ControlFlow::Continue(())
    }
}

/// The name of an id that is cast to text by way of one of the types above.
fn shown_id(inner: &Expr) -> Option<Expr> {
    match inner {
        Expr::Cast { expr: id, data_type, .. } => Some(call(shower(kind(data_type)?), vec![bare(id).clone()])),
        Expr::Function(found) => {
            let kinds = [Kind::Class, Kind::Namespace, Kind::Type, Kind::Function, Kind::Role];
            let kind = kinds.into_iter().find(|kind| name_of(found) == finder(*kind))?;
            Some(call(shower(kind), vec![inner.clone()]))
        }
        _ => None,
    }
}

/// The type that has the values of one that is not known.
fn known_type(data_type: &DataType) -> Option<DataType> {
    let name = match data_type {
        DataType::Custom(name, _) => name,
        DataType::Uuid | DataType::JSON | DataType::JSONB => return Some(DataType::Text),
        _ => return None,
    };
    Some(match last(name).as_str() {
        "name" | "char" | "bpchar" | "cstring" | "unknown" | "sql_identifier" | "character_data" | "yes_or_no"
        | "varchar" | "text" | "json" | "jsonb" | "aclitem" | "pg_node_tree" => DataType::Text,
        "xid" | "xid8" | "cid" | "int8" => DataType::BigInt(None),
        "cardinal_number" | "int4" => DataType::Integer(None),
        "int2" => DataType::SmallInt(None),
        "bool" => DataType::Boolean,
        _ => return None,
    })
}
