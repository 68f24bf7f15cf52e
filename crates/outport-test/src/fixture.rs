//! Small values of the model, all of them valid.
//!
//! Every function gives the same value for the same arguments.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a fixture that cannot be made is a failed test")]

mod access;
mod feedback;
mod question;

use std::collections::{BTreeMap, BTreeSet};

pub use access::{
    agreement, agreement_id, daily_of, principal, principal_id, purpose, request_record, token, token_id, user,
    workspace_policies,
};
use chrono::{DateTime, Duration, Utc};
pub use feedback::{feedback, feedback_id, rating, reply};
use outport_model::{
    address::Address,
    check::{Check, CheckKind, CheckResult, CheckSeverity, Dimension, Method, Outcome, Threshold, Unit},
    contract::{Contract, ContractId, ContractTerms, TableSchema, Version},
    fingerprint::Fingerprint,
    lineage::ModelLineage,
    name::{ProductName, TableName, WorkspaceName},
    plan::{CompiledModel, CompiledProduct},
    product::{Guide, InputPort, Materialization, Model, OnViolation, OutputPort, OutputTable, Product},
    release::{ReleasedTable, TableRole, TableVersion},
    run::{InputVersion, Run, RunId, RunState},
    source::{FileFormat, FileSource, Source},
};
pub use question::{question, question_id};
use serde_json::json;

/// The moment this many seconds after 1 November 2026.
pub fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_491_200, 0).expect("a moment") + Duration::seconds(seconds)
}

/// A workspace's name.
pub fn workspace(name: &str) -> WorkspaceName {
    name.parse().expect("the name of a workspace")
}

/// A product's name.
pub fn product(name: &str) -> ProductName {
    name.parse().expect("the name of a product")
}

/// A table's name.
pub fn table(name: &str) -> TableName {
    name.parse().expect("the name of a table")
}

/// The fingerprint of a text.
pub fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint::of("fixture").part("text", text).finish()
}

/// The id of a run; ids of greater numbers sort later.
pub fn run_id(number: u64) -> RunId {
    RunId::new(uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(number)))
}

/// A product that reads files and has these models, each reading the input `raw`; the first one is
/// offered by the port `daily`.
pub fn product_of_files(name: &str, models: &[&str]) -> Product {
    let mut product = compiled(name, "SELECT 1").product;
    product.inputs[0].source = Source::Files(FileSource {
        location: "/data/raw.parquet".to_owned(),
        written: "raw.parquet".to_owned(),
        format: FileFormat::Parquet,
    });
    product.inputs[0].contract = Some(product.outputs[0].contract.clone());
    product.inputs[0].on_violation = OnViolation::Fail;
    product.models = models.iter().map(|model| self::model(model, &format!("SELECT * FROM {name}_{model}"))).collect();
    product.outputs[0].tables[0].model = product.models[0].name.clone();
    product
}

/// A product like [`product_of_files`] with one model `daily`, that reads the port `daily` of another one.
pub fn product_of(name: &str, upstream: &str) -> Product {
    let mut reader = product_of_files(name, &["daily"]);
    let address =
        Address { workspace: None, product: product(upstream), port: "daily".parse().expect("a port"), major: Some(1) };
    reader.inputs[0].source = Source::Port(address);
    reader
}

/// A model's text.
pub fn model(name: &str, sql: &str) -> Model {
    Model {
        name: table(name),
        file: format!("models/{name}.sql"),
        sql: sql.to_owned(),
        materialization: Materialization::Table,
        parameters: BTreeMap::new(),
    }
}

/// A product as if compiled: the fingerprint of a model is that of its text, and it reads every input.
pub fn compiled_of(product: Product) -> CompiledProduct {
    let inputs: BTreeSet<_> = product.inputs.iter().map(|input| input.name.clone()).collect();
    let models = product.models.iter().map(|model| {
        let compiled = CompiledModel {
            fingerprint: fingerprint(&model.sql),
            lineage: ModelLineage::default(),
            reads: BTreeSet::new(),
            inputs: inputs.clone(),
        };
        (model.name.clone(), compiled)
    });
    CompiledProduct {
        models: models.collect(),
        inputs: inputs.iter().map(|input| (input.clone(), fingerprint(input.as_str()))).collect(),
        product,
    }
}

