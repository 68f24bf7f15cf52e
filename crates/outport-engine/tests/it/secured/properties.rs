//! For random tables, rules and masks, an answer is that of the same query over rows that were filtered and masked one by one.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate, TimeDelta};
use datafusion::{
    arrow::{
        array::{
            BooleanArray, Decimal128Array, Float64Array, Int32Array, ListBuilder, StringBuilder,
            TimestampMicrosecondArray,
        },
        datatypes::{DataType, Field},
    },
    prelude::{SessionConfig, SessionContext},
};
use outport_model::access::DateUnit;
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) whole: Option<i32>,
    pub(super) big: Option<i64>,
    pub(super) money: Option<i128>,
    pub(super) real: Option<f64>,
    pub(super) text: Option<String>,
    pub(super) word: Option<String>,
    pub(super) day: Option<i32>,
    pub(super) at: Option<i64>,
    pub(super) flag: Option<bool>,
    pub(super) tags: Option<Vec<Option<String>>>,
}

const COLUMNS: [&str; 10] = ["whole", "big", "Money", "real", "text", "word", "day", "at", "flag", "tags"];
const TEXTS: [&str; 9] = ["", "a", "ab", "b%", "a_b", "x\\y", "a\nb", "Zoë", "日本 a"];
const DAY: i64 = 86_400_000_000;
const MOMENTS: [i64; 8] = [0, 1, -1, 1_000, DAY, DAY + 1, -DAY, 1_719_838_800_123_456];

fn text_of() -> impl Strategy<Value = String> {
    select(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn whole() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -3_i64..4, 1 => select(vec![i64::MIN, i64::MAX, i64::from(i32::MIN), i64::from(i32::MAX), 1 << 40])]
}

pub(super) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let numbers = (
        option::weighted(0.8, whole().prop_map(|n| i32::try_from(n).unwrap_or(i32::MAX))),
        option::weighted(0.8, whole()),
        option::weighted(0.8, prop_oneof![-300_i128..301, select(vec![99_999_i128, -99_999])]),
        option::weighted(0.8, select(vec![-0.0, 0.0, 0.5, -1.5, 12.5, f64::INFINITY, f64::NAN, 1e300])),
    );
    let texts = (option::weighted(0.8, text_of()), option::weighted(0.8, text_of()));
    let others = (
        option::weighted(0.8, prop_oneof![-2_i32..3, Just(19_905)]),
        option::weighted(0.8, select(MOMENTS.to_vec())),
        option::weighted(0.8, any::<bool>()),
        option::weighted(0.8, vec(option::weighted(0.8, text_of()), 0..3)),
    );
    let row = (numbers, texts, others).prop_map(|((whole, big, money, real), (text, word), (day, at, flag, tags))| {
        Row { id: 0, whole, big, money, real, text, word, day, at, flag, tags }
    });
    vec(row, 0..12).prop_map(|mut rows| {
        for (row, id) in rows.iter_mut().zip(1..) {
            row.id = id;
        }
        rows
    })
}

pub(super) fn to_batch(rows: &[Row]) -> RecordBatch {
    let field = Field::new("element", DataType::Utf8, true);
    let mut tags = ListBuilder::new(StringBuilder::new()).with_field(field);
    for row in rows {
        tags.append_option(row.tags.clone());
    }
    let money: Decimal128Array = rows.iter().map(|r| r.money).collect();
    let at: TimestampMicrosecondArray = rows.iter().map(|r| r.at).collect();
    batch(vec![
        ("id", Arc::new(rows.iter().map(|r| Some(r.id)).collect::<Int64Array>())),
        ("whole", Arc::new(rows.iter().map(|r| r.whole).collect::<Int32Array>())),
        ("big", Arc::new(rows.iter().map(|r| r.big).collect::<Int64Array>())),
        ("Money", Arc::new(money.with_precision_and_scale(5, 2).unwrap())),
        ("real", Arc::new(rows.iter().map(|r| r.real).collect::<Float64Array>())),
        ("text", Arc::new(rows.iter().map(|r| r.text.clone()).collect::<StringArray>())),
        ("word", Arc::new(rows.iter().map(|r| r.word.clone()).collect::<StringArray>())),
        ("day", Arc::new(rows.iter().map(|r| r.day).collect::<Date32Array>())),
        ("at", Arc::new(at.with_timezone("UTC"))),
        ("flag", Arc::new(rows.iter().map(|r| r.flag).collect::<BooleanArray>())),
        ("tags", Arc::new(tags.finish())),
    ])
}

