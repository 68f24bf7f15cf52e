//! Pages against sorting everything and cutting it up.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, Int64Array, StringArray},
    datatypes::{DataType as ArrowType, Field, Schema},
};
use outport_app::engine::Arguments;
use outport_model::contract::DataType;
use proptest::prelude::*;

use super::{super::shape::Seen, *};

type Row = BTreeMap<String, Argument>;

/// Columns `a`, `b` of whole numbers, `t` of text; `id` is unique.
const COLUMNS: [&str; 4] = ["a", "b", "t", "id"];

fn shape(key: bool) -> Shape {
    let column = |name: &str| Seen {
        name: name.to_owned(),
        data_type: if name == "t" { DataType::String } else { DataType::Integer { bits: 64, signed: true } },
        nullable: true,
        masked: false,
        description: None,
        deprecated: false,
    };
    Shape {
        product: "shop".parse().unwrap(),
        table: "orders".parse().unwrap(),
        description: None,
        columns: COLUMNS.map(column).to_vec(),
        key: if key { vec!["id".to_owned()] } else { Vec::new() },
    }
}

fn compare(left: &Argument, right: &Argument) -> Option<Ordering> {
    match (left, right) {
        (Argument::Integer(left), Argument::Integer(right)) => Some(left.cmp(right)),
        (Argument::Text(left), Argument::Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// As SQL has it; a missing value decides nothing, and what nothing decides does not hold: there is no `NOT`.
fn holds(predicate: &Predicate, row: &Row) -> bool {
    match predicate {
        Predicate::Compare(column, comparison, value) => {
            compare(&row[column], value).is_some_and(|ordering| match comparison {
                Comparison::Equal => ordering.is_eq(),
                Comparison::NotEqual => ordering.is_ne(),
                Comparison::Less => ordering.is_lt(),
                Comparison::LessOrEqual => ordering.is_le(),
                Comparison::Greater => ordering.is_gt(),
                Comparison::GreaterOrEqual => ordering.is_ge(),
            })
        }
        Predicate::Missing(column) => row[column] == Argument::Null,
        Predicate::Present(column) => row[column] != Argument::Null,
        Predicate::All(parts) => parts.iter().all(|part| holds(part, row)),
        Predicate::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Predicate::AnyOf(..) | Predicate::Like { .. } => unreachable!("pages do not ask this"),
    }
}

fn sorted(mut rows: Vec<Row>, order: &[Order]) -> Vec<Row> {
    rows.sort_by(|left, right| {
        let places = order.iter().map(|order| {
            let (left, right) = (&left[&order.column], &right[&order.column]);
            match (left == &Argument::Null, right == &Argument::Null) {
                (true, true) => Ordering::Equal,
                (true, false) => {
                    if order.nulls_first {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
                (false, true) => {
                    if order.nulls_first {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    }
                }
                (false, false) if order.descending => compare(right, left).unwrap(),
                (false, false) => compare(left, right).unwrap(),
            }
        });
        places.fold(Ordering::Equal, Ordering::then)
    });
    rows
}

/// What an engine would answer to the page's question.
fn answer(page: &Page, rows: &[Row]) -> (SchemaRef, RecordBatch) {
    let condition = page.condition();
    let met = rows.iter().filter(|row| holds(&condition, row)).cloned().collect();
    let skip = page.cursor.as_ref().map_or(0, |cursor| cursor.skip);
    let met: Vec<Row> = sorted(met, &page.order).into_iter().skip(skip).take(page.limit + 1).collect();
    let unselected = page.order.iter().map(|order| &order.column).filter(|column| !page.select.contains(column));
    let names: Vec<&String> = page.select.iter().chain(unselected).collect();
    let columns = names.iter().map(|name| -> ArrayRef {
        if *name == "t" {
            Arc::new(
                met.iter()
                    .map(|row| match &row[*name] {
                        Argument::Text(text) => Some(text.clone()),
                        _ => None,
                    })
                    .collect::<StringArray>(),
            )
        } else {
            Arc::new(
                met.iter()
                    .map(|row| match &row[*name] {
                        Argument::Integer(value) => Some(*value),
                        _ => None,
                    })
                    .collect::<Int64Array>(),
            )
        }
    });
    let field = |name: &&String| Field::new(*name, if *name == "t" { ArrowType::Utf8 } else { ArrowType::Int64 }, true);
    let schema: SchemaRef = Arc::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()));
    (Arc::clone(&schema), RecordBatch::try_new(schema, columns.collect()).unwrap())
}

fn values(batches: &[RecordBatch]) -> Vec<Vec<Argument>> {
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    rows.map(|(batch, row)| batch.columns().iter().map(|column| value(column, row).unwrap()).collect()).collect()
}

/// What the columns that decide the order hold in one row.
type Cells = (Option<i64>, Option<i64>, Option<i64>);

fn cell() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![Just(None), (0_i64..3).prop_map(Some)]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((cell(), cell(), cell()), 0..24).prop_map(|rows| {
        let whole = |value: Option<i64>| value.map_or(Argument::Null, Argument::Integer);
        let numbered = rows.into_iter().zip(0_i64..);
        let row = |((a, b, t), id): (Cells, i64)| {
            let text = t.map_or(Argument::Null, |text| Argument::Text(format!("t{text}")));
            let cells = [whole(a), whole(b), text, Argument::Integer(id % 7)];
            COLUMNS.iter().map(|name| (*name).to_owned()).zip(cells).collect()
        };
        numbered.map(row).collect()
    })
}

fn orders() -> impl Strategy<Value = Vec<Order>> {
    let order = |(column, descending, nulls_first): (&'static str, bool, bool)| Order {
        column: column.to_owned(),
        descending,
        nulls_first,
    };
    let one = (prop::sample::select(COLUMNS.to_vec()), any::<bool>(), any::<bool>()).prop_map(order);
    prop::collection::vec(one, 0..4).prop_map(|mut orders| {
        let mut seen = Vec::new();
        orders.retain(|order: &Order| {
            let new = !seen.contains(&order.column);
            seen.push(order.column.clone());
            new
        });
        orders
    })
}

proptest! {
    /// With a key that is none (values repeat), with a whole order, and with columns that are not shown.
    #[test]
    fn pages_are_the_sorted_rows_cut_up(
        rows in rows(),
        order in orders(),
        limit in 1_usize..6,
        key in any::<bool>(),
        select in prop::sample::subsequence(COLUMNS.to_vec(), 1..=4),
    ) {
        let shape = shape(key);
        let select: Vec<String> = select.into_iter().map(str::to_owned).collect();
        let mut cursor = None;
        let mut shown = Vec::new();
        let mut pages = 0;
        let whole = complete(&shape, order.clone());
        loop {
            let parameters = Parameters {
                select: select.clone(), filters: Vec::new(), order: order.clone(), limit, cursor, format: None,
            };
            let page = Page::new(&shape, parameters).unwrap();
            let (schema, batch) = answer(&page, &rows);
            let closed = page.close(&schema, &[batch]).unwrap();
            let page_rows = values(&closed.batches);
            prop_assert!(page_rows.len() <= limit);
            shown.extend(page_rows);
            pages += 1;
            prop_assert!(pages <= rows.len() + 1, "no end");
            cursor = closed.next;
            if cursor.is_none() {
                break;
            }
        }
        let expect: Vec<Vec<Argument>> = sorted(rows.clone(), &whole)
            .into_iter()
            .map(|row| select.iter().map(|column| row[column].clone()).collect())
            .collect();
        prop_assert_eq!(shown, expect);
        prop_assert_eq!(pages, rows.len().div_ceil(limit).max(1));
    }

    #[test]
    fn nothing_that_is_written_reaches_sql_unquoted(text in "[ -~]{0,40}", name in "[ -~]{2,10}") {
        prop_assume!(!COLUMNS.contains(&name.as_str()));
        let mut shape = shape(false);
        shape.columns[2].name = name.clone();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(&format!(".{name}"), &format!("eq.{text}"))
            .append_pair("select", &format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
            .finish();
        let parameters = Parameters::read(&shape, &query).unwrap();
        let question = Page::new(&shape, parameters).unwrap().question();
        // Without what stands between quotes there are only words of ours and numbers of parameters.
        let mut outside = String::new();
        let mut inside = false;
        for character in question.sql.chars() {
            if character == '"' { inside = !inside } else if !inside { outside.push(character) }
        }
        prop_assert!(!inside);
        prop_assert!(outside.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || " ,.=$".contains(c)), "{outside}");
        prop_assert_eq!(question.arguments, Arguments::Positional(vec![Argument::Text(text)]));
    }

    #[test]
    fn any_address_is_read_or_refused(query in ".{0,60}", operator in prop::sample::select(super::super::filter::OPERATORS.to_vec())) {
        let shape = shape(true);
        let _ = Parameters::read(&shape, &query);
        for column in COLUMNS {
            let _ = Parameters::read(&shape, &format!("{column}={operator}.{query}"));
        }
    }
}

#[test]
fn a_page_is_one_query() {
    let read = |query: &str| {
        let shape = shape(true);
        let page = Page::new(&shape, Parameters::read(&shape, query).unwrap()).unwrap();
        page.question()
    };
    insta::assert_snapshot!(
        read("select=t&a=gte.1&a=lt.5&t=like.*50%25_*&order=b.desc.nullsfirst&limit=2").sql,
        @r#"SELECT "t", "b", "id" FROM "shop"."orders" WHERE ("a" >= $1 AND "a" < $2 AND "t" LIKE $3) ORDER BY "b" DESC NULLS FIRST, "id" ASC NULLS LAST LIMIT 3"#
    );
    let question = read("t=like.*50%25_*");
    assert_eq!(question.arguments, Arguments::Positional(vec![Argument::Text(r"%50\%\_%".to_owned())]));
    insta::assert_snapshot!(
        read("a=in.(1,2)&b=is.null&t=x.y").sql,
        @r#"SELECT "a", "b", "t", "id" FROM "shop"."orders" WHERE ("a" IN ($1, $2) AND "b" IS NULL AND "t" = $3) ORDER BY "id" ASC NULLS LAST LIMIT 101"#
    );
}

#[test]
fn the_next_page_begins_after_the_last_row() {
    let shape = shape(true);
    let mut parameters = Parameters::read(&shape, "order=a&limit=1").unwrap();
    let first = Page::new(&shape, parameters.clone()).unwrap();
    let cursor = Cursor { values: vec![Argument::Integer(4), Argument::Integer(7)], skip: 1 };
    parameters.cursor = Some(cursor.encode(&first.question));
    insta::assert_snapshot!(
        Page::new(&shape, parameters).unwrap().question().sql,
        @r#"SELECT "a", "b", "t", "id" FROM "shop"."orders" WHERE ("a" > $1 OR "a" IS NULL OR ("a" = $2 AND ("id" > $3 OR "id" IS NULL OR "id" = $4))) ORDER BY "a" ASC NULLS LAST, "id" ASC NULLS LAST LIMIT 2 OFFSET 1"#
    );
    let other =
        Parameters { cursor: Some(cursor.encode(&first.question)), ..Parameters::read(&shape, "order=b").unwrap() };
    assert!(Page::new(&shape, other).is_err(), "a cursor of another question");
}

#[test]
fn what_is_wrong_is_named() {
    let shape = shape(true);
    let wrong = |query: &str| Parameters::read(&shape, query).unwrap_err().to_string();
    let said: Vec<String> = [
        "idd=1",
        "slect=a",
        "a=x",
        "a=in.1",
        "a=is.zero",
        "a=like.1*",
        "order=a,a",
        "select=",
        "limit=0",
        "limit=1&limit=2",
        "order=zz",
    ]
    .map(wrong)
    .to_vec();
    insta::assert_snapshot!(said.join("\n"), @r"
    `shop.orders` has no column `idd`
    `slect` is neither a parameter nor a column
    `x` is no value of column `a`, which holds integer (i64)
    `in.1` has no list
    `is.zero` is not known
    column `a` holds no text
    `order` has `a` twice
    `select` has no column
    `0` is no `limit`
    `limit` is given twice
    `shop.orders` has no column `zz`
    ");
}
