//! For random tables and rules, the engine's counts are those of a row-by-row evaluation, however the table is stored.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use datafusion::{
    arrow::array::{BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray},
    prelude::{SessionContext, random},
};
use outport_engine::checks::{CheckedTable, run_checks};
use outport_model::{
    check::{Bound, Check, CheckKind, CheckResult, Unit},
    contract::{Contract, DataType},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

use super::fixture::*;

const MONEY: DataType = DataType::Decimal { precision: 12, scale: 2 };

#[derive(Debug, Clone)]
struct Row {
    whole: Option<i64>,
    real: Option<f64>,
    text: Option<String>,
    day: Option<i32>,
    money: Option<i128>,
    flag: Option<bool>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let whole = option::weighted(0.8, prop_oneof![-3_i64..4, select(vec![i64::MIN, i64::MAX])]);
    let reals = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 0.5, -1.5, 2.0, f64::MAX];
    let texts = vec!["", "a", "A1", "é", "日本", "it's", "a\nb", "x\"y", "1", "%_", " "];
    let row = (
        whole,
        option::weighted(0.8, select(reals)),
        option::weighted(0.8, select(texts)),
        option::weighted(0.8, -2_i32..3),
        option::weighted(0.8, -300_i128..301),
        option::weighted(0.8, any::<bool>()),
    );
    let row = row.prop_map(|(whole, real, text, day, money, flag)| Row {
        whole,
        real,
        text: text.map(str::to_owned),
        day,
        money,
        flag,
    });
    vec(row, 0..9)
}

fn to_batch(rows: &[Row]) -> RecordBatch {
    let money: Decimal128Array = rows.iter().map(|r| r.money).collect();
    batch(vec![
        ("whole", Arc::new(rows.iter().map(|r| r.whole).collect::<Int64Array>())),
        ("Real", Arc::new(rows.iter().map(|r| r.real).collect::<Float64Array>())),
        ("text", Arc::new(rows.iter().map(|r| r.text.clone()).collect::<StringArray>())),
        ("day", Arc::new(rows.iter().map(|r| r.day).collect::<Date32Array>())),
        ("money", Arc::new(money.with_precision_and_scale(12, 2).unwrap())),
        ("flag", Arc::new(rows.iter().map(|r| r.flag).collect::<BooleanArray>())),
    ])
}

/// A rule, and what it says of one row.
#[derive(Clone)]
struct Rule {
    check: Check,
    violates: Arc<dyn Fn(&Row) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} of {:?}", self.check.kind, self.check.column)
    }
}

fn rule(check: Check, violates: impl Fn(&Row) -> bool + Send + Sync + 'static) -> Rule {
    Rule { check, violates: Arc::new(violates) }
}

fn bounds<T>(low: Option<&(T, bool)>, high: Option<&(T, bool)>, value: impl Fn(&T) -> Value) -> CheckKind {
    let bound =
        |end: Option<&(T, bool)>| end.map(|(limit, exclusive)| Bound { value: value(limit), exclusive: *exclusive });
    CheckKind::Range { minimum: bound(low), maximum: bound(high) }
}

fn outside<T: PartialOrd>(value: &T, low: Option<&(T, bool)>, high: Option<&(T, bool)>) -> bool {
    let below = low.is_some_and(|(limit, exclusive)| !(value > limit || (!exclusive && value == limit)));
    let above = high.is_some_and(|(limit, exclusive)| !(value < limit || (!exclusive && value == limit)));
    below || above
}

fn end<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<(T, bool)>> {
    option::of((values, any::<bool>()))
}

