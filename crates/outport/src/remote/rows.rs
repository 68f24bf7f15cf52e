//! Answers of a server to queries, as they come.

use std::pin::Pin;

use arrow::{array::RecordBatch, buffer::Buffer, datatypes::SchemaRef, ipc::reader::StreamDecoder};
use futures::Stream;
use outport_model::principal::Purpose;
use reqwest::{Method, Response, header};
use serde_json::json;

use super::Server;
use crate::failure::Failure;

/// How rows are sent: as they are, with their types.
const FORMAT: &str = "application/vnd.apache.arrow.stream";

/// Rows that come.
pub(crate) type Batches = Pin<Box<dyn Stream<Item = Result<RecordBatch, Failure>> + Send>>;

impl Server {
    /// Runs a query: its columns, and its rows.
    pub(crate) async fn ask(&self, sql: &str, purpose: Option<&Purpose>) -> Result<(SchemaRef, Batches), Failure> {
        let question = json!({"sql": sql, "purpose": purpose});
        let request = self.request(Method::POST, &["sql"]).header(header::ACCEPT, FORMAT).json(&question);
        let mut rows = Rows {
            server: self.base().to_owned(),
            response: self.send(request).await?,
            decoder: StreamDecoder::new(),
            buffer: Buffer::default(),
            ended: false,
        };
        // The columns come before the rows; of an answer without rows there are only they.
        let first = rows.next().await?;
        let Some(schema) = rows.decoder.schema() else { return Err(self.strange(&"there are no columns")) };
        let rest = futures::stream::try_unfold(rows, |mut rows| async move {
            let batch = rows.next().await?;
            Ok(batch.map(|batch| (batch, rows)))
        });
        let first = futures::stream::iter(first.map(Ok));
        Ok((schema, Box::pin(futures::StreamExt::chain(first, rest))))
    }
}

/// An answer on its way in.
struct Rows {
    server: String,
    response: Response,
    decoder: StreamDecoder,
    /// What came and is not decoded yet.
    buffer: Buffer,
    ended: bool,
}

impl Rows {
    /// The next rows. An answer that is cut off is an error, and never taken for the whole.
    async fn next(&mut self) -> Result<Option<RecordBatch>, Failure> {
        loop {
            if !self.buffer.is_empty()
                && let Some(batch) = self.decoder.decode(&mut self.buffer).map_err(|error| self.cut_off(error))?
            {
                return Ok(Some(batch));
            }
            if self.ended {
                return Ok(None);
            }
            match self.response.chunk().await {
                Ok(Some(piece)) => self.buffer = Buffer::from(piece.to_vec()),
                Ok(None) => {
                    self.ended = true;
                    self.decoder.finish().map_err(|error| self.cut_off(error))?;
                }
                Err(error) => return Err(self.cut_off(error.without_url())),
            }
        }
    }

    fn cut_off(&self, error: impl std::error::Error + Send + Sync + 'static) -> Failure {
        Failure::Unreachable { server: self.server.clone(), source: Box::new(error) }
    }
}
