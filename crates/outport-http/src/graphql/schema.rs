//! The types of a caller's schema.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{
    Name, Value,
    dynamic::{
        Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, Object, Scalar, Schema, SchemaError, TypeRef,
    },
};

use super::{
    filter::{ASCENDING, DESCENDING, MOST_ROWS, Operators, ROWS, scalar},
    read::{self, Page, Row},
    tables::{Relation, Table, Tables},
};
use crate::rest::shape::Seen;

/// Types of values that GraphQL does not have by itself, and how they are written.
const SCALARS: [(&str, &str); 7] = [
    ("Long", "A whole number of up to 64 bits."),
    ("Decimal", "A decimal number, as text, so that no digit is lost."),
    ("Date", "A day, as `2026-01-31`."),
    ("Time", "A time of day, as `12:00:00`."),
    ("Timestamp", "A moment, as `2026-01-31T12:00:00Z`, or a time without zone."),
    ("Bytes", "Bytes, as text in base64."),
    ("Json", "A value with parts."),
];

/// How deep the parser goes before it gives up.
const RECURSION: usize = 32;

/// Directives of one field at most.
const DIRECTIVES: usize = 8;

/// The schema over some tables.
pub(super) fn build(tables: &Arc<Tables>, workspace: String) -> Result<Schema, SchemaError> {
    let mut builder = Schema::build("Query", None, None)
        .limit_recursive_depth(RECURSION)
        .limit_directives(DIRECTIVES)
        .disable_suggestions();
    for (name, description) in SCALARS {
        builder = builder.register(Scalar::new(name).description(description));
    }
    builder = builder.register(page_info());
    let mut query = Object::new("Query").field(workspace_field(workspace));
    let mut filters = BTreeMap::new();
    for (place, table) in tables.iter() {
        for (_, column) in table.columns() {
            let (name, operators) = scalar(&column.data_type);
            filters.insert(name, operators);
        }
        builder = builder
            .register(row_type(tables, table))
            .register(page_type(table))
            .register(filter_type(table))
            .register(order_type(table));
        query = query.field(root_field(tables, place, table));
    }
    for (name, operators) in filters {
        builder = builder.register(operators_type(name, operators));
    }
    builder.register(query).finish()
}

/// A query has a field also where there is nothing to read.
fn workspace_field(workspace: String) -> Field {
    Field::new("workspace", TypeRef::named_nn(TypeRef::STRING), move |_| {
        FieldFuture::from_value(Some(Value::from(workspace.clone())))
    })
    .description("The workspace that is read.")
}

fn root_field(tables: &Arc<Tables>, place: usize, table: &Table) -> Field {
    let tables = Arc::clone(tables);
    let field = Field::new(&table.name, TypeRef::named_nn(page_name(table)), move |context| {
        let tables = Arc::clone(&tables);
        FieldFuture::new(async move {
            let page = read::root(&context, &tables, place).await?;
            Ok(Some(FieldValue::owned_any(page)))
        })
    });
    let field = field
        .argument(
            InputValue::new("where", TypeRef::named(filter_name(table))).description("Rows that meet all of this."),
        )
        .argument(
            InputValue::new("orderBy", TypeRef::named_nn_list(order_name(table)))
                .description("What decides first comes first."),
        )
        .argument(
            InputValue::new("first", TypeRef::named(TypeRef::INT))
                .default_value(ROWS)
                .description(format!("Rows of the page, {MOST_ROWS} at most.")),
        )
        .argument(
            InputValue::new("after", TypeRef::named(TypeRef::STRING))
                .description("Where the page before ended: its `endCursor`."),
        );
    match &table.shape.description {
        Some(text) => field.description(text),
        None => field,
    }
}

fn page_type(table: &Table) -> Object {
    let nodes = Field::new("nodes", TypeRef::named_nn_list_nn(&table.name), |context| {
        FieldFuture::new(async move {
            let page = context.parent_value.try_downcast_ref::<Page>()?;
            Ok(Some(FieldValue::list(page.rows.iter().map(|row| FieldValue::owned_any(Arc::clone(row))))))
        })
    });
    let info = Field::new("pageInfo", TypeRef::named_nn("PageInfo"), |context| {
        FieldFuture::new(async move {
            let page = context.parent_value.try_downcast_ref::<Page>()?;
            Ok(Some(FieldValue::owned_any(page.next.clone())))
        })
    });
    let release = Field::new("release", TypeRef::named_nn("Long"), |context| {
        FieldFuture::new(
            async move { Ok(Some(Value::from(context.parent_value.try_downcast_ref::<Page>()?.release.0))) },
        )
    });
    let request = Field::new("request", TypeRef::named_nn(TypeRef::STRING), |context| {
        FieldFuture::new(async move {
            Ok(Some(Value::from(context.parent_value.try_downcast_ref::<Page>()?.request.to_string())))
        })
    });
    Object::new(page_name(table))
        .field(nodes.description("The rows."))
        .field(info)
        .field(release.description("The release that was read."))
        .field(request.description("The id of the query on record."))
}

