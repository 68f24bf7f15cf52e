//! Runs the query of an agent.

use futures::StreamExt;
use outport_app::{
    engine::Question,
    gate::{Answered, Caller, Gate, GateError, Request},
};
use outport_model::principal::Purpose;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    known::Known,
    tools::{MOST_ROWS, ROWS},
};
use crate::{
    problem::Problem,
    rest::fault::Fault,
    rows::{self, Format, json},
};

/// Bytes of the rows of an answer at most, as JSON.
const BYTES: usize = 1 << 20;

/// What is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) sql: String,
    pub(super) purpose: Purpose,
    #[serde(default)]
    limit: Option<usize>,
}

/// The rows, and where they come from; for a caller who has named the purpose.
pub(super) async fn query(gate: &Gate, caller: &Caller, request: Request, asked: Asked) -> Result<Value, Problem> {
    let id = request.id();
    let answer = answer(gate, caller, request, &asked.sql, asked.limit).await;
    answer.map_err(|problem| problem.with_request(id))
}

async fn answer(
    gate: &Gate,
    caller: &Caller,
    request: Request,
    sql: &str,
    limit: Option<usize>,
) -> Result<Value, Problem> {
    let limit = limit.unwrap_or(ROWS);
    if limit == 0 || limit > MOST_ROWS {
        let fault = Fault::new(format!("`limit` is not between 1 and {MOST_ROWS}"));
        return Err(request.fail(fault.into()).into());
    }
    // What the caller sees is read before the rows are: they come under the same or a later policy, which the gate alone
    // enforces; what is said of it here is said for people.
    let known = match Known::read(gate, caller).await {
        Ok(known) => known,
        Err(error) => return Err(request.fail(error).into()),
    };
    let mut answered = gate.answer(request, caller, Question::new(sql)).await?;
    let (batches, more) = gather(&mut answered, limit).await?;
    let mut encoder = rows::encoder(Format::Ndjson, &answered.schema)?;
    let body = rows::whole(encoder.as_mut(), &batches)?;
    if body.len() > BYTES {
        return Err(Problem::limited(format!("the rows are larger than {BYTES} bytes"))
            .with_help("ask for fewer rows or columns, or aggregate"));
    }
    let rows = lines(&body)?;
    let sources: Vec<Value> = answered
        .reads
        .iter()
        .flat_map(|(product, tables)| tables.iter().map(move |(table, read)| (product, table, read)))
        .map(|(product, table, read)| {
            let mut source = known.provenance(product, table, &read.columns);
            source["release"] = json!(read.release);
            source["agreement"] = json!(read.agreement);
            source
        })
        .collect();
    Ok(json!({
        "request": answered.id,
        "sql": sql,
        "purpose": caller.purpose,
        "columns": json::columns(&answered.schema),
        "rows": rows,
        "rowCount": rows.len(),
        "moreRows": more,
        "sources": sources,
    }))
}

/// The first rows, and whether there are more.
async fn gather(
    answered: &mut Answered,
    limit: usize,
) -> Result<(Vec<arrow::record_batch::RecordBatch>, bool), GateError> {
    let mut batches = Vec::new();
    let mut left = limit;
    while let Some(batch) = answered.batches.next().await.transpose()? {
        let taken = batch.num_rows().min(left);
        left -= taken;
        let more = taken < batch.num_rows();
        batches.push(batch.slice(0, taken));
        if more {
            answered.batches.enough();
            return Ok((batches, true));
        }
    }
    Ok((batches, false))
}

fn lines(body: &[u8]) -> Result<Vec<Value>, Problem> {
    let rows = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(serde_json::from_slice);
    rows.collect::<Result<_, _>>().map_err(|error| {
        tracing::error!(%error, "rows could not be written");
        Problem::internal()
    })
}
