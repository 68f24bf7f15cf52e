//! Compiling a product: every model is planned against tables that have only a schema.
//!
//! Where to start:
//! - [`compile`]: a product and the schemas of its inputs in, a compiled product and diagnostics out;
//! - [`plan_model`]: the same planning over real tables, for running;
//! - [`stored_schema`]: what a model's table looks like when it is stored.

mod fingerprint;
mod lineage;
pub(crate) mod nearest;
mod nullness;
mod order;
mod parameter;
mod planning;
mod report;
mod result;
mod statement;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::{Schema, SchemaRef},
    error::DataFusionError,
    logical_expr::LogicalPlan,
};
use outport_model::{
    contract::TableSchema,
    diagnostic::Diagnostic,
    lineage::{ColumnLineage, ModelLineage},
    name::{PortName, TableName},
    plan::{CompiledModel, CompiledProduct},
    product::{Model, Product},
};

pub(crate) use self::lineage::used_columns;
use self::{
    order::{Readable, Reads, Relation},
    parameter::Parameters,
    planning::Tables,
    report::Report,
    result::Returned,
    statement::Parsed,
    text::Text,
};
pub use self::{planning::plan_model, result::stored_schema};
use crate::types::to_schema;

/// Compiles a product. `inputs` has the schema that guards each input port.
///
/// All problems at once, except that a model which reads a broken one is not looked at. Without errors there is a
/// compiled product; warnings stand beside it.
pub fn compile(
    product: &Product,
    inputs: &BTreeMap<PortName, TableSchema>,
) -> (Option<CompiledProduct>, Vec<Diagnostic>) {
    let readable = Readable::of(product, inputs);
    let texts: Vec<Text<'_>> = product.models.iter().map(|model| Text::new(&model.sql)).collect();
    let mut problems = Vec::new();
    let mut open: BTreeMap<&TableName, Open<'_>> = BTreeMap::new();
    for (model, text) in product.models.iter().zip(&texts) {
        match read(model, text, &readable) {
            Ok((parsed, reads)) => {
                open.insert(&model.name, Open { model, text, parsed, reads });
            }
            Err(found) => problems.extend(found),
        }
    }
    let graph = open.iter().map(|(name, open)| (*name, &open.reads)).collect();
    let order = order::sort(&graph);
    for cycle in &order.cycles {
        problems.extend(order::circle(cycle, &open));
    }
    let mut done = Done { product, inputs, schemas: BTreeMap::new(), models: BTreeMap::new() };
    for name in &order.sorted {
        if let Some(open) = open.remove(name) {
            problems.extend(done.model(open));
        }
    }
    problems.sort_by(|a, b| (&a.file, a.span).cmp(&(&b.file, b.span)));
    let broken = problems.iter().any(Diagnostic::is_error);
    let compiled = (!broken).then(|| CompiledProduct {
        product: product.clone(),
        models: done.models,
        inputs: inputs.iter().map(|(port, schema)| (port.clone(), fingerprint::input(schema))).collect(),
    });
    (compiled, problems)
}

/// A model that was read and not planned yet.
struct Open<'a> {
    model: &'a Model,
    text: &'a Text<'a>,
    parsed: Parsed,
    reads: Reads,
}

fn read(model: &Model, text: &Text<'_>, readable: &Readable<'_>) -> Result<(Parsed, Reads), Vec<Diagnostic>> {
    let unknown = parameter::check(text, &model.parameters, &model.file);
    match statement::parse(text, &model.file) {
        Ok(parsed) => {
            let (reads, mut problems) = readable.resolve(&parsed.references, model);
            problems.extend(unknown);
            if problems.is_empty() { Ok((parsed, reads)) } else { Err(problems) }
        }
        Err(problems) => Err(problems.into_iter().chain(unknown).collect()),
    }
}

/// The models that were planned.
struct Done<'a> {
    product: &'a Product,
    inputs: &'a BTreeMap<PortName, TableSchema>,
    schemas: BTreeMap<TableName, SchemaRef>,
    models: BTreeMap<TableName, CompiledModel>,
}