fn page_info() -> Object {
    let more = Field::new("hasNextPage", TypeRef::named_nn(TypeRef::BOOLEAN), |context| {
        FieldFuture::new(async move {
            Ok(Some(Value::from(context.parent_value.try_downcast_ref::<Option<String>>()?.is_some())))
        })
    });
    let end = Field::new("endCursor", TypeRef::named(TypeRef::STRING), |context| {
        FieldFuture::new(async move {
            Ok(context.parent_value.try_downcast_ref::<Option<String>>()?.clone().map(Value::from))
        })
    });
    Object::new("PageInfo").field(more).field(end.description("What `after` takes for the next page."))
}

fn row_type(tables: &Tables, table: &Table) -> Object {
    let mut object = Object::new(&table.name);
    if let Some(text) = &table.shape.description {
        object = object.description(text);
    }
    for (name, column) in table.columns() {
        object = object.field(column_field(name, column));
    }
    for relation in &table.relations {
        if let Some(target) = tables.get(relation.target) {
            object = object.field(relation_field(relation, target));
        }
    }
    object
}

fn column_field(name: &str, column: &Seen) -> Field {
    let (scalar, _) = scalar(&column.data_type);
    // What is no number is no value in JSON, also where every row has a value.
    let nullable = column.nullable || scalar == TypeRef::FLOAT;
    let kind = if nullable { TypeRef::named(scalar) } else { TypeRef::named_nn(scalar) };
    let key = column.name.clone();
    let mut field = Field::new(name, kind, move |context| {
        let key = key.clone();
        FieldFuture::new(async move {
            let row = context.parent_value.try_downcast_ref::<Arc<Row>>()?;
            Ok(row.values.get(&key).cloned().filter(|value| *value != Value::Null))
        })
    });
    let masked = column.masked.then_some("Masked.");
    let text: Vec<&str> = column.description.as_deref().into_iter().chain(masked).collect();
    if !text.is_empty() {
        field = field.description(text.join(" "));
    }
    if column.deprecated { field.deprecation(Some("the contract says that it will go")) } else { field }
}

fn relation_field(relation: &Relation, target: &Table) -> Field {
    let field = Field::new(&relation.name, TypeRef::named(&target.name), |context| {
        FieldFuture::new(async move {
            let row = context.parent_value.try_downcast_ref::<Arc<Row>>()?;
            let field = context.field();
            let key = field.alias().unwrap_or(field.name());
            Ok(row.related.get(key).map(|row| FieldValue::owned_any(Arc::clone(row))))
        })
    });
    field.description(format!("The row that `{}` names.", relation.columns.join("`, `")))
}

fn filter_type(table: &Table) -> InputObject {
    let mut object = InputObject::new(filter_name(table));
    for (name, column) in table.columns() {
        let (scalar, _) = scalar(&column.data_type);
        object = object.field(InputValue::new(name, TypeRef::named(operators_name(scalar))));
    }
    object
}

fn order_type(table: &Table) -> Enum {
    let mut order = Enum::new(order_name(table));
    for (name, column) in table.columns() {
        if column.is_comparable() {
            order = order.item(format!("{name}{ASCENDING}")).item(format!("{name}{DESCENDING}"));
        }
    }
    // An enumeration is not empty; a table of which nothing can be put in order is in its own order.
    if table.columns().any(|(_, column)| column.is_comparable()) { order } else { order.item("NONE") }
}

fn operators_type(scalar: &str, operators: Operators) -> InputObject {
    let mut object = InputObject::new(operators_name(scalar));
    for operator in operators.comparisons() {
        object = object.field(InputValue::new(*operator, TypeRef::named(scalar)));
    }
    if operators != Operators::Presence {
        object = object.field(InputValue::new("in", TypeRef::named_nn_list(scalar)));
    }
    if operators == Operators::Text {
        let like = InputValue::new("like", TypeRef::named(scalar));
        object = object
            .field(like.description("A pattern: `%` is any text, `_` any character, `\\` takes the next as it is."));
    }
    object.field(InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN)))
}

fn page_name(table: &Table) -> String {
    format!("{}__page", table.name)
}

fn filter_name(table: &Table) -> String {
    format!("{}__where", table.name)
}

fn order_name(table: &Table) -> String {
    format!("{}__order", table.name)
}

fn operators_name(scalar: &str) -> String {
    format!("{scalar}Operators")
}

/// Values of a row by column, as JSON has them.
pub(super) fn values(row: serde_json::Map<String, serde_json::Value>) -> BTreeMap<String, Value> {
    row.into_iter().map(|(name, value)| (name, plain(value))).collect()
}

fn plain(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Boolean(value),
        serde_json::Value::Number(number) => Value::Number(number),
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(plain).collect()),
        serde_json::Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (Name::new(name), plain(value))).collect())
        }
    }
}
