//! One table: its version, its metadata, and files with its rows.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use outport_app::{
    engine::{Question, Sight},
    gate::{Caller, GateError},
};
use outport_model::{
    name::{ProductName, TableName},
    principal::Door,
    release::ReleaseNumber,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    PREFIX, SCHEMA,
    actions::{self, Described, Served},
    capabilities::Capabilities,
    files::{Content, Files, Kept, Key},
    listing,
    refusal::Refusal,
    schema, write,
};
use crate::{
    body::{self, Whole},
    changes::difference::{Comparison, Located},
    identify::Visitor,
    problem::Problem,
    query::Inquiry,
    rest::{self, fault::Fault, shape::Shape},
    state::Doors,
    unread::Path,
};

/// The header with the version that an answer is about.
const VERSION: HeaderName = HeaderName::from_static("delta-table-version");

/// The media type of answers of several lines.
const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson; charset=utf-8");

/// The names in the address of a table.
type Names = Path<(String, String, String)>;

/// Which version is asked about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Moment {
    version: Option<u64>,
    timestamp: Option<String>,
    starting_timestamp: Option<String>,
}

/// Which changes are asked about, both ends included.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Period {
    starting_version: Option<u64>,
    starting_timestamp: Option<String>,
    ending_version: Option<u64>,
    ending_timestamp: Option<String>,
}

type Moments = Result<Query<Moment>, QueryRejection>;

/// What rows are asked for. Hints about predicates may be left out of account, and are: who follows them has the rows
/// filtered by the client in any case.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    limit_hint: Option<u64>,
    version: Option<u64>,
    timestamp: Option<String>,
    starting_version: Option<u64>,
    starting_timestamp: Option<String>,
}

/// A table that the caller may read.
#[derive(Debug)]
struct Found {
    product: ProductName,
    table: TableName,
    description: Option<String>,
    sight: Sight,
    /// Its columns and its key, where a contract says them.
    shape: Option<Shape>,
    current: ReleaseNumber,
}

impl Found {
    /// What tells a file with some of it apart from all others.
    fn key(&self, caller: &Caller, release: ReleaseNumber, content: Content) -> Key {
        Key {
            owner: caller.clone(),
            product: self.product.clone(),
            table: self.table.clone(),
            release,
            content,
            sight: self.sight.clone(),
        }
    }
}

pub(super) async fn version(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(names): Names,
    moment: Moments,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    let inquiry = doors.inquire(caller.clone(), format!("delta-sharing version of {}.{}", names.0, names.2));
    let version = async {
        let table = find(&doors, &caller, &names).await?;
        match moments(moment)?.starting_timestamp {
            None => Ok(table.current),
            Some(text) => {
                let from = moment_of(&text)?;
                let releases = releases(&doors, &caller, &table).await?;
                let first = releases.into_iter().find(|(_, at)| *at >= from);
                first.map(|(number, _)| number).ok_or_else(|| wrong(format!("no release is of {text} or later")))
            }
        }
    };
    let (_, version) = inquiry.run(version).await?;
    let mut headers = HeaderMap::new();
    headers.insert(VERSION, HeaderValue::from(version.0));
    Ok((StatusCode::OK, headers).into_response())
}

pub(super) async fn metadata(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    Path(names): Names,
    moment: Moments,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    let said = format!("delta-sharing metadata of {}.{}", names.0, names.2);
    let capabilities = doors.understood(&caller, &*said, Capabilities::of(&headers))?;
    let inquiry = doors.inquire(caller.clone(), said);
    let planned = async {
        let table = find(&doors, &caller, &names).await?;
        let Moment { version, timestamp, .. } = moments(moment)?;
        let release = release(&doors, &caller, &table, version, timestamp.as_deref()).await?;
        let prospect = doors.gate.prospect(&caller, &question(&table, release, None)).await?;
        Ok((table, release, schema::storable(&prospect.schema)))
    };
    let (_, (table, release, schema)) = inquiry.run(planned).await?;
    let chosen = capabilities.choose(&schema::features(&schema))?;
    let mut headers = HeaderMap::new();
    chosen.echo(&mut headers);
    let lines = actions::head(&chosen, &described(&doors, &table, &schema, release));
    Ok(answer(headers, release, &lines))
}