// Rules.

fn compare(column: &str, comparison: Comparison, value: Value) -> Condition {
    Condition::Compare { column: column.to_owned(), comparison, value }
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    use Comparison as C;
    select(vec![C::Equal, C::NotEqual, C::Less, C::LessOrEqual, C::Greater, C::GreaterOrEqual])
}

fn values() -> impl Strategy<Value = (&'static str, Value)> {
    let moments: Vec<i64> = MOMENTS.iter().map(|moment| moment.div_euclid(1_000)).chain([i64::MIN, i64::MAX]).collect();
    let tenths = prop_oneof![
        -30_000_i64..30_000,
        (-300_i64..301).prop_map(|n| n * 100),
        select(vec![9_999_900, 9_999_950, i64::MIN, i64::MAX])
    ];
    prop_oneof![
        (select(vec!["whole", "big", "Money"]), whole().prop_map(Value::Integer)),
        (select(vec!["Money", "whole"]), tenths.prop_map(Value::Decimal)),
        (select(vec!["text", "word"]), text_of().prop_map(Value::Text)),
        (select(vec!["day", "at"]), select(moments).prop_map(Value::Moment)),
        (Just("flag"), any::<bool>().prop_map(Value::Boolean)),
    ]
}

fn leaves() -> impl Strategy<Value = Condition> {
    let pairs = select(vec![("whole", "big"), ("big", "whole"), ("text", "word"), ("word", "text"), ("day", "day")]);
    let lists = prop_oneof![
        (Just("big"), vec(whole().prop_map(Value::Integer), 0..4)),
        (Just("text"), vec(text_of().prop_map(Value::Text), 0..4)),
        (Just("Money"), vec((-3_i64..4).prop_map(|n| Value::Decimal(n * 5_000 + n % 2)), 0..4)),
    ];
    let pieces = vec(select(vec!["", "a", "b", "%", "_", "\\", "\n"]).prop_map(str::to_owned), 0..4);
    prop_oneof![
        1 => any::<bool>().prop_map(|holds| Condition::Constant { holds }),
        1 => Just(Condition::Flag { column: "flag".to_owned() }),
        1 => select(COLUMNS.to_vec()).prop_map(|column| Condition::Present { column: column.to_owned() }),
        8 => (values(), comparisons()).prop_map(|((column, value), comparison)| compare(column, comparison, value)),
        2 => (pairs, comparisons()).prop_map(|((left, right), comparison)| Condition::CompareColumns {
            left: left.to_owned(),
            comparison,
            right: right.to_owned(),
        }),
        2 => lists.prop_map(|(column, values)| Condition::AnyOf { column: column.to_owned(), values }),
        2 => (select(vec!["text", "word"]), pieces)
            .prop_map(|(column, pieces)| Condition::Like { column: column.to_owned(), pieces }),
        1 => text_of().prop_map(|text| Condition::Contains { column: "tags".to_owned(), value: Value::Text(text) }),
    ]
}

fn conditions() -> impl Strategy<Value = Condition> {
    leaves().prop_recursive(3, 12, 3, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        prop_oneof![
            one().prop_map(|condition| Condition::Not { condition }),
            vec(inner.clone(), 0..4).prop_map(|conditions| Condition::All { conditions }),
            vec(inner.clone(), 0..4).prop_map(|conditions| Condition::Any { conditions }),
            (one(), one(), one()).prop_map(|(test, then, otherwise)| Condition::If { test, then, otherwise }),
        ]
    })
}