fn ranges() -> impl Strategy<Value = Rule> {
    let whole =
        (end(prop_oneof![-3_i64..4, select(vec![i64::MIN, i64::MAX])]), end(-3_i64..4)).prop_map(|(low, high)| {
            rule(check("whole", bounds(low.as_ref(), high.as_ref(), |v| json!(v))), move |r| {
                r.whole.is_some_and(|v| outside(&v, low.as_ref(), high.as_ref()))
            })
        });
    let real = (end(select(vec![-1.5, 0.0, 0.5])), end(select(vec![0.0, 0.5, 1e300]))).prop_map(|(low, high)| {
        rule(check("Real", bounds(low.as_ref(), high.as_ref(), |v| json!(v))), move |r| {
            r.real.is_some_and(|v| outside(&v, low.as_ref(), high.as_ref()))
        })
    });
    let day = (end(-2_i32..3), end(-2_i32..3)).prop_map(|(low, high)| {
        let date = |v: &i32| {
            json!(
                (chrono::NaiveDate::default() + chrono::Days::new(10) + chrono::TimeDelta::days(i64::from(*v) - 10))
                    .to_string()
            )
        };
        rule(check("day", bounds(low.as_ref(), high.as_ref(), date)), move |r| {
            r.day.is_some_and(|v| outside(&v, low.as_ref(), high.as_ref()))
        })
    });
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let money = (end(-300_i128..301), end(-300_i128..301)).prop_map(|(low, high)| {
        rule(check("money", bounds(low.as_ref(), high.as_ref(), |v| json!(*v as f64 / 100.0))), move |r| {
            r.money.is_some_and(|v| outside(&v, low.as_ref(), high.as_ref()))
        })
    });
    prop_oneof![whole, real, day, money]
}

fn listed() -> impl Strategy<Value = Rule> {
    let texts = vec(select(vec!["", "a", "é", "it's", "x\"y", "%_", "A1"]), 0..4);
    let whole = vec(prop_oneof![(-3_i64..4).prop_map(|v| json!(v)), Just(json!("N/A")), Just(json!(2.5))], 0..4);
    prop_oneof![
        texts.clone().prop_map(|values| {
            let json: Vec<Value> = values.iter().map(|v| json!(v)).collect();
            rule(missing("text", &json), move |r| r.text.as_deref().is_none_or(|t| values.contains(&t)))
        }),
        texts.prop_map(|values| {
            let json: Vec<Value> = values.iter().map(|v| json!(v)).collect();
            rule(invalid("text", Some(&json), None), move |r| r.text.as_deref().is_some_and(|t| !values.contains(&t)))
        }),
        whole.clone().prop_map(|values| rule(missing("whole", &values.clone()), move |r| {
            r.whole.is_none_or(|v| values.contains(&json!(v)))
        })),
        whole.prop_map(|values| rule(invalid("whole", Some(&values.clone()), None), move |r| {
            r.whole.is_some_and(|v| !values.contains(&json!(v)))
        })),
        any::<bool>().prop_map(|flag| rule(invalid("flag", Some(&[json!(flag)]), None), move |r| {
            r.flag.is_some_and(|v| v != flag)
        })),
        select(vec![0.0, -0.0, 0.5]).prop_map(|number: f64| rule(
            invalid("Real", Some(&[json!(number)]), None),
            move |r| {
                #[expect(clippy::float_cmp, reason = "the rule asks for equality")]
                r.real.is_some_and(|v| v != number)
            }
        )),
    ]
}

fn shapes() -> impl Strategy<Value = Rule> {
    let length = (option::of(0_u64..3), option::of(0_u64..3)).prop_map(|(minimum, maximum)| {
        rule(check("text", CheckKind::Length { minimum, maximum }), move |r| {
            let length = r.text.as_ref().map(|t| t.chars().count() as u64);
            length.is_some_and(|l| minimum.is_some_and(|m| l < m) || maximum.is_some_and(|m| l > m))
        })
    });
    let patterns =
        vec![("^[a-z]", "^[a-z]"), ("[A-Z]\\d$", "[A-Z][0-9]$"), ("'", "'"), ("^.$", "^[^\n]$"), ("^$", "^$")];
    let pattern = select(patterns).prop_map(|(ecma, rust)| {
        let regex = regex::Regex::new(rust).unwrap();
        rule(invalid("text", None, Some(ecma)), move |r| r.text.as_ref().is_some_and(|t| !regex.is_match(t)))
    });
    let multiple = (1_i64..4).prop_map(|divisor| {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let kind = CheckKind::MultipleOf { divisor: divisor as f64 };
        rule(check("whole", kind), move |r| r.whole.is_some_and(|v| v % divisor != 0))
    });
    let cents = select(vec![(0.05, 5), (0.25, 25), (1.5, 150)]).prop_map(|(divisor, cents)| {
        rule(check("money", CheckKind::MultipleOf { divisor }), move |r| r.money.is_some_and(|v| v % cents != 0))
    });
    prop_oneof![length, pattern, multiple, cents]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let one = (prop_oneof![ranges(), listed(), shapes()], any::<bool>()).prop_map(|(mut rule, percent)| {
        rule.check.unit = if percent { Unit::Percent } else { Unit::Rows };
        rule
    });
    vec(one, 1..8)
}