pub(super) async fn query(
    State(doors): State<Arc<Doors>>,
    Extension(files): Extension<Arc<Files>>,
    visitor: Visitor,
    Path(names): Names,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    let said = format!("delta-sharing query of {}.{}", names.0, names.2);
    let capabilities = doors.understood(&caller, &*said, Capabilities::of(&headers))?;
    let read = if body.is_empty() { Ok(Asked::default()) } else { body::json::<Asked>(&body) };
    let asked = doors.understood(&caller, &*said, read)?;
    let base = doors.understood(&caller, &*said, base(&doors, &headers))?;
    let inquiry = doors.inquire(caller.clone(), said);
    let id = inquiry.id();
    let located = async {
        let table = find(&doors, &caller, &names).await?;
        if asked.starting_version.is_some() || asked.starting_timestamp.is_some() {
            return Err(wrong("a query has the rows of one version; changes have an address of their own".to_owned()));
        }
        let release = release(&doors, &caller, &table, asked.version, asked.timestamp.as_deref()).await?;
        Ok((table, release))
    };
    let (table, release) = match located.await {
        Ok(located) => located,
        Err(error) => return Err(inquiry.refuse(error).into()),
    };
    let key = table.key(&caller, release, Content::Rows { limit: asked.limit_hint });
    let rows = question(&table, release, asked.limit_hint);
    let kept = file(&doors, &files, inquiry, key, std::future::ready(Ok(rows))).await?;
    let chosen = capabilities.choose(&schema::features(&kept.schema))?;
    let mut headers = HeaderMap::new();
    chosen.echo(&mut headers);
    crate::query::describe(&mut headers, id, &kept.reads);
    let mut lines = actions::head(&chosen, &described(&doors, &table, &kept.schema, release));
    let mut until = None;
    // Clients of the delta format cannot read a file without rows.
    if kept.rows > 0 {
        let (served, end) = served(&doors, &files, &base, &kept);
        until = Some(end);
        lines.push(actions::file(&chosen, &served, release));
    }
    if chosen.end {
        lines.push(actions::end(until));
    }
    Ok(answer(headers, release, &lines))
}

pub(super) async fn changes(
    State(doors): State<Arc<Doors>>,
    Extension(files): Extension<Arc<Files>>,
    visitor: Visitor,
    Path(names): Names,
    period: Result<Query<Period>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = visitor.enter(&doors.gate, Door::Sharing).await?;
    let said = format!("delta-sharing changes of {}.{}", names.0, names.2);
    let capabilities = doors.understood(&caller, &*said, Capabilities::of(&headers))?;
    let base = doors.understood(&caller, &*said, base(&doors, &headers))?;
    let located = async {
        let table = find(&doors, &caller, &names).await?;
        let steps = steps(&doors, &caller, &table, period).await?;
        let unknown = || wrong("no contract says what the columns of this table are".to_owned());
        let located = Located { shape: table.shape.clone().ok_or_else(unknown)?, current: table.current };
        let prospect = doors.gate.prospect(&caller, &question(&table, table.current, None)).await?;
        Ok((table, steps, located, schema::storable(&prospect.schema)))
    };
    let (_, (table, steps, located, schema)) = doors.inquire(caller.clone(), said.clone()).run(located).await?;
    let chosen = capabilities.choose(&schema::features(&schema))?;
    let mut lines = actions::head(&chosen, &described(&doors, &table, &schema, table.current));
    let mut until = None;
    let mut comparison = Comparison::new(&doors.gate, &caller, &located);
    for Step { since, release, published_at } in steps {
        let inquiry = doors.inquire(caller.clone(), format!("{said} from {since} to {release}"));
        let key = table.key(&caller, release, Content::Changes { since });
        let kept = file(&doors, &files, inquiry, key, comparison.question(since..release, 0)).await?;
        if kept.rows > 0 {
            let (served, end) = served(&doors, &files, &base, &kept);
            until = until.into_iter().chain([end]).min();
            lines.push(actions::changes(&chosen, &served, release, published_at));
        }
    }
    if chosen.end {
        lines.push(actions::end(until));
    }
    let mut headers = HeaderMap::new();
    chosen.echo(&mut headers);
    Ok(answer(headers, table.current, &lines))
}

