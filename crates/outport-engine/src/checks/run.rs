//! Measuring the checks of a contract.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use datafusion::{
    common::{ScalarValue, runtime::SpawnedTask},
    error::DataFusionError,
    prelude::SessionContext,
};
use futures::{StreamExt, stream};
use outport_model::{
    check::{Check, CheckResult, Method, Outcome},
    contract::Contract,
};

use super::{
    CheckedTable, catalog,
    plan::{self, Ground, Planned, Proof},
    query::{self, Aggregate},
    scalar,
    statistics::Known,
    user_query::{self, engine_message},
    verdict::{self, Evidence, Measurement},
};

/// Measures every check of a contract, in the contract's order, and says of each whether it is met.
///
/// `tables` has, by the name of the contract's object, the tables that are registered in `context`. `now` is what ages
/// are measured to. A check that cannot be measured is an [`Outcome::Error`]; nothing else fails.
pub async fn run_checks(
    context: &SessionContext,
    contract: &Contract,
    tables: &BTreeMap<String, CheckedTable>,
    now: DateTime<Utc>,
) -> Vec<CheckResult> {
    let checks = || contract.tables.iter().flat_map(|table| &table.checks);
    let session = match catalog::session(context, contract, tables).await {
        Ok(session) => session,
        Err(error) => return checks().map(|check| unmeasurable(check, &error)).collect(),
    };
    let known = survey(&session, contract, tables).await;
    let ground = Ground { session: &session, contract, tables, known: &known, now };
    let planned: Vec<Planned<'_>> = checks().map(|check| ground.plan(check)).collect();
    let found = Found::gather(&session, contract, jobs(&planned, &ground)).await;
    planned.iter().enumerate().map(|(at, planned)| found.result(at, planned, &ground)).collect()
}

fn unmeasurable(check: &Check, error: &DataFusionError) -> CheckResult {
    let measurement = verdict::unmeasured(check).unwrap_or_else(|| failure(error));
    verdict::result(check, measurement, Method::None, Evidence::default())
}

fn failure(error: &DataFusionError) -> Measurement {
    Measurement::Nothing(Outcome::Error, engine_message(error))
}

async fn survey(
    session: &SessionContext,
    contract: &Contract,
    tables: &BTreeMap<String, CheckedTable>,
) -> BTreeMap<String, Known> {
    let mut known = BTreeMap::new();
    for name in tables.keys().filter(|name| contract.table(name).is_some()) {
        if let Some(of_table) = Known::of(session, name).await {
            known.insert(name.clone(), of_table);
        }
    }
    known
}

/// One query, and which checks it answers (by their place in the contract).
#[derive(Debug, Clone)]
enum Job {
    /// Several values from one scan of a table; without a check, the rows of the table.
    Scan { table: String, items: Vec<(Option<usize>, Aggregate)> },
    /// Rows that meet one predicate.
    Count { check: usize, sql: String },
    /// Duplicated values and their rows.
    Duplicates { check: usize, sql: String },
    /// The value of the rule's own query.
    Own { check: usize, query: String },
}

/// From how many rows on a table with statistics is scanned column by column instead of once for all checks.
const MANY_ROWS: u64 = 100_000;

/// Items of the scans of tables, by table and column; the column is empty where a scan is for all columns.
type Scans<'a> = BTreeMap<(&'a str, &'a str), Vec<(Option<usize>, Aggregate)>>;

