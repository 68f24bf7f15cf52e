//! What an address asks of a table.

use url::form_urlencoded;

use super::{
    fault::{Fault, nearest},
    filter::filter,
    list,
    predicate::Predicate,
    shape::Shape,
};

/// Rows of a page where nothing is said.
pub(crate) const DEFAULT_LIMIT: usize = 100;

/// Rows of a page at most.
pub(crate) const GREATEST_LIMIT: usize = 10_000;

/// Names that are no columns. A column of such a name is written with a `.` before it.
pub(crate) const RESERVED: [&str; 5] = ["select", "order", "limit", "cursor", "format"];

/// What an address asks of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters {
    /// The columns of the answer.
    pub(crate) select: Vec<String>,
    /// Conditions that every row meets.
    pub(crate) filters: Vec<Predicate>,
    /// The order that is asked for.
    pub(crate) order: Vec<Order>,
    /// Rows of the page.
    pub(crate) limit: usize,
    /// Where the page before ended.
    pub(crate) cursor: Option<String>,
    /// The name of a format.
    pub(crate) format: Option<String>,
}

/// One column of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// The column.
    pub(crate) column: String,
    /// Whether the greatest comes first.
    pub(crate) descending: bool,
    /// Whether rows without a value come first.
    pub(crate) nulls_first: bool,
}

impl Parameters {
    /// Reads the part of an address after `?`.
    pub(crate) fn read(shape: &Shape, text: &str) -> Result<Self, Fault> {
        let all = shape.columns.iter().map(|column| column.name.clone()).collect();
        let mut read = Self {
            select: all,
            filters: Vec::new(),
            order: Vec::new(),
            limit: DEFAULT_LIMIT,
            cursor: None,
            format: None,
        };
        let mut seen = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if let Some(reserved) = RESERVED.iter().find(|reserved| **reserved == name) {
                if seen.contains(reserved) {
                    return Err(Fault::new(format!("`{reserved}` is given twice")));
                }
                seen.push(*reserved);
                read.reserved(shape, reserved, &value)?;
            } else {
                let name = name.strip_prefix('.').unwrap_or(&name);
                let column = shape.column(name).map_err(|fault| about(fault, name))?;
                read.filters.push(filter(column, &value)?);
            }
        }
        Ok(read)
    }

    fn reserved(&mut self, shape: &Shape, name: &str, value: &str) -> Result<(), Fault> {
        match name {
            "select" => self.select = select(shape, value)?,
            "order" => self.order = order(shape, value)?,
            "limit" => self.limit = limit(value)?,
            "cursor" => self.cursor = Some(value.to_owned()),
            _ => self.format = Some(value.to_owned()),
        }
        Ok(())
    }
}

/// A parameter that is near to a reserved name is not a column that is missing.
fn about(fault: Fault, name: &str) -> Fault {
    match nearest(name, RESERVED) {
        Some(near) => Fault::new(format!("`{name}` is neither a parameter nor a column"))
            .help(format!("did you mean the parameter `{near}`?")),
        None => fault,
    }
}

fn select(shape: &Shape, text: &str) -> Result<Vec<String>, Fault> {
    let mut select: Vec<String> = Vec::new();
    for item in list::items(text)? {
        let column = shape.column(&item.whole()?)?;
        if select.contains(&column.name) {
            return Err(Fault::new(format!("`select` has `{}` twice", column.name)));
        }
        select.push(column.name.clone());
    }
    if select.is_empty() { Err(Fault::new("`select` has no column")) } else { Ok(select) }
}

fn order(shape: &Shape, text: &str) -> Result<Vec<Order>, Fault> {
    let mut order: Vec<Order> = Vec::new();
    for item in list::items(text)? {
        let (name, words) = item.name_and_words(&["asc", "desc", "nullsfirst", "nullslast"]);
        let column = shape.column(&name)?;
        if !column.is_comparable() {
            return Err(Fault::new(format!("column `{name}` cannot be put in order")));
        }
        if order.iter().any(|other| other.column == name) {
            return Err(Fault::new(format!("`order` has `{name}` twice")));
        }
        order.push(Order {
            column: name,
            descending: words.contains(&"desc"),
            nulls_first: words.contains(&"nullsfirst"),
        });
    }
    Ok(order)
}

fn limit(text: &str) -> Result<usize, Fault> {
    let number = text.parse().ok().filter(|limit| (1..=GREATEST_LIMIT).contains(limit));
    number.ok_or_else(|| {
        Fault::new(format!("`{text}` is no `limit`"))
            .help(format!("ask for 1 to {GREATEST_LIMIT} rows, and follow `next`; or download the table"))
    })
}