/// A release, and the one before it; zero where it is the first one.
struct Step {
    since: ReleaseNumber,
    release: ReleaseNumber,
    published_at: DateTime<Utc>,
}

/// The releases of a period, oldest first.
async fn steps(
    doors: &Doors,
    caller: &Caller,
    table: &Found,
    period: Result<Query<Period>, QueryRejection>,
) -> Result<Vec<Step>, GateError> {
    let Query(period) = period.map_err(|_| wrong("a version is not the number of a release".to_owned()))?;
    let Period { starting_version, starting_timestamp, ending_version, ending_timestamp } = period;
    if starting_version.is_some() == starting_timestamp.is_some() {
        return Err(wrong("give either `startingVersion` or `startingTimestamp`".to_owned()));
    }
    if ending_version.is_some() && ending_timestamp.is_some() {
        return Err(wrong("give either `endingVersion` or `endingTimestamp`".to_owned()));
    }
    let from = starting_timestamp.as_deref().map(moment_of).transpose()?;
    let to = ending_timestamp.as_deref().map(moment_of).transpose()?;
    let is_wanted = |number: ReleaseNumber, at: DateTime<Utc>| {
        starting_version.is_none_or(|version| number.0 >= version)
            && ending_version.is_none_or(|version| number.0 <= version)
            && from.is_none_or(|from| at >= from)
            && to.is_none_or(|to| at <= to)
    };
    let mut since = ReleaseNumber(0);
    let mut steps = Vec::new();
    for (release, published_at) in releases(doors, caller, table).await? {
        if is_wanted(release, published_at) {
            if since.0 + 1 < release.0 && steps.is_empty() {
                let missing = ReleaseNumber(release.0 - 1);
                return Err(GateError::NoSuchRelease { product: table.product.clone(), number: missing });
            }
            steps.push(Step { since, release, published_at });
        }
        since = release;
    }
    if steps.is_empty() {
        return Err(wrong("no release that is kept is of this period".to_owned()));
    }
    Ok(steps)
}

/// The table of these names, in whatever case.
async fn find(doors: &Doors, caller: &Caller, names: &(String, String, String)) -> Result<Found, GateError> {
    let (share, schema, table) = names;
    let missing = || GateError::NotFound { what: "table", name: format!("{share}.{schema}.{table}") };
    let view = doors.gate.view(caller).await?;
    let is_named = |(product, name): &&(ProductName, TableName)| {
        product.as_str().eq_ignore_ascii_case(share) && name.as_str().eq_ignore_ascii_case(table)
    };
    if let Some((product, table)) = view.withheld.iter().find(is_named) {
        return Err(doors.gate.withheld(caller, product, table).await);
    }
    let product = listing::product(&view, share)?;
    let mut tables = listing::outputs(&view, product).filter(|_| schema.eq_ignore_ascii_case(SCHEMA));
    let table = tables.find(|name| name.as_str().eq_ignore_ascii_case(table)).ok_or_else(missing)?;
    let visible = view.products.get(product).ok_or_else(missing)?;
    let seen = visible.tables.get(table).ok_or_else(missing)?;
    Ok(Found {
        product: product.clone(),
        table: table.clone(),
        description: seen.description.clone(),
        sight: seen.sight.clone(),
        shape: Shape::of(product, table, seen),
        current: visible.release,
    })
}

/// The release that is asked about: the current one, unless another one is named by its number or by a moment.
async fn release(
    doors: &Doors,
    caller: &Caller,
    table: &Found,
    version: Option<u64>,
    timestamp: Option<&str>,
) -> Result<ReleaseNumber, GateError> {
    match (version, timestamp) {
        (Some(_), Some(_)) => Err(wrong("a version and a timestamp are given; choose one".to_owned())),
        (Some(version), None) => {
            let number = ReleaseNumber(version);
            let known = releases(doors, caller, table).await?.iter().any(|(kept, _)| *kept == number);
            known.then_some(number).ok_or(GateError::NoSuchRelease { product: table.product.clone(), number })
        }
        (None, Some(text)) => {
            let at = moment_of(text)?;
            let releases = releases(doors, caller, table).await?;
            let last = releases.into_iter().rfind(|(_, published)| *published <= at);
            last.map(|(number, _)| number).ok_or_else(|| wrong(format!("no release that is kept is as old as {text}")))
        }
        (None, None) => Ok(table.current),
    }
}

