//! Tables that are found without their schema, and columns that every table has without naming them.

use std::{collections::BTreeMap, ops::ControlFlow};

use datafusion::sql::sqlparser::ast::{Expr, Ident, ObjectName, Statement, TableFactor, VisitMut, VisitorMut};

use super::build::{folded, last, number};
use crate::catalog::{own, tables};

/// Names of one part that are tables of `pg_catalog` get their schema.
pub(super) struct Qualify;

impl VisitorMut for Qualify {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, args, .. } = factor else { return ControlFlow::Continue(()) };
        let table = last(name);
        // The function that the view of the settings is made of.
        let settings = args.is_some() && table == "pg_show_all_settings";
        if settings {
            *args = None;
        }
        if settings || (args.is_none() && name.0.len() == 1 && own::is_table(&table)) {
            let table = if settings { "pg_settings".to_owned() } else { table };
            *name = ObjectName::from(vec![Ident::new("pg_catalog"), Ident::new(table)]);
        }
        ControlFlow::Continue(())
    }
}

/// Puts values in the place of columns such as `tableoid`.
pub(super) fn replace(statement: &mut Statement) {
    let mut aliases = Aliases::default();
    let _ = statement.visit(&mut aliases);
    let _ = statement.visit(&mut Columns(aliases.0));
}

/// Tables of `pg_catalog` by the name that they have in the statement.
#[derive(Default)]
struct Aliases(BTreeMap<String, String>);

impl VisitorMut for Aliases {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, .. } = factor
            && own::is_table(&last(name))
        {
            let table = last(name);
            let known = alias.as_ref().map_or_else(|| table.clone(), |alias| folded(&alias.name));
            self.0.insert(known, table);
        }
        ControlFlow::Continue(())
    }
}

struct Columns(BTreeMap<String, String>);

impl VisitorMut for Columns {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let (table, column) = match &*expr {
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., table, column] => (self.0.get(&folded(table)), folded(column)),
                _ => return ControlFlow::Continue(()),
            },
            Expr::Identifier(column) if self.0.len() == 1 => (self.0.values().next(), folded(column)),
            _ => return ControlFlow::Continue(()),
        };
        let Some(table) = table else { return ControlFlow::Continue(()) };
        match column.as_str() {
            "tableoid" => *expr = number(tables::own_id(table).into()),
            // The transaction that wrote a row: the same for all.
            "xmin" => *expr = number(1),
            "xmax" | "cmin" | "cmax" => *expr = number(0),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
