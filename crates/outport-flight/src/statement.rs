//! Queries: planned, prepared, given values, and fetched.

use arrow::{array::RecordBatch, datatypes::SchemaRef, error::ArrowError};
use arrow_flight::{
    FlightData,
    decode::FlightRecordBatchStream,
    error::FlightError,
    sql::{ActionCreatePreparedStatementResult, DoPutPreparedStatementResult},
};
use bytes::Bytes;
use chrono::TimeDelta;
use futures::{Stream, StreamExt};
use outport_app::{
    engine::{Prospect, Question},
    gate::{Answered, Caller, GateError},
};
use outport_model::audit::RequestId;
use tonic::Status;

use crate::{
    argument,
    flow::{self, Rows},
    seal::{Sealed, Statement, refusal},
    service::Service,
    shape,
    status::{misread, status},
};

impl Statement {
    /// A query as it was sent.
    pub(crate) fn new(sql: String) -> Self {
        Self { sql, parameters: Vec::new(), values: None }
    }

    fn question(&self) -> Question {
        Question { arguments: argument::arguments(self), ..Question::new(&self.sql) }
    }
}

impl Service {
    /// The columns of a query's answer, and the ticket for its rows.
    pub(crate) async fn plan(&self, caller: &Caller, statement: Statement) -> Result<(SchemaRef, Bytes), Status> {
        let prospect = self.prospect(caller, &statement).await?;
        let plain = shape::plain(&prospect.schema);
        let columns = shape::digest(&plain).map_err(|error| self.broken(caller, &statement.sql, error))?;
        let ticket = self.seal(caller, statement, Some(columns), self.options.ticket)?;
        Ok((plain, ticket))
    }

    /// Prepares a query: the handle says all of it.
    pub(crate) async fn prepare(
        &self,
        caller: &Caller,
        sql: String,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let statement = Statement::new(sql);
        let prospect = self.prospect(caller, &statement).await?;
        let statement = Statement { parameters: argument::names(&prospect), ..statement };
        let encode =
            |schema: SchemaRef| shape::encoded(&schema).map_err(|error| self.broken(caller, &statement.sql, error));
        let dataset_schema = encode(shape::plain(&prospect.schema))?;
        let parameter_schema = encode(argument::schema(&prospect))?;
        let prepared_statement_handle = self.seal(caller, statement, None, self.options.session)?;
        Ok(ActionCreatePreparedStatementResult { prepared_statement_handle, dataset_schema, parameter_schema })
    }

    /// Gives a prepared query values for its parameters: a new handle, that has them.
    pub(crate) async fn bind(
        &self,
        caller: &Caller,
        handle: &[u8],
        messages: impl Stream<Item = Result<FlightData, FlightError>> + Send + 'static,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        let sealed = self.open(caller, handle)?;
        let sql = sealed.statement.sql.clone();
        let rows = one_row(messages).await.map_err(|told| misread(self.gate.begin(caller, sql.as_str()), &told))?;
        let bound = match rows {
            Some(rows) => argument::bind(sealed.statement, &rows),
            None => Err(refusal("no values were bound", "bind one row of values")),
        };
        let statement = bound.map_err(|error| self.refuse(caller, &sql, error))?;
        let handle = self.seal(caller, statement, None, self.options.session)?;
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(handle) })
    }

    /// The rows for a ticket or a handle, and the id of the request.
    pub(crate) async fn fetch(&self, caller: &Caller, ticket: &[u8]) -> Result<(RequestId, Rows), Status> {
        let Sealed { statement, columns, .. } = self.open(caller, ticket)?;
        let request = self.gate.begin(caller, statement.sql.as_str());
        let id = request.id();
        let answered = self.gate.answer(request, caller, statement.question()).await;
        let Answered { schema, batches, .. } = answered.map_err(|error| status(&error, Some(id)))?;
        let plain = shape::plain(&schema);
        let found = shape::digest(&plain).map_err(|error| status(&internal(error), Some(id)))?;
        if columns.is_some_and(|announced| announced != found) {
            let error = refusal("the columns of the answer have changed since it was planned", "send the query again");
            return Err(status(&error, Some(id)));
        }
        let rows = flow::ahead(flow::encoded(batches, plain, self.options.message_bytes, id), self.options.stall);
        let ticket = *blake3::hash(ticket).as_bytes();
        Ok((id, self.flows.begin(ticket, rows, &self.stop)))
    }

    /// Stops what flows for a ticket; `false` where nothing does.
    pub(crate) fn cancel(&self, caller: &Caller, ticket: &[u8]) -> Result<bool, Status> {
        let sealed = self.open(caller, ticket)?;
        let request = self.gate.begin(caller, format!("CancelQuery {}", sealed.statement.sql));
        let cancelled = self.flows.cancel(*blake3::hash(ticket).as_bytes());
        request.answered();
        Ok(cancelled)
    }

    /// What is under the seal of a ticket or a handle.
    pub(crate) fn open(&self, caller: &Caller, bytes: &[u8]) -> Result<Sealed, Status> {
        let opened = self.sealer.open(bytes, &caller.principal.id, self.gate.app().clock.now());
        opened.map_err(|error| self.refuse(caller, "ticket or statement", error))
    }

    fn seal(
        &self,
        caller: &Caller,
        statement: Statement,
        columns: Option<[u8; 32]>,
        length: TimeDelta,
    ) -> Result<Bytes, Status> {
        let sealed = Sealed {
            statement,
            columns,
            principal: caller.principal.id.clone(),
            until: self.gate.app().clock.now() + length,
            number: rand::random(),
        };
        self.sealer.seal(&sealed).map_err(|error| self.refuse(caller, &sealed.statement.sql, error))
    }

    async fn prospect(&self, caller: &Caller, statement: &Statement) -> Result<Prospect, Status> {
        let prospect = self.gate.prospect(caller, &statement.question()).await;
        prospect.map_err(|error| self.refuse(caller, &statement.sql, error))
    }

    /// Puts on record that there was no answer, and says so.
    pub(crate) fn refuse(&self, caller: &Caller, asked: &str, error: GateError) -> Status {
        let request = self.gate.begin(caller, asked);
        let id = request.id();
        status(&request.fail(error), Some(id))
    }

    fn broken(&self, caller: &Caller, asked: &str, error: ArrowError) -> Status {
        self.refuse(caller, asked, internal(error))
    }
}

fn internal(error: ArrowError) -> GateError {
    GateError::Internal(Box::new(error))
}

/// The rows that were sent, where they are one or the first too many; `None` where there are none at all.
async fn one_row(
    messages: impl Stream<Item = Result<FlightData, FlightError>> + Send + 'static,
) -> Result<Option<RecordBatch>, Status> {
    let mut batches = FlightRecordBatchStream::new_from_flight_data(messages);
    let mut found: Option<RecordBatch> = None;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            other => Status::invalid_argument(format!("the values cannot be read: {other}")),
        })?;
        if batch.num_rows() == 0 {
            continue;
        }
        if let Some(before) = &found {
            let both = arrow::compute::concat_batches(before.schema_ref(), [before, &batch]);
            return both
                .map(Some)
                .map_err(|error| Status::invalid_argument(format!("the values cannot be read: {error}")));
        }
        found = Some(batch);
    }
    Ok(found)
}