fn rules() -> impl Strategy<Value = RowAccess> {
    let rule = (vec(conditions(), 0..3), vec(conditions(), 0..2));
    prop_oneof![
        1 => Just(RowAccess::All),
        9 => rule.prop_map(|(permits, forbids)| RowAccess::Where(RowRule { permits, forbids })),
    ]
}

/// A number or moment as a fraction of one unit, exact.
fn exact(row: &Row, column: &str) -> Option<i128> {
    match column {
        "whole" => row.whole.map(|n| i128::from(n) * 10_000),
        "big" => row.big.map(|n| i128::from(n) * 10_000),
        "Money" => row.money.map(|n| n * 100),
        "day" => row.day.map(|n| i128::from(n) * i128::from(DAY)),
        "at" => row.at.map(i128::from),
        other => panic!("{other} is no number"),
    }
}

fn order(row: &Row, column: &str, value: &Value) -> Option<Ordering> {
    match value {
        Value::Boolean(holds) => row.flag.map(|flag| flag.cmp(holds)),
        Value::Text(text) => text_in(row, column).map(|found| found.as_str().cmp(text)),
        Value::Integer(n) => exact(row, column).map(|found| found.cmp(&(i128::from(*n) * 10_000))),
        Value::Decimal(n) => exact(row, column).map(|found| found.cmp(&i128::from(*n))),
        Value::Moment(n) => exact(row, column).map(|found| found.cmp(&(i128::from(*n) * 1_000))),
    }
}

fn text_in<'a>(row: &'a Row, column: &str) -> Option<&'a String> {
    if column == "text" { row.text.as_ref() } else { row.word.as_ref() }
}

fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn like(text: &str, pieces: &[String]) -> bool {
    let pattern: Vec<String> = pieces.iter().map(|piece| regex::escape(piece)).collect();
    regex::Regex::new(&format!("(?s)^{}$", pattern.join(".*"))).unwrap().is_match(text)
}

fn outcome(condition: &Condition, row: &Row) -> Option<bool> {
    Some(match condition {
        Condition::Constant { holds } => *holds,
        Condition::Flag { .. } => row.flag?,
        Condition::Present { column } => !mask_row(&Row { id: 0, ..row.clone() }, column, &Mask::Null).1,
        Condition::Compare { column, comparison, value } => holds(*comparison, order(row, column, value)?),
        Condition::CompareColumns { left, comparison, right } => {
            let order = match left.as_str() {
                "text" | "word" => text_in(row, left)?.cmp(text_in(row, right)?),
                _ => exact(row, left)?.cmp(&exact(row, right)?),
            };
            holds(*comparison, order)
        }
        Condition::AnyOf { column, values } => {
            order(
                row,
                column,
                values.first().unwrap_or(&match column.as_str() {
                    "text" => Value::Text(String::new()),
                    _ => Value::Integer(0),
                }),
            )?;
            values.iter().any(|value| order(row, column, value) == Some(Ordering::Equal))
        }
        Condition::Like { column, pieces } => like(text_in(row, column)?, pieces),
        Condition::Contains { value, .. } => {
            let Value::Text(text) = value else { panic!("tags are texts") };
            row.tags.as_ref()?.iter().flatten().any(|tag| tag == text)
        }
        Condition::Not { condition } => !outcome(condition, row)?,
        Condition::All { conditions } => {
            for condition in conditions {
                if !outcome(condition, row)? {
                    return Some(false);
                }
            }
            true
        }
        Condition::Any { conditions } => {
            for condition in conditions {
                if outcome(condition, row)? {
                    return Some(true);
                }
            }
            false
        }
        Condition::If { test, then, otherwise } => {
            return outcome(if outcome(test, row)? { then } else { otherwise }, row);
        }
    })
}