fn contract_of(rules: &[Rule]) -> Contract {
    let columns = vec![
        column("whole", INTEGER),
        column("Real", DOUBLE),
        column("text", DataType::String),
        column("day", DataType::Date),
        column("money", MONEY),
        column("flag", DataType::Boolean),
    ];
    let mut checks: Vec<Check> = rules.iter().map(|rule| rule.check.clone()).collect();
    checks.extend([row_count(), duplicates(&["text"]), duplicates(&["day", "flag"])]);
    contract(vec![table("Random-Rows", columns, checks)])
}

/// Values that occur more than once, and the rows in which they do.
fn repeated<K: Eq + std::hash::Hash>(keys: impl Iterator<Item = Option<K>>) -> (u64, u64) {
    let mut counts: HashMap<K, u64> = HashMap::new();
    keys.flatten().for_each(|key| *counts.entry(key).or_default() += 1);
    let several: Vec<u64> = counts.into_values().filter(|n| *n > 1).collect();
    (several.len() as u64, several.iter().sum())
}

/// Measured value and failed rows of every check, by looking at every row.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn expected(rows: &[Row], rules: &[Rule]) -> Vec<(Value, Option<u64>)> {
    let mut all: Vec<_> = rules
        .iter()
        .map(|rule| {
            let failed = rows.iter().filter(|row| (rule.violates)(row)).count() as u64;
            let percent = if rows.is_empty() { 0.0 } else { 100.0 * failed as f64 / rows.len() as f64 };
            (if rule.check.unit == Unit::Percent { json!(percent) } else { json!(failed) }, Some(failed))
        })
        .collect();
    all.push((json!(rows.len()), None));
    let texts = repeated(rows.iter().map(|r| r.text.as_ref()));
    let pairs = repeated(rows.iter().map(|r| r.day.zip(r.flag)));
    all.extend([texts, pairs].map(|(values, rows)| (json!(values), Some(rows))));
    all
}

/// The same rows behind a filter that leaves the engine without statistics.
async fn run_blind(contract: &Contract, rows: RecordBatch) -> Vec<CheckResult> {
    let context = SessionContext::new();
    let frame = context.read_batch(rows).unwrap().filter(random().gt_eq(datafusion::prelude::lit(0.0))).unwrap();
    context.register_table("blind", frame.into_view()).unwrap();
    let tables = BTreeMap::from([(contract.tables[0].name.clone(), CheckedTable::new("blind"))]);
    run_checks(&context, contract, &tables, now()).await
}

fn measured(results: &[CheckResult]) -> Vec<(Value, Option<u64>)> {
    results.iter().map(|r| (r.measured.clone(), r.failed_rows)).collect()
}

fn keys() -> impl Strategy<Value = Vec<Option<i64>>> {
    vec(option::weighted(0.8, 0_i64..5), 0..9)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_looking_at_every_row(rows in rows(), rules in rules()) {
        let contract = contract_of(&rules);
        let expect = expected(&rows, &rules);
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let in_memory = run(&contract, vec![to_batch(&rows)]).await;
            prop_assert_eq!(&measured(&in_memory), &expect, "in memory: {:?}", in_memory);
            let blind = run_blind(&contract, to_batch(&rows)).await;
            prop_assert_eq!(&measured(&blind), &expect, "without statistics: {:?}", blind);
            let stored = run_parquet(&contract, &to_batch(&rows), folder.path()).await;
            prop_assert_eq!(&measured(&stored), &expect, "in Parquet: {:?}", stored);
            Ok(())
        })?;
    }

    #[test]
    fn a_reference_dangles_where_no_row_has_its_key(child in keys(), parent in keys()) {
        let rows = |keys: &[Option<i64>]| batch(vec![("key", Arc::new(Int64Array::from(keys.to_vec())))]);
        let column = || vec![column("key", INTEGER)];
        let contract = contract(vec![
            table("child", column(), vec![reference("key", "parent", "key")]),
            table("parent", column(), vec![]),
        ]);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let results = runtime.block_on(run(&contract, vec![rows(&child), rows(&parent)]));
        let dangling = child.iter().flatten().filter(|key| !parent.contains(&Some(**key))).count();
        prop_assert_eq!(&results[0].measured, &json!(dangling));
    }
}