fn jobs(planned: &[Planned<'_>], ground: &Ground<'_>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut scans = unknown_rows(planned, ground);
    for (check, planned) in planned.iter().enumerate() {
        match &planned.proof {
            Proof::Given(..) | Proof::Scan(Aggregate::Rows) => {}
            Proof::Scan(aggregate) => {
                let key = (planned.check.table.as_str(), scanned_alone(planned, ground));
                scans.entry(key).or_default().push((Some(check), aggregate.clone()));
            }
            Proof::Duplicates(sql) => jobs.push(Job::Duplicates { check, sql: sql.clone() }),
            Proof::Dangling(sql) => jobs.push(Job::Count { check, sql: sql.clone() }),
            Proof::Own(query) => jobs.push(Job::Own { check, query: query.clone() }),
        }
    }
    jobs.extend(scans.into_iter().map(|((table, _), items)| scan_job(table, items)));
    jobs
}

/// A single count goes into the filter, where the statistics of row groups leave out what need not be read.
fn scan_job(table: &str, items: Vec<(Option<usize>, Aggregate)>) -> Job {
    match items.as_slice() {
        [(Some(check), Aggregate::Count(predicate))] => {
            Job::Count { check: *check, sql: query::count(table, predicate) }
        }
        _ => Job::Scan { table: table.to_owned(), items },
    }
}

/// The column that is scanned on its own for a check. Columnar files give every column apart, so that its checks share
/// one scan and the columns go side by side; anything else is read once, for all checks together.
fn scanned_alone<'a>(planned: &Planned<'a>, ground: &Ground<'_>) -> &'a str {
    let rows = ground.known.get(&planned.check.table).and_then(Known::rows);
    let is_large = rows.is_some_and(|rows| rows > MANY_ROWS);
    planned.check.column.as_deref().filter(|_| is_large).unwrap_or_default()
}

/// Tables whose rows have to be counted.
fn unknown_rows<'a>(planned: &[Planned<'a>], ground: &Ground<'_>) -> Scans<'a> {
    let names = planned.iter().filter(|p| p.check.kind.is_measurable()).map(|p| p.check.table.as_str());
    names
        .filter(|name| ground.tables.contains_key(*name))
        .filter(|name| ground.known.get(*name).and_then(Known::rows).is_none())
        .map(|name| ((name, ""), vec![(None, Aggregate::Rows)]))
        .collect()
}

/// What the jobs brought back.
#[derive(Debug, Default)]
struct Found {
    rows: BTreeMap<String, Result<u64, String>>,
    answers: BTreeMap<usize, Answer>,
}

#[derive(Debug)]
enum Answer {
    Count(u64),
    Duplicates(u64, u64),
    Scalar(ScalarValue),
    Value(serde_json::Value),
    Failure(String),
}

impl Found {
    async fn gather(session: &SessionContext, contract: &Contract, jobs: Vec<Job>) -> Self {
        let width = session.copied_config().target_partitions().max(2);
        let contract = Arc::new(contract.clone());
        let running = jobs.into_iter().map(|job| {
            let (session, contract) = (session.clone(), Arc::clone(&contract));
            async move {
                let failed = job.clone();
                let task = SpawnedTask::spawn(async move { run(&session, &contract, job).await });
                task.join().await.unwrap_or_else(|error| Self::of_failure(&failed, &error.to_string()))
            }
        });
        stream::iter(running).buffer_unordered(width).fold(Self::default(), |all, one| async { all.with(one) }).await
    }

    fn with(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.answers.extend(other.answers);
        self
    }

    fn of(check: usize, answer: Answer) -> Self {
        Self { rows: BTreeMap::new(), answers: BTreeMap::from([(check, answer)]) }
    }

    fn of_failure(job: &Job, message: &str) -> Self {
        let failure = |check: usize| Self::of(check, Answer::Failure(message.to_owned()));
        match job {
            Job::Scan { table, items } => items.iter().fold(Self::default(), |all, (check, _)| {
                all.with(match check {
                    Some(check) => failure(*check),
                    None => Self::of_rows(table, Err(message.to_owned())),
                })
            }),
            Job::Count { check, .. } | Job::Duplicates { check, .. } | Job::Own { check, .. } => failure(*check),
        }
    }

    fn of_rows(table: &str, rows: Result<u64, String>) -> Self {
        Self { rows: BTreeMap::from([(table.to_owned(), rows)]), answers: BTreeMap::new() }
    }

    fn result(&self, at: usize, planned: &Planned<'_>, ground: &Ground<'_>) -> CheckResult {
        let check = planned.check;
        let counted = self.rows.get(&check.table);
        let known = ground.known.get(&check.table).and_then(Known::rows);
        let rows = known.or_else(|| counted.and_then(|rows| rows.as_ref().ok().copied()));
        let evidence =
            Evidence { rows, sample_query: query::sample(ground.contract, check, planned.predicate.as_deref()) };
        let (measurement, method) = match &planned.proof {
            Proof::Given(measurement, method) => (measurement.clone(), *method),
            Proof::Scan(Aggregate::Rows) => (counted_rows(counted), Method::Scan),
            _ => (self.measurement(at, ground.now, rows), Method::Scan),
        };
        verdict::result(check, measurement, method, evidence)
    }

