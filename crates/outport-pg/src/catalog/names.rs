//! The names of things and their ids: what `'orders'::regclass` means, and how `oid::regclass` is shown.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    own::Own,
    shape::Shape,
    tables::{self, INFORMATION_SCHEMA, OWNER, PG_CATALOG, PUBLIC},
};
use crate::settings::Settings;

/// The kinds of names that have ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tables and indexes.
    Class,
    /// Schemas.
    Namespace,
    /// Types.
    Type,
    /// Functions.
    Function,
    /// Users.
    Role,
}

/// Names and ids of everything that someone sees.
pub(super) struct Names {
    own: Arc<Own>,
    user: String,
    settings: Arc<Mutex<Settings>>,
    namespaces: BTreeMap<String, i32>,
    /// By schema and name.
    classes: BTreeMap<(String, String), i32>,
}

impl Names {
    pub(super) fn new(own: Arc<Own>, user: &str, settings: Arc<Mutex<Settings>>, shape: &Shape) -> Self {
        let fixed = [("pg_catalog", PG_CATALOG), ("information_schema", INFORMATION_SCHEMA), ("public", PUBLIC)];
        let mut namespaces: BTreeMap<String, i32> = fixed.map(|(name, id)| (name.to_owned(), id)).into();
        namespaces.extend(shape.schemas.iter().map(|(name, schema)| (name.clone(), schema.id)));
        let class = |schema: &str, name: &str, id: i32| ((schema.to_owned(), name.to_owned()), id);
        let mut classes: BTreeMap<_, _> =
            tables::own_names().map(|name| class("pg_catalog", name, tables::own_id(name))).collect();
        for (schema, _, name, table) in shape.tables() {
            classes.extend([class(schema, name, table.id)]);
            if !tables::primary_key(table).is_empty() {
                classes.extend([class(schema, &tables::index_name(name), tables::index_id(table))]);
            }
        }
        Self { own, user: user.to_owned(), settings, namespaces, classes }
    }

    /// The schemas in which names are looked for.
    pub(super) fn path(&self) -> Vec<String> {
        let path = self.settings.lock().unwrap_or_else(PoisonError::into_inner).search_path();
        let mut found: Vec<String> = path.into_iter().filter(|name| self.namespaces.contains_key(name)).collect();
        found.push("public".to_owned());
        found
    }

    /// The id that a text stands for: digits are an id themselves.
    pub(super) fn id(&self, kind: Kind, text: &str) -> Option<i32> {
        let text = text.trim();
        if let Ok(id) = text.parse::<u32>() {
            return i32::try_from(id).ok();
        }
        let parts = parts(text)?;
        let last = parts.last()?.as_str();
        match kind {
            Kind::Class => self.class(&parts),
            Kind::Namespace => self.namespaces.get(last).copied(),
            Kind::Type => self.own.types.get(type_name(&text.to_lowercase()).unwrap_or(last)).copied(),
            Kind::Function => self.own.functions.get(last.split('(').next()?).copied(),
            Kind::Role => (last == self.user).then_some(OWNER),
        }
    }

    fn class(&self, parts: &[String]) -> Option<i32> {
        let at = |schema: &str, name: &str| self.classes.get(&(schema.to_owned(), name.to_owned())).copied();
        match parts {
            [name] => {
                let path = self.path();
                let searched = path.iter().map(String::as_str).chain(["pg_catalog"]);
                // Every table counts as visible, so that what is nowhere on the path is looked for everywhere.
                let everywhere = self.namespaces.keys().map(String::as_str);
                searched.chain(everywhere).find_map(|schema| at(schema, name))
            }
            [.., schema, name] => at(schema, name),
            [] => None,
        }
    }

    /// How the thing of an id is shown; the id itself where there is none.
    pub(super) fn shown(&self, kind: Kind, id: i32) -> String {
        if id == 0 {
            return "-".to_owned();
        }
        let name_of = |names: &std::collections::HashMap<String, i32>| {
            let mut found: Vec<&String> =
                names.iter().filter(|(_, known)| **known == id).map(|(name, _)| name).collect();
            found.sort();
            found.first().map(|name| tables::quoted(name))
        };
        let name = match kind {
            Kind::Class => self.classes.iter().find(|(_, known)| **known == id).map(|((schema, name), _)| {
                let plain = schema == "pg_catalog" || self.path().contains(schema);
                if plain {
                    tables::quoted(name)
                } else {
                    format!("{}.{}", tables::quoted(schema), tables::quoted(name))
                }
            }),
            Kind::Namespace => {
                self.namespaces.iter().find(|(_, known)| **known == id).map(|(name, _)| tables::quoted(name))
            }
            Kind::Type => name_of(&self.own.types).map(|name| sql_type(&name)),
            Kind::Function => name_of(&self.own.functions),
            Kind::Role => (id == OWNER).then(|| tables::quoted(&self.user)),
        };
        name.unwrap_or_else(|| id.to_string())
    }
}

/// The parts of a name between dots: in lower case, or as they stand in quotes.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = parts.last_mut()?;
        match letter {
            '.' => parts.push(String::new()),
            '"' => loop {
                match letters.next()? {
                    '"' if letters.next_if_eq(&'"').is_some() => last.push('"'),
                    '"' => break,
                    other => last.push(other),
                }
            },
            other => last.extend(other.to_lowercase()),
        }
    }
    Some(parts)
}

/// Types that SQL calls otherwise than the catalog: SQL's name and the catalog's.
const SQL_TYPES: &[(&str, &str)] = &[
    ("bigint", "int8"),
    ("bit varying", "varbit"),
    ("boolean", "bool"),
    ("character", "bpchar"),
    ("character varying", "varchar"),
    ("decimal", "numeric"),
    ("double precision", "float8"),
    ("int", "int4"),
    ("integer", "int4"),
    ("real", "float4"),
    ("smallint", "int2"),
    ("time with time zone", "timetz"),
    ("time without time zone", "time"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamp without time zone", "timestamp"),
];

fn type_name(text: &str) -> Option<&'static str> {
    SQL_TYPES.iter().find(|(sql, _)| *sql == text).map(|(_, name)| *name)
}

/// A type of the catalog as SQL calls it; `_int8` is `bigint[]`.
fn sql_type(name: &str) -> String {
    let (item, list) = name.strip_prefix('_').map_or((name, ""), |item| (item, "[]"));
    // Of several names, the last is the one that PostgreSQL shows.
    let sql = SQL_TYPES.iter().rev().find(|(_, known)| *known == item && item != "numeric");
    format!("{}{list}", sql.map_or(item, |(sql, _)| *sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_parts() {
        let parts = |text| parts(text).unwrap();
        assert_eq!(parts("Sales.Orders"), ["sales", "orders"]);
        assert_eq!(parts("\"Sa.les\".\"a\"\"b\""), ["Sa.les", "a\"b"]);
        assert_eq!(super::parts("\"open"), None);
    }

    #[test]
    fn types_are_shown_as_sql_calls_them() {
        assert_eq!(sql_type("int4"), "integer");
        assert_eq!(sql_type("_int8"), "bigint[]");
        assert_eq!(sql_type("numeric"), "numeric");
        assert_eq!(sql_type("json"), "json");
        assert_eq!(type_name("character varying"), Some("varchar"));
    }
}