/// The releases up to the current one, oldest first.
async fn releases(
    doors: &Doors,
    caller: &Caller,
    table: &Found,
) -> Result<Vec<(ReleaseNumber, DateTime<Utc>)>, GateError> {
    let mut releases = doors.gate.releases(caller, &table.product).await?;
    releases.retain(|(number, _)| *number <= table.current);
    Ok(releases)
}

/// The file of this key, which is there already or is made now, of the answer to a question.
async fn file(
    doors: &Doors,
    files: &Files,
    inquiry: Inquiry<'_>,
    key: Key,
    question: impl Future<Output = Result<Question, GateError>>,
) -> Result<Kept, Refusal> {
    if let Some(kept) = files.made_of(&key, doors.gate.app().clock.now()) {
        let mut request = inquiry.into_request();
        request.reads(kept.reads.clone());
        request.count(kept.rows, 0);
        request.answered();
        return Ok(kept);
    }
    let question = match question.await {
        Ok(question) => question,
        Err(error) => return Err(inquiry.refuse(error).into()),
    };
    let id = inquiry.id();
    let answered = doors.gate.answer(inquiry.into_request(), &key.owner, question).await;
    let mut answered = answered.map_err(|error| Problem::from(error).with_request(id))?;
    let written = write::write(&mut answered).await?;
    Ok(files.keep(key, written, answered.reads, doors.gate.app().clock.now()))
}

/// A file as it is told of: with an address that is signed now.
fn served(doors: &Doors, files: &Files, base: &str, kept: &Kept) -> (Served, DateTime<Utc>) {
    let (signed, until) = files.signer.sign(&kept.id, doors.gate.app().clock.now());
    let url = format!("{base}{PREFIX}/files/{}.parquet?{signed}", kept.id);
    let served = Served { id: kept.id.clone(), url, bytes: kept.bytes, rows: kept.rows, made_at: kept.made_at, until };
    (served, until)
}

/// All rows and all columns that exist for the caller.
fn question(table: &Found, release: ReleaseNumber, limit: Option<u64>) -> Question {
    let mut question = rest::everything(table.product.as_str(), table.table.as_str());
    if let Some(limit) = limit {
        question.sql = format!("{} LIMIT {limit}", question.sql);
    }
    if release != table.current {
        question.releases.insert(table.product.clone(), release);
    }
    question
}

fn described<'a>(
    doors: &Doors,
    table: &'a Found,
    schema: &'a arrow::datatypes::Schema,
    release: ReleaseNumber,
) -> Described<'a> {
    Described {
        id: listing::id(doors, &[table.product.as_str(), table.table.as_str()]),
        name: table.table.as_str(),
        description: table.description.as_deref(),
        schema,
        release,
    }
}

fn answer(mut headers: HeaderMap, release: ReleaseNumber, lines: &[Value]) -> Response {
    headers.insert(VERSION, HeaderValue::from(release.0));
    headers.insert(header::CONTENT_TYPE, LINES);
    (headers, actions::body(lines)).into_response()
}

/// The address of the server, for addresses of files. Where it is not configured, what the client calls it is used, but
/// only if that is this machine.
fn base(doors: &Doors, headers: &HeaderMap) -> Result<String, Problem> {
    if !doors.base().is_empty() {
        return Ok(doors.base().to_owned());
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let authority = host.and_then(|host| host.parse::<http::uri::Authority>().ok());
    match authority.filter(|authority| ["localhost", "127.0.0.1", "[::1]"].contains(&authority.host())) {
        Some(authority) => Ok(format!("http://{authority}")),
        None => Err(Problem::unavailable()
            .with_detail("the server does not know the address at which files can be fetched")
            .with_help("an administrator sets the public address of the server")),
    }
}

fn moments(moment: Moments) -> Result<Moment, GateError> {
    moment.map(|Query(moment)| moment).map_err(|_| wrong("`version` is not the number of a release".to_owned()))
}

fn moment_of(text: &str) -> Result<DateTime<Utc>, GateError> {
    let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.with_timezone(&Utc));
    moment.map_err(|_| wrong(format!("`{text}` is not a moment as `2026-01-31T12:00:00Z`")))
}

fn wrong(reason: String) -> GateError {
    Fault::new(reason).into()
}
