//! What there is, as tools ask for it: a workspace is a catalog, a product a schema, an output table a table.
//!
//! Everything comes from what the caller may read: a table or column that is hidden from them is in no list.

mod abilities;
mod keys;
mod tables;
mod types;

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use arrow_flight::{
    error::FlightError,
    sql::{
        Command, CommandGetCatalogs, CommandGetDbSchemas, CommandGetPrimaryKeys, CommandGetSqlInfo,
        CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
    },
};
use futures::stream;
use outport_app::gate::{Caller, Gate, GateError};
use outport_model::audit::RequestId;
use tonic::Status;

use crate::{
    flow::{self, Rows},
    service::Service,
    status::status,
};

/// A question about what there is.
#[derive(Debug, Clone)]
pub(crate) enum Listing {
    Catalogs(CommandGetCatalogs),
    Schemas(CommandGetDbSchemas),
    Tables(CommandGetTables),
    TableTypes(CommandGetTableTypes),
    Abilities(CommandGetSqlInfo),
    PrimaryKeys(CommandGetPrimaryKeys),
    /// Contracts know no keys of other tables.
    ForeignKeys,
    Types(CommandGetXdbcTypeInfo),
}

impl Listing {
    /// The question that a command is; `None` where it is none.
    pub(crate) fn of(command: Command) -> Option<Self> {
        Some(match command {
            Command::CommandGetCatalogs(command) => Self::Catalogs(command),
            Command::CommandGetDbSchemas(command) => Self::Schemas(command),
            Command::CommandGetTables(command) => Self::Tables(command),
            Command::CommandGetTableTypes(command) => Self::TableTypes(command),
            Command::CommandGetSqlInfo(command) => Self::Abilities(command),
            Command::CommandGetPrimaryKeys(command) => Self::PrimaryKeys(command),
            Command::CommandGetExportedKeys(_)
            | Command::CommandGetImportedKeys(_)
            | Command::CommandGetCrossReference(_) => Self::ForeignKeys,
            Command::CommandGetXdbcTypeInfo(command) => Self::Types(command),
            _ => return None,
        })
    }

    /// The columns of the answer.
    pub(crate) fn schema(&self) -> Result<SchemaRef, FlightError> {
        Ok(match self {
            Self::Catalogs(command) => command.into_builder().schema(),
            Self::Schemas(command) => command.clone().into_builder().schema(),
            Self::Tables(command) => command.clone().into_builder().schema(),
            Self::TableTypes(command) => command.into_builder().schema(),
            Self::Abilities(_) => abilities::all()?.schema(),
            Self::PrimaryKeys(_) => keys::primary_schema(),
            Self::ForeignKeys => keys::foreign_schema(),
            Self::Types(_) => types::all()?.schema(),
        })
    }

    /// The question in words, for the record.
    fn text(&self) -> String {
        let filters = |name: &str, filters: &[(&str, Option<&String>)]| {
            let given = filters.iter().filter_map(|(what, value)| Some(format!(" {what}={}", value.as_ref()?)));
            std::iter::once(name.to_owned()).chain(given).collect::<String>()
        };
        match self {
            Self::Catalogs(_) => "GetCatalogs".to_owned(),
            Self::Schemas(command) => filters(
                "GetDbSchemas",
                &[("catalog", command.catalog.as_ref()), ("schema", command.db_schema_filter_pattern.as_ref())],
            ),
            Self::Tables(command) => filters(
                "GetTables",
                &[
                    ("catalog", command.catalog.as_ref()),
                    ("schema", command.db_schema_filter_pattern.as_ref()),
                    ("table", command.table_name_filter_pattern.as_ref()),
                ],
            ),
            Self::TableTypes(_) => "GetTableTypes".to_owned(),
            Self::Abilities(_) => "GetSqlInfo".to_owned(),
            Self::PrimaryKeys(command) => filters(
                "GetPrimaryKeys",
                &[
                    ("catalog", command.catalog.as_ref()),
                    ("schema", command.db_schema.as_ref()),
                    ("table", Some(&command.table)),
                ],
            ),
            Self::ForeignKeys => "GetForeignKeys".to_owned(),
            Self::Types(_) => "GetXdbcTypeInfo".to_owned(),
        }
    }

    async fn rows(self, gate: &Gate, caller: &Caller) -> Result<RecordBatch, GateError> {
        // Also where the answer is the same for everyone: whoever is let in no more is not answered.
        let view = gate.view(caller).await?;
        let workspace = gate.app().workspace.as_str();
        match self {
            Self::Catalogs(command) => {
                let mut builder = command.into_builder();
                builder.append(workspace);
                builder.build().map_err(internal)
            }
            Self::Schemas(command) => tables::schemas(workspace, &view, command),
            Self::Tables(command) => tables::tables(gate, caller, &view, command).await,
            Self::TableTypes(command) => {
                let mut builder = command.into_builder();
                builder.append(tables::TABLE);
                builder.build().map_err(internal)
            }
            Self::Abilities(command) => {
                abilities::all().and_then(|all| command.into_builder(&all).build()).map_err(internal)
            }
            Self::PrimaryKeys(command) => keys::primary(workspace, &view, &command),
            Self::ForeignKeys => Ok(RecordBatch::new_empty(keys::foreign_schema())),
            Self::Types(command) => types::all().and_then(|all| command.into_builder(&all).build()).map_err(internal),
        }
    }
}

fn internal(error: FlightError) -> GateError {
    GateError::Internal(Box::new(error))
}

impl Service {
    /// The answer to a question about what there is, and the id of the request.
    pub(crate) async fn list(&self, caller: &Caller, listing: Listing) -> Result<(RequestId, Rows), Status> {
        let mut request = self.gate.begin(caller, listing.text());
        let id = request.id();
        match listing.rows(&self.gate, caller).await {
            Ok(rows) => {
                request.count(rows.num_rows() as u64, rows.get_array_memory_size() as u64);
                request.answered();
                let schema = rows.schema();
                Ok((id, flow::encoded(stream::iter([Ok(rows)]), schema, self.options.message_bytes, id)))
            }
            Err(error) => Err(status(&request.fail(error), Some(id))),
        }
    }
}