impl Done<'_> {
    /// Plans one model, unless a model that it reads is broken.
    fn model(&mut self, open: Open<'_>) -> Vec<Diagnostic> {
        let Some(tables) = self.tables(&open.reads) else { return Vec::new() };
        let Open { model, text, parsed, reads } = open;
        let Parsed { statement, items, aliases, .. } = parsed;
        let plan = match plan(&tables, statement, model) {
            Ok(plan) => plan,
            Err(error) => {
                let columns = |name: &str| {
                    let (_, table) = aliases.iter().find(|(alias, _)| alias == name)?;
                    let schema = tables.get(table)?.schema();
                    Some(schema.fields().iter().map(|field| field.name().clone()).collect())
                };
                return Report { text, file: &model.file, items: &items, columns: &columns }.planning(&error);
            }
        };
        let schema: &Schema = plan.schema().as_arrow();
        let derived = lineage::derive(&plan, &|table| reads.get(table).map(Relation::name));
        let returned = Returned { text, file: &model.file, items: &items, schema, facts: &derived.columns };
        let mut problems = returned.names();
        if problems.is_empty() {
            problems = returned.check(self.product, &model.name);
        }
        if problems.iter().any(Diagnostic::is_error) {
            return problems;
        }
        let stored = stored_schema(self.product, &model.name, schema);
        let compiled = self.compiled(model, text, &reads, &stored, derived);
        self.schemas.insert(model.name.clone(), stored);
        self.models.insert(model.name.clone(), compiled);
        problems
    }

    /// The tables that a model reads; nothing where one of them is broken.
    fn tables(&self, reads: &Reads) -> Option<Tables> {
        let mut tables = HashMap::new();
        for (reference, relation) in reads {
            let schema = match relation {
                Relation::Port(port) => to_schema(self.inputs.get(port)?),
                Relation::Model(model) => Arc::clone(self.schemas.get(model)?),
            };
            tables.insert(reference.clone(), planning::schema_only(schema));
        }
        Some(tables)
    }

    fn compiled(
        &self,
        model: &Model,
        text: &Text<'_>,
        reads: &Reads,
        stored: &Schema,
        derived: lineage::Derived,
    ) -> CompiledModel {
        let relations: BTreeSet<&Relation> = reads.values().collect();
        let mut print = fingerprint::begin(model, text, stored);
        let mut compiled_reads = BTreeSet::new();
        let mut ports = BTreeSet::new();
        for relation in &relations {
            match relation {
                Relation::Port(name) => {
                    if let Some((port, schema)) = self.product.input(name.as_str()).zip(self.inputs.get(name)) {
                        print = fingerprint::read_port(print, port, schema);
                    }
                    ports.insert(name.clone());
                }
                Relation::Model(name) => {
                    if let Some(upstream) = self.models.get(name) {
                        print = fingerprint::read_model(print, name.as_str(), &upstream.fingerprint);
                    }
                    compiled_reads.insert(name.clone());
                }
            }
        }
        let names = stored.fields().iter().map(|field| field.name().clone());
        let columns =
            names.zip(derived.columns).map(|(column, facts)| ColumnLineage { column, sources: facts.sources });
        let lineage = ModelLineage {
            columns: columns.collect(),
            indirect: derived.indirect,
            relations: relations.iter().map(|relation| relation.name()).collect(),
        };
        CompiledModel { fingerprint: print.finish(), lineage, reads: compiled_reads, inputs: ports }
    }
}

/// Plans and analyses a query: types are made to agree, nothing is optimised away.
fn plan(
    tables: &Tables,
    statement: datafusion::sql::sqlparser::ast::Statement,
    model: &Model,
) -> Result<LogicalPlan, DataFusionError> {
    let session = planning::session();
    let planned = || {
        let plan = planning::plan_query(session, tables, statement, Parameters::new(&model.parameters))?;
        session.analyzer().execute_and_check(plan, session.config_options(), |_, _| {})
    };
    // DataFusion 55 panics on some texts, such as `1 IN (SELECT)`.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(planned));
    outcome.unwrap_or_else(|_| Err(DataFusionError::Plan("the query cannot be planned".to_owned())))
}