    fn measurement(&self, at: usize, now: DateTime<Utc>, rows: Option<u64>) -> Measurement {
        match self.answers.get(&at) {
            Some(Answer::Count(rows)) => Measurement::Violations(*rows),
            Some(Answer::Duplicates(values, rows)) => Measurement::Duplicates { values: *values, rows: *rows },
            Some(Answer::Scalar(at)) => plan::age(at, now, rows),
            Some(Answer::Value(value)) => Measurement::Value(value.clone()),
            Some(Answer::Failure(message)) => Measurement::Nothing(Outcome::Error, message.clone()),
            None => Measurement::Nothing(Outcome::Error, "it was not measured".to_owned()),
        }
    }
}

fn counted_rows(counted: Option<&Result<u64, String>>) -> Measurement {
    match counted {
        Some(Err(message)) => Measurement::Nothing(Outcome::Error, message.clone()),
        _ => Measurement::Rows,
    }
}

async fn run(session: &SessionContext, contract: &Contract, job: Job) -> Found {
    match &job {
        Job::Scan { table, items } => scan(session, table, items).await,
        Job::Count { check, sql } => Found::of(*check, count(session, sql).await),
        Job::Duplicates { check, sql } => Found::of(*check, duplicates(session, sql).await),
        Job::Own { check, query } => Found::of(
            *check,
            match user_query::value(session, contract, query).await {
                Ok(value) => Answer::Value(value),
                Err(error) => Answer::Failure(error.to_string()),
            },
        ),
    }
}

/// Takes all values from one scan. Should it fail, each is taken alone, so that only the culprits have no verdict.
async fn scan(session: &SessionContext, table: &str, items: &[(Option<usize>, Aggregate)]) -> Found {
    match scan_once(session, table, items).await {
        Ok(found) => found,
        Err(_) if items.len() > 1 => {
            let mut all = Found::default();
            for item in items {
                all = all.with(match scan_once(session, table, std::slice::from_ref(item)).await {
                    Ok(found) => found,
                    Err(error) => scan_failure(table, item, &error),
                });
            }
            all
        }
        Err(error) => items.iter().fold(Found::default(), |all, item| all.with(scan_failure(table, item, &error))),
    }
}

fn scan_failure(table: &str, item: &(Option<usize>, Aggregate), error: &DataFusionError) -> Found {
    let job = Job::Scan { table: table.to_owned(), items: vec![item.clone()] };
    Found::of_failure(&job, &engine_message(error))
}

async fn scan_once(
    session: &SessionContext,
    table: &str,
    items: &[(Option<usize>, Aggregate)],
) -> Result<Found, DataFusionError> {
    let aggregates: Vec<Aggregate> = items.iter().map(|(_, aggregate)| aggregate.clone()).collect();
    let values = first_row(session, &query::scan(table, &aggregates)).await?;
    let found = items.iter().zip(values).map(|((check, aggregate), value)| match (check, aggregate) {
        (None, _) => Found::of_rows(table, scalar::count(&value).ok_or_else(|| "no count".to_owned())),
        (Some(check), Aggregate::Greatest(_) | Aggregate::Least(_)) => Found::of(*check, Answer::Scalar(value)),
        (Some(check), _) => Found::of(*check, counted(&value)),
    });
    Ok(found.fold(Found::default(), Found::with))
}

async fn count(session: &SessionContext, sql: &str) -> Answer {
    match first_row(session, sql).await {
        Ok(values) => values.first().map_or_else(nothing, counted),
        Err(error) => Answer::Failure(engine_message(&error)),
    }
}

fn counted(value: &ScalarValue) -> Answer {
    scalar::count(value).map_or_else(nothing, Answer::Count)
}

fn nothing() -> Answer {
    Answer::Failure("the engine gave no count".to_owned())
}

async fn duplicates(session: &SessionContext, sql: &str) -> Answer {
    match first_row(session, sql).await {
        Ok(values) => match values.iter().map(scalar::count).collect::<Option<Vec<_>>>().as_deref() {
            Some([values, rows]) => Answer::Duplicates(*values, *rows),
            _ => nothing(),
        },
        Err(error) => Answer::Failure(engine_message(&error)),
    }
}

async fn first_row(session: &SessionContext, sql: &str) -> Result<Vec<ScalarValue>, DataFusionError> {
    scalar::first_row(&catalog::select(session, sql).await?.collect().await?)
}
