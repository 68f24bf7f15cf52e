//! Over Arrow Flight SQL.

use arrow::array::RecordBatch;
use arrow_flight::{
    FlightInfo,
    error::FlightError,
    sql::client::{FlightSqlServiceClient, PreparedStatement},
};
use futures::TryStreamExt;
use tonic::transport::{Channel, Endpoint};

use super::{Answer, Asker, table::of_arrow};

/// A client.
pub(crate) type Flight = FlightSqlServiceClient<Channel>;

/// A client that shows nothing.
pub(crate) async fn flight(address: std::net::SocketAddr) -> Flight {
    Flight::new(Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap())
}

impl Asker<'_> {
    /// A client that shows the token with every call.
    pub(crate) async fn flight(&self) -> Flight {
        let mut client = flight(self.home.flight).await;
        client.set_token(self.token.clone());
        if let Some(purpose) = &self.purpose {
            client.set_header("outport-purpose", purpose.clone());
        }
        client
    }
}

/// The rows of a query.
pub(crate) async fn run(client: &mut Flight, sql: &str) -> Answer {
    let info = client.execute(sql.to_owned(), None).await.map_err(said)?;
    redeem(client, info).await
}

/// The rows that there are for a plan.
pub(crate) async fn redeem(client: &mut Flight, info: FlightInfo) -> Answer {
    Ok(of_arrow(&fetch(client, info).await.map_err(said)?))
}

/// A statement that is prepared.
pub(crate) async fn prepare(client: &mut Flight, sql: &str) -> Result<PreparedStatement<Channel>, String> {
    client.prepare(sql.to_owned(), None).await.map_err(said)
}

/// The rows of a statement that was prepared.
pub(crate) async fn perform(client: &mut Flight, statement: &mut PreparedStatement<Channel>) -> Answer {
    let info = statement.execute().await.map_err(said)?;
    redeem(client, info).await
}

async fn fetch(client: &mut Flight, info: FlightInfo) -> Result<Vec<RecordBatch>, FlightError> {
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let ticket = endpoint.ticket.unwrap_or_default();
        batches.extend(client.do_get(ticket).await?.try_collect::<Vec<_>>().await?);
    }
    Ok(batches)
}

/// What the server said of an error.
pub(crate) fn said(error: impl Into<FlightError>) -> String {
    match error.into() {
        FlightError::Tonic(status) => format!("{:?} {}", status.code(), status.message()),
        other => other.to_string(),
    }
}