fn exists(rows: &RowAccess, row: &Row) -> bool {
    let RowAccess::Where(rule) = rows else { return true };
    rule.permits.iter().any(|condition| outcome(condition, row) == Some(true))
        && rule.forbids.iter().all(|condition| outcome(condition, row) == Some(false))
}

// Masks.

fn masks() -> impl Strategy<Value = Mask> {
    prop_oneof![
        Just(Mask::Null),
        Just(Mask::Redact),
        Just(Mask::Hash),
        (0_u32..4).prop_map(|characters| Mask::Last { characters }),
        (0_u32..4).prop_map(|characters| Mask::First { characters }),
        select(vec![1_u64, 2, 7, 1_000, u64::MAX]).prop_map(|width| Mask::NumberBucket { width }),
        select(vec![DateUnit::Day, DateUnit::Week, DateUnit::Month, DateUnit::Quarter, DateUnit::Year])
            .prop_map(|unit| Mask::DateBucket { unit }),
        Just(Mask::Regex { pattern: "[ab]+".to_owned(), replacement: "-".to_owned() }),
    ]
}

fn mask_text(text: &str, mask: &Mask) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let stars = |kept: u32, is_kept: &dyn Fn(usize, usize) -> bool| {
        let kept = if (kept as usize) < characters.len() { kept as usize } else { 0 };
        characters.iter().enumerate().map(|(at, c)| if is_kept(at, kept) { *c } else { '*' }).collect()
    };
    match mask {
        Mask::Redact => Some("***".to_owned()),
        Mask::Hash => Some(blake3::keyed_hash(&[7; 32], text.as_bytes()).to_hex()[..32].to_owned()),
        Mask::First { characters } => Some(stars(*characters, &|at, kept| at < kept)),
        Mask::Last { characters: kept } => Some(stars(*kept, &|at, kept| at + kept >= characters.len())),
        Mask::Regex { pattern, replacement } => {
            Some(regex::Regex::new(pattern).unwrap().replace_all(text, replacement.as_str()).into_owned())
        }
        _ => None,
    }
}

fn mask_number(number: i128, unit: i128, mask: &Mask) -> Option<i128> {
    let Mask::NumberBucket { width } = mask else { return None };
    let width = i128::from(*width) * unit;
    Some(number.div_euclid(width) * width)
}

fn mask_day(day: i64, mask: &Mask) -> Option<i64> {
    let Mask::DateBucket { unit } = mask else { return None };
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let mut date = epoch + TimeDelta::days(day);
    let begins = |date: NaiveDate| match unit {
        DateUnit::Day => true,
        DateUnit::Week => date.weekday() == chrono::Weekday::Mon,
        DateUnit::Month => date.day() == 1,
        DateUnit::Quarter => date.day() == 1 && matches!(date.month(), 1 | 4 | 7 | 10),
        DateUnit::Year => date.ordinal() == 1,
    };
    while !begins(date) {
        date = date.pred_opt().unwrap();
    }
    Some((date - epoch).num_days())
}

