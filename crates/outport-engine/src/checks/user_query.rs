//! Rules that bring their own SQL: one query with one value.

use datafusion::{
    error::DataFusionError,
    execution::context::SQLOptions,
    logical_expr::LogicalPlan,
    prelude::SessionContext,
    sql::{
        parser::{DFParser, Statement},
        sqlparser::ast::Statement as SqlStatement,
    },
};
use outport_model::contract::Contract;
use serde_json::Value;

use super::{scalar, spelling};

/// Why the query of a rule gives no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    /// It is something else than a query, or several.
    #[error("a rule's `query` is one SELECT; anything else is not run")]
    NotAQuery,
    /// It gives several columns.
    #[error("the query gives {columns} columns, a rule compares one value")]
    Columns {
        /// How many.
        columns: usize,
    },
    /// It gives several rows.
    #[error("the query gives more than one row, a rule compares one value")]
    Rows,
    /// It cannot be planned or fails.
    #[error("{}", engine_message(.0))]
    Engine(#[from] DataFusionError),
}

/// What the engine says of a failure, without the wrapping.
pub(crate) fn engine_message(error: &DataFusionError) -> String {
    crate::query::plain(error)
}

/// Runs the query of a rule. No row at all is no value.
pub(crate) async fn value(session: &SessionContext, contract: &Contract, query: &str) -> Result<Value, QueryError> {
    let plan = planned(session, contract, query).await?;
    let columns = plan.schema().fields().len();
    if columns != 1 {
        return Err(QueryError::Columns { columns });
    }
    let batches = session.execute_logical_plan(plan).await?.limit(0, Some(2))?.collect().await?;
    let mut values = scalar::first_columns(&batches)?;
    match values.len() {
        0 => Ok(Value::Null),
        1 => Ok(scalar::json(&values.remove(0))),
        _ => Err(QueryError::Rows),
    }
}

/// Plans the query as it is and, should that fail, with the contract's names in the contract's spelling.
async fn planned(session: &SessionContext, contract: &Contract, query: &str) -> Result<LogicalPlan, QueryError> {
    let first = match plan(session, query).await {
        Err(QueryError::Engine(error)) => error,
        other => return other,
    };
    match spelling::as_in_contract(query, contract) {
        Some(respelled) => plan(session, &respelled).await.map_err(|_| QueryError::Engine(first)),
        None => Err(QueryError::Engine(first)),
    }
}

async fn plan(session: &SessionContext, query: &str) -> Result<LogicalPlan, QueryError> {
    let mut statements = DFParser::parse_sql(query)?;
    let statement = match (statements.pop_front(), statements.is_empty()) {
        (Some(Statement::Statement(one)), true) if matches!(*one, SqlStatement::Query(_)) => Statement::Statement(one),
        _ => return Err(QueryError::NotAQuery),
    };
    let plan = session.state().statement_to_plan(statement).await?;
    let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reading.verify_plan(&plan).map_err(|_| QueryError::NotAQuery)?;
    Ok(plan)
}
