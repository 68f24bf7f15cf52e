//! `outport query`

use std::{
    io::{BufWriter, IsTerminal},
    process::ExitCode,
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use clap::{Args, ValueEnum};
use futures::{Stream, StreamExt, TryStreamExt};
use outport_app::{
    engine::{EngineError, Question},
    gate::GateError,
};
use outport_model::principal::{PrincipalId, Purpose};

use super::Setting;
use crate::{
    failure::Failure,
    remote::Server,
    render::rows::{self, Outlet, RowWriter},
    terminal::OutputFormat,
    wiring,
};

/// Ask in SQL over everything that is released
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// SQL; tables are `<product>.<table>`
    sql: String,
    /// As this user [default: whoever works on the home, who sees everything]
    #[arg(long = "as", value_name = "USER", value_parser = super::principal)]
    user: Option<PrincipalId>,
    /// What the data is read for
    #[arg(long, value_name = "TEXT", value_parser = super::purpose)]
    purpose: Option<Purpose>,
    /// How the rows are written [default: as `--output`]
    #[arg(long, short, value_enum)]
    format: Option<RowFormat>,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// For people
    Table,
    /// One JSON array of objects
    Json,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
    /// Apache Parquet
    Parquet,
    /// Arrow IPC stream
    Arrow,
}

impl Query {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let format = self.format.unwrap_or(match setting.terminal.format {
            OutputFormat::Table => RowFormat::Table,
            OutputFormat::Json | OutputFormat::Yaml => RowFormat::Json,
        });
        let binary = matches!(format, RowFormat::Parquet | RowFormat::Arrow);
        if binary && std::io::stdout().is_terminal() {
            return Err(Failure::Argument {
                message: "binary rows are not written to a terminal".to_owned(),
                help: "send them to a file: `outport query … --format parquet > rows.parquet`".to_owned(),
            });
        }
        if let Some(settings) = &setting.server {
            if self.user.is_some() {
                return Err(Failure::Argument {
                    message: "a server answers whoever the token belongs to, and nobody `--as` another".to_owned(),
                    help: "leave out `--as`, and show a token of that user".to_owned(),
                });
            }
            let answer = Server::new(settings)?.ask(&self.sql, self.purpose.as_ref()).await;
            let (schema, batches) = answer.map_err(|failure| with_excerpt(failure, &self.sql))?;
            write(&schema, batches, format).await?;
            return Ok(ExitCode::SUCCESS);
        }
        let gate = wiring::gate(&setting.configuration).await?;
        let mut caller = super::as_user(&gate, self.user.as_ref()).await?;
        caller.purpose = self.purpose;
        let answer = gate.ask(&caller, Question::new(&self.sql)).await;
        let answer = answer.map_err(|error| with_excerpt(error.into(), &self.sql))?;
        write(&answer.schema, answer.batches.map_err(Failure::from), format).await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn write(
    schema: &SchemaRef,
    batches: impl Stream<Item = Result<RecordBatch, Failure>> + Unpin,
    format: RowFormat,
) -> Result<(), Failure> {
    let outlet = Outlet::default();
    let written = write_rows(schema, batches, format, outlet.clone()).await;
    outlet.settle(written)
}

async fn write_rows(
    schema: &SchemaRef,
    mut batches: impl Stream<Item = Result<RecordBatch, Failure>> + Unpin,
    format: RowFormat,
    outlet: Outlet,
) -> Result<(), Failure> {
    let mut writer: Box<dyn RowWriter> = rows::writer(format, schema, BufWriter::new(outlet))?;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        if !writer.write(&batch)? {
            return Ok(());
        }
    }
    writer.finish()
}

/// The error with the line of the query that it is about.
fn with_excerpt(failure: Failure, sql: &str) -> Failure {
    match failure {
        Failure::Gate(GateError::Engine(EngineError::Query { reason, position: Some((line, column)), help })) => {
            let text = sql.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let reason = format!("{reason}\n  | {text}\n  | {}^", " ".repeat(column.saturating_sub(1)));
            GateError::Engine(EngineError::Query { reason, position: None, help }).into()
        }
        failure => failure,
    }
}
