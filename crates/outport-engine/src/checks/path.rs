//! Where in a row the values are that a rule is about: a column, a field in an object, the items of a list.

use outport_model::contract::{DataType, TableSchema};

use super::literal::{identifier, text};

/// The name of an item in the SQL that looks through a list.
const ITEM: &str = "item";

/// The place of the values that a rule is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// SQL of one value.
    pub(crate) value: String,
    /// Its type.
    pub(crate) data_type: DataType,
    /// From the outside in: what the value is inside of.
    around: Vec<Around>,
}

#[derive(Debug, Clone, PartialEq)]
enum Around {
    /// An object, which may be absent.
    Object(String),
    /// A list: one of its items, under this name, is enough to violate a rule.
    List { list: String, item: String },
}

impl Place {
    /// Finds `column`, `object.field` or `list[].field`. A column may have dots in its own name.
    pub(crate) fn find(table: &TableSchema, path: &str) -> Option<Self> {
        let root = table.column(Self::column(table, path)?)?;
        let place = Self { value: identifier(&root.name), data_type: root.data_type.clone(), around: Vec::new() };
        place.follow(rest_after(path, &root.name)?)
    }

    /// The column that a path begins with.
    pub(crate) fn column<'a>(table: &'a TableSchema, path: &str) -> Option<&'a str> {
        let names = table.columns.iter().map(|c| c.name.as_str());
        names.filter(|name| rest_after(path, name).is_some()).max_by_key(|name| name.len())
    }

    /// SQL of the value, if a row has no more than one.
    pub(crate) fn single(&self) -> Option<String> {
        let in_list = self.around.iter().any(|a| matches!(a, Around::List { .. }));
        (!in_list).then(|| self.value.clone())
    }

    fn follow(mut self, rest: &str) -> Option<Self> {
        if rest.is_empty() {
            return Some(self);
        }
        if let Some(rest) = rest.strip_prefix("[]") {
            let DataType::List(inner) = self.data_type else { return None };
            let item = identifier(&format!("{ITEM}{}", self.around.len()));
            self.around.push(Around::List { list: self.value, item: item.clone() });
            return Self { value: item, data_type: *inner, around: self.around }.follow(rest);
        }
        let rest = rest.strip_prefix('.')?;
        let DataType::Struct(fields) = &self.data_type else { return None };
        let field = fields.iter().filter(|f| rest_after(rest, &f.name).is_some()).max_by_key(|f| f.name.len())?;
        let rest = rest_after(rest, &field.name)?;
        let value = format!("get_field({}, {})", self.value, text(&field.name));
        self.around.push(Around::Object(self.value));
        Self { value, data_type: field.data_type.clone(), around: self.around }.follow(rest)
    }

    /// SQL that is true where `test` is, and false, not null, elsewhere. An absent object or list violates nothing.
    pub(crate) fn violation(&self, test: &str, null_is_violation: bool) -> String {
        let own = if null_is_violation { test.to_owned() } else { format!("({} IS NOT NULL AND {test})", self.value) };
        self.around.iter().rev().fold(own, |inner, around| match around {
            Around::Object(object) => format!("({object} IS NOT NULL AND {inner})"),
            Around::List { list, item } => {
                format!("coalesce(array_any_match({list}, {item} -> {inner}), FALSE)")
            }
        })
    }
}

/// What of a path is left after a name, if the path begins with exactly that name.
fn rest_after<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    path.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with("[]"))
}