/// A product with one input, one model of this query, and one output port of the same name as the model.
pub fn compiled(name: &str, sql: &str) -> CompiledProduct {
    let model = Model {
        name: table("daily"),
        file: "models/daily.sql".to_owned(),
        sql: sql.to_owned(),
        materialization: Materialization::Table,
        parameters: BTreeMap::from([("least".to_owned(), json!(10))]),
    };
    let compiled_model = CompiledModel {
        fingerprint: fingerprint(sql),
        lineage: ModelLineage { relations: BTreeSet::from(["input.raw".to_owned()]), ..ModelLineage::default() },
        reads: BTreeSet::new(),
        inputs: BTreeSet::from(["raw".parse().expect("a port")]),
    };
    CompiledProduct {
        inputs: BTreeMap::from([("raw".parse().expect("a port"), fingerprint("raw"))]),
        models: BTreeMap::from([(model.name.clone(), compiled_model)]),
        product: Product {
            name: product(name),
            id: name.to_owned(),
            title: Some(format!("The {name}")),
            version: Some(Version::new(1, 0, 0)),
            status: Some("active".to_owned()),
            domain: None,
            alignment: None,
            purpose: None,
            owner: Some("someone".to_owned()),
            guide: Guide::default(),
            inputs: vec![input()],
            outputs: vec![output(name)],
            models: vec![model],
            policies: Vec::new(),
            files: BTreeMap::from([("models/daily.sql".to_owned(), fingerprint(sql))]),
        },
    }
}

fn input() -> InputPort {
    let address = Address {
        workspace: None,
        product: product("elsewhere"),
        port: "rows".parse().expect("a port"),
        major: Some(1),
    };
    InputPort {
        name: "raw".parse().expect("a port"),
        contract: None,
        contract_id: None,
        source: Source::Port(address),
        on_violation: OnViolation::Quarantine,
    }
}

fn output(product: &str) -> OutputPort {
    let schema =
        TableSchema { name: "daily".to_owned(), description: None, columns: Vec::new(), checks: vec![row_count()] };
    OutputPort {
        name: "daily".parse().expect("a port"),
        version: Version::new(1, 0, 0),
        contract: Contract {
            id: ContractId::new(format!("{product}-daily")),
            version: Version::new(1, 0, 0),
            name: None,
            file: "contracts/daily.odcs.yaml".to_owned(),
            description: None,
            approvers: BTreeSet::new(),
            terms: ContractTerms::default(),
            tables: vec![schema],
        },
        tables: vec![OutputTable { name: table("daily"), object: "daily".to_owned(), model: table("daily") }],
    }
}

/// A check that the table `daily` has rows.
pub fn row_count() -> Check {
    Check {
        id: "daily.rows".to_owned(),
        name: "has rows".to_owned(),
        table: "daily".to_owned(),
        column: None,
        kind: CheckKind::RowCount,
        threshold: Threshold::MustBeGreaterThan(0.0),
        unit: Unit::Rows,
        dimension: Dimension::Completeness,
        severity: CheckSeverity::Error,
        description: None,
        pointer: "/schema/0/quality/0".to_owned(),
    }
}

/// What [`row_count`] gives on a table of this many rows.
pub fn check_result(rows: u64) -> CheckResult {
    CheckResult {
        port: Some("daily".to_owned()),
        check: row_count(),
        outcome: if rows > 0 { Outcome::Pass } else { Outcome::Fail },
        measured: json!(rows),
        rows: Some(rows),
        failed_rows: None,
        sample_query: None,
        message: None,
        method: Method::Statistics,
    }
}

/// A run of the product's first generation that began at [`moment`]`(number)` and is under way.
pub fn run(name: &str, number: u64) -> Run {
    Run {
        id: run_id(number),
        product: product(name),
        state: RunState::Running,
        generation: 1,
        started_at: moment(i64::try_from(number).expect("a small number")),
        ended_at: None,
        inputs: BTreeMap::from([(
            "raw".parse().expect("a port"),
            InputVersion::Content { fingerprint: fingerprint("raw"), files: 2, bytes: 2048 },
        )]),
        release: None,
        error: None,
    }
}

/// A stored table at this path.
pub fn table_version(path: &str) -> TableVersion {
    TableVersion { fingerprint: fingerprint(path), path: path.to_owned(), version: 0, rows: 3, bytes: 300 }
}

/// The tables of a release: `daily` stored at this path.
pub fn released(path: &str) -> BTreeMap<TableName, ReleasedTable> {
    let released = ReleasedTable { role: TableRole::Output, version: table_version(path), major: Some(1) };
    BTreeMap::from([(table("daily"), released)])
}
