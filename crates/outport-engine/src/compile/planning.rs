//! From a query to a logical plan. Compiling and running share it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use datafusion::{
    arrow::datatypes::{DataType, SchemaRef},
    catalog::{TableFunctionArgs, TableProvider, default_table_source::provider_as_source},
    common::{DFSchema, TableReference, plan_datafusion_err, plan_err},
    config::ConfigOptions,
    datasource::cte_worktable::CteWorkTable,
    error::DataFusionError,
    execution::{SessionState, session_state::SessionStateBuilder},
    logical_expr::{
        AggregateUDF, Expr, HigherOrderUDF, LogicalPlan, LogicalTableSource, ScalarUDF, TableSource, WindowUDF,
        planner::{ContextProvider, ExprPlanner, RelationPlanner},
        simplify::SimplifyContext,
    },
    optimizer::simplify_expressions::ExprSimplifier,
    prelude::SessionContext,
    sql::{
        planner::{NullOrdering, ParserOptions, PlannerContext, SqlToRel},
        sqlparser::ast::Statement,
    },
};
use outport_model::diagnostic::Diagnostic;
use serde_json::Value;

use super::{
    parameter::{self, Parameters},
    statement::{self, Reference, TABLE_FUNCTIONS},
    text::Text,
};

/// The schema in which models find their input ports.
pub(super) const INPUT: &str = "input";

/// What planning needs beside tables: functions, rules and options. It holds no data, and building it takes longer
/// than planning a model, so all products share one.
static SESSION: LazyLock<SessionState> =
    LazyLock::new(|| SessionStateBuilder::new().with_config(crate::session::config(1)).with_default_features().build());

/// The session for planning without data.
pub(super) fn session() -> &'static SessionState {
    &SESSION
}

/// The tables that a query may read, by the names that it may use.
pub(super) type Tables = HashMap<TableReference, Arc<dyn TableSource>>;

/// A table that has only a schema.
pub(super) fn schema_only(schema: SchemaRef) -> Arc<dyn TableSource> {
    Arc::new(LogicalTableSource::new(schema))
}

/// Plans a model's query: the same text, restrictions and binding of parameters as when it was compiled.
///
/// The tables `input.<port>` and other models by their bare names are taken from the context's default catalog; a
/// query can read nothing else. The plan is neither analysed nor optimised.
///
/// # Errors
///
/// What the planner says, or the first thing that a model may not do.
pub async fn plan_model(
    context: &SessionContext,
    sql: &str,
    parameters: &BTreeMap<String, Value>,
) -> Result<LogicalPlan, DataFusionError> {
    let text = Text::new(sql);
    let parsed = statement::parse(&text, "").map_err(|problems| refusal(&problems))?;
    let unknown = parameter::check(&text, parameters, "");
    if !unknown.is_empty() {
        return Err(refusal(&unknown));
    }
    let mut tables = Tables::new();
    for reference in &parsed.references {
        let found = if readable(reference) { Box::pin(provider(context, &reference.name)).await? } else { None };
        if let Some(table) = found {
            tables.insert(reference.name.clone(), provider_as_source(table));
        }
    }
    plan_query(&context.state(), &tables, parsed.statement, Parameters::new(parameters))
}

/// Whether a model may mention it at all.
pub(super) fn readable(reference: &Reference) -> bool {
    !reference.function
        && match &reference.name {
            TableReference::Bare { .. } => true,
            TableReference::Partial { schema, .. } => &**schema == INPUT,
            TableReference::Full { .. } => false,
        }
}

async fn provider(
    context: &SessionContext,
    name: &TableReference,
) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
    let state = context.state();
    match state.schema_for_ref(name.clone()) {
        Ok(schema) => schema.table(name.table()).await,
        Err(_) => Ok(None),
    }
}

fn refusal(problems: &[Diagnostic]) -> DataFusionError {
    let text = |problem: &Diagnostic| match problem.span {
        Some(span) => format!("{} (line {}, column {})", problem.message, span.line, span.column),
        None => problem.message.clone(),
    };
    DataFusionError::Plan(problems.first().map(text).unwrap_or_default())
}

/// Plans a statement over the given tables and binds its parameters.
pub(super) fn plan_query(
    state: &SessionState,
    tables: &Tables,
    statement: Statement,
    parameters: Parameters,
) -> Result<LogicalPlan, DataFusionError> {
    let provider = Scope { state, tables };
    let mut context = PlannerContext::new().with_prepare_param_data_types(parameters.fields());
    let planner = SqlToRel::new_with_options(&provider, parser_options(state));
    let plan = planner.sql_statement_to_plan_with_context(statement, &mut context)?;
    match parameters.bound() {
        Some(values) => plan.with_param_values(values),
        None => Ok(plan),
    }
}

fn parser_options(state: &SessionState) -> ParserOptions {
    let options = &state.config_options().sql_parser;
    ParserOptions {
        parse_float_as_decimal: options.parse_float_as_decimal,
        enable_ident_normalization: options.enable_ident_normalization,
        enable_options_value_normalization: options.enable_options_value_normalization,
        support_varchar_with_length: options.support_varchar_with_length,
        map_string_types_to_utf8view: options.map_string_types_to_utf8view,
        collect_spans: options.collect_spans,
        default_null_ordering: NullOrdering::from(options.default_null_ordering.as_str()),
    }
}

/// The planner's view of a session: its functions, and no tables but those that are given.
struct Scope<'a> {
    state: &'a SessionState,
    tables: &'a Tables,
}

impl ContextProvider for Scope<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>, DataFusionError> {
        self.tables.get(&name).cloned().ok_or_else(|| plan_datafusion_err!("table '{name}' not found"))
    }

    fn get_table_function_source(
        &self,
        name: &str,
        arguments: Vec<Expr>,
    ) -> Result<Arc<dyn TableSource>, DataFusionError> {
        let function = self.state.table_functions().get(name).filter(|_| TABLE_FUNCTIONS.contains(&name));
        let Some(function) = function else { return plan_err!("table function '{name}' not found") };
        let context = SimplifyContext::builder().with_config_options(Arc::clone(self.state.config_options())).build();
        let simplifier = ExprSimplifier::new(context);
        let schema = DFSchema::empty();
        let simple = |argument| simplifier.coerce(argument, &schema).and_then(|expr| simplifier.simplify(expr));
        let arguments = arguments.into_iter().map(simple).collect::<Result<Vec<_>, _>>()?;
        let table = function.create_table_provider_with_args(TableFunctionArgs::new(&arguments, self.state))?;
        Ok(provider_as_source(table))
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>, DataFusionError> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.state.expr_planners()
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.state.relation_planners()
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