/// The row with one column masked, and whether that column had no value before.
fn mask_row(row: &Row, column: &str, mask: &Mask) -> (Row, bool) {
    let mut masked = row.clone();
    let missing = match column {
        "whole" => {
            masked.whole = row.whole.and_then(|n| i32::try_from(mask_number(n.into(), 1, mask)?).ok());
            row.whole.is_none()
        }
        "big" => {
            masked.big = row.big.and_then(|n| i64::try_from(mask_number(n.into(), 1, mask)?).ok());
            row.big.is_none()
        }
        "Money" => {
            masked.money = row.money.and_then(|n| mask_number(n, 100, mask)).filter(|n| n.abs() < 100_000);
            row.money.is_none()
        }
        "real" => {
            masked.real = row.real.and_then(|n| match mask {
                Mask::NumberBucket { .. } if !n.is_finite() => Some(n),
                Mask::NumberBucket { width } => Some(n - n.rem_euclid(width.to_string().parse().unwrap())),
                _ => None,
            });
            row.real.is_none()
        }
        "text" => {
            masked.text = row.text.as_deref().and_then(|text| mask_text(text, mask));
            row.text.is_none()
        }
        "word" => {
            masked.word = row.word.as_deref().and_then(|text| mask_text(text, mask));
            row.word.is_none()
        }
        "day" => {
            masked.day = row.day.and_then(|day| i32::try_from(mask_day(day.into(), mask)?).ok());
            row.day.is_none()
        }
        "at" => {
            masked.at = row.at.and_then(|at| Some(mask_day(at.div_euclid(DAY), mask)? * DAY));
            row.at.is_none()
        }
        "flag" => {
            masked.flag = None;
            row.flag.is_none()
        }
        "tags" => {
            masked.tags = None;
            row.tags.is_none()
        }
        other => panic!("{other}"),
    };
    (masked, missing)
}

// Everything together.

pub(super) fn accesses() -> impl Strategy<Value = TableAccess> {
    let column = prop_oneof![
        1 => Just(None),
        4 => Just(Some(ColumnAccess::Clear)),
        3 => masks().prop_map(|mask| Some(ColumnAccess::Masked(mask))),
    ];
    (vec(column, COLUMNS.len()), rules()).prop_map(|(columns, rows)| {
        let named = COLUMNS.iter().zip(columns).filter_map(|(name, access)| Some(((*name).to_owned(), access?)));
        let columns = named.chain([("id".to_owned(), ColumnAccess::Clear)]).collect();
        TableAccess { columns, rows, minimum_group: None, agreement: None }
    })
}

/// What the asker sees, computed row by row.
fn visible(rows: &[Row], access: &TableAccess) -> RecordBatch {
    let mut seen: Vec<Row> = rows.iter().filter(|row| exists(&access.rows, row)).cloned().collect();
    for (column, access) in &access.columns {
        if let ColumnAccess::Masked(mask) = access {
            seen = seen.iter().map(|row| mask_row(row, column, mask).0).collect();
        }
    }
    let all = to_batch(&seen);
    let schema = all.schema();
    let shown = (0..schema.fields().len()).filter(|at| access.columns.contains_key(schema.field(*at).name()));
    all.project(&shown.collect::<Vec<_>>()).unwrap()
}

/// Conditions that queries may use, by column. Some are moved below the barrier, some are not, some can fail.
const PREDICATES: [(&str, &str); 22] = [
    ("whole", "whole > 0"),
    ("whole", "10 / (whole - 1) > 3"),
    ("whole", "whole + 2147483647 > 3"),
    ("whole", "NOT whole IN (1, 2)"),
    ("big", "big >= 1.5"),
    ("big", "big IS NULL OR big < 0"),
    ("big", "abs(big) = 2"),
    ("Money", "\"Money\" <> 0.5"),
    ("Money", "\"Money\" BETWEEN -1 AND 2"),
    ("real", "real > 0.25"),
    ("real", "real = 0"),
    ("text", "text LIKE 'a%'"),
    ("text", "text NOT LIKE '%b_%' OR id = 1"),
    ("text", "text > 'a' AND text <> '***'"),
    ("text", "length(text) = 3"),
    ("word", "word IN ('a', 'ab', '***')"),
    ("word", "CAST(word AS BIGINT) = 1"),
    ("day", "day >= DATE '1970-01-01'"),
    ("at", "at < TIMESTAMP '1970-01-02T00:00:00Z'"),
    ("flag", "flag"),
    ("flag", "flag IS NOT TRUE AND id > 2"),
    ("tags", "array_has(tags, 'a')"),
];

fn queries(access: &TableAccess, picks: &[usize]) -> Vec<String> {
    let usable: Vec<&str> =
        PREDICATES.iter().filter(|(column, _)| access.columns.contains_key(*column)).map(|(_, text)| *text).collect();
    let columns: Vec<String> = access.columns.keys().map(|name| format!("\"{name}\"")).collect();
    let predicate = |at: usize| if usable.is_empty() { "id > 1" } else { usable[picks[at] % usable.len()] };
    let column = |at: usize| &columns[picks[at] % columns.len()];
    let (p, q, c) = (predicate(0), predicate(1), column(2));
    vec![
        "SELECT * FROM shop.t".to_owned(),
        "SELECT count(*) FROM shop.t".to_owned(),
        format!("SELECT * FROM shop.t WHERE {p}"),
        format!("SELECT id, {c} FROM shop.t WHERE ({p}) AND ({q})"),
        format!("SELECT count(*), count({c}) FROM shop.t WHERE ({p}) OR NOT ({q})"),
        format!("SELECT count(*) AS n, {c} FROM shop.t GROUP BY {c}"),
        format!("SELECT id FROM shop.t WHERE {p} ORDER BY id DESC LIMIT 2"),
        format!("SELECT a.id, b.id FROM shop.t a JOIN shop.t b ON a.{c} = b.{c} WHERE a.id <= b.id"),
        format!("SELECT id FROM shop.t WHERE id IN (SELECT id + 1 FROM shop.t WHERE {q})"),
        format!("SELECT count(*) FROM (SELECT * FROM shop.t LIMIT 3) AS t WHERE {c} IS NOT NULL OR true"),
    ]
}

fn expected(rows: RecordBatch) -> SessionContext {
    let mut config = SessionConfig::new().with_default_catalog_and_schema("outport", "shop").with_target_partitions(1);
    config.options_mut().execution.time_zone = Some("UTC".to_owned());
    let context = SessionContext::new_with_config(config);
    context.register_batch("t", rows).unwrap();
    context
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_those_over_visible_rows(rows in rows(), access in accesses(), picks in vec(0_usize..1_000, 3)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut home = Home::new();
            let middle = rows.len() / 2;
            let table = home.store("shop", "t", &[to_batch(&rows[..middle]), to_batch(&rows[middle..])]).await;
            home.show("shop", "t", table, Sight::Part(access.clone()));
            let oracle = expected(visible(&rows, &access));
            for sql in queries(&access, &picks) {
                // A query may fail on what is visible; then nothing is said of its answer.
                let Ok(frame) = oracle.sql(&sql).await else { continue };
                let Ok(expected) = frame.collect().await else { continue };
                let found = home.try_ask(&sql).await;
                let found = found.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
                assert_eq!(sorted(found), sorted(texts(&expected)), "{sql}");
            }
        });
    }
}

/// A row without a value, under a rule that no value meets: what cannot be decided permits nothing.
#[tokio::test]
async fn a_rule_that_no_value_meets_permits_no_row_without_one() {
    let never =
        Condition::Compare { column: "day".to_owned(), comparison: Comparison::Less, value: Value::Moment(i64::MIN) };
    let rules = [
        RowRule { permits: vec![never.clone()], forbids: Vec::new() },
        RowRule { permits: vec![Condition::Constant { holds: true }], forbids: vec![never.clone()] },
        RowRule { permits: vec![Condition::Any { conditions: vec![never.clone(), never] }], forbids: Vec::new() },
    ];
    for rule in rules {
        let mut home = Home::new();
        let row = Row { id: 1, ..Row::default() };
        let table = home.store("shop", "t", &[to_batch(std::slice::from_ref(&row))]).await;
        let access = TableAccess { rows: RowAccess::Where(rule.clone()), ..TableAccess::unrestricted(["id"]) };
        home.show("shop", "t", table, Sight::Part(access));
        assert_eq!(home.try_ask("SELECT * FROM shop.t").await.unwrap(), Vec::<String>::new(), "{rule:?}");
    }
}
