//! A small estate, and someone who asks.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use outport_app::policy::{
    Asking, Policies, PolicyCompiler, PolicyOwner, PolicyText, PortAction, TableVerdict, Verdict,
};
use outport_model::{
    access::{RowAccess, TableAccess},
    agreement::{Agreement, AgreementId, AgreementState, Consumer, PortVersion},
    contract::{Column, Contract, ContractId, ContractTerms, DataType, TableSchema, Version},
    diagnostic::Diagnostic,
    plan::{CompiledProduct, Estate},
    principal::{Door, Principal, PrincipalKind, Purpose},
    product::{Guide, OutputPort, OutputTable, Product},
};
use outport_policy::CedarPolicies;

pub(crate) fn column(name: &str, data_type: DataType) -> Column {
    Column {
        name: name.to_owned(),
        data_type,
        nullable: false,
        primary_key: None,
        unique: false,
        description: None,
        classification: None,
        tags: Vec::new(),
        deprecated: false,
    }
}

pub(crate) fn nullable(name: &str, data_type: DataType) -> Column {
    Column { nullable: true, ..column(name, data_type) }
}

pub(crate) const INTEGER: DataType = DataType::Integer { bits: 64, signed: true };
pub(crate) const DECIMAL: DataType = DataType::Decimal { precision: 12, scale: 2 };
pub(crate) const MOMENT: DataType = DataType::Timestamp { zoned: true };

pub(crate) fn texts() -> DataType {
    DataType::List(Box::new(DataType::String))
}

/// A port with one table for each of these.
pub(crate) fn port(name: &str, major: u64, tables: Vec<(&str, Vec<Column>)>) -> OutputPort {
    let version = Version::new(major, 0, 0);
    let table = |name: &str, columns: Vec<Column>| TableSchema {
        name: name.to_owned(),
        description: None,
        columns,
        checks: Vec::new(),
    };
    OutputPort {
        name: name.parse().unwrap(),
        version: version.clone(),
        tables: tables
            .iter()
            .map(|(table, _)| OutputTable {
                name: table.parse().unwrap(),
                object: (*table).to_owned(),
                model: table.parse().unwrap(),
            })
            .collect(),
        contract: Contract {
            id: ContractId::new(name),
            version,
            name: None,
            file: format!("contracts/{name}.odcs.yaml"),
            approvers: std::collections::BTreeSet::new(),
            terms: ContractTerms::default(),
            description: None,
            tables: tables.into_iter().map(|(name, columns)| table(name, columns)).collect(),
        },
    }
}

pub(crate) fn product(name: &str, domain: &str, outputs: Vec<OutputPort>) -> Product {
    Product {
        name: name.parse().unwrap(),
        id: name.to_owned(),
        title: None,
        version: None,
        status: Some("active".to_owned()),
        domain: Some(domain.to_owned()),
        alignment: None,
        purpose: None,
        owner: Some(format!("{name} team")),
        guide: Guide::default(),
        inputs: Vec::new(),
        outputs,
        models: Vec::new(),
        policies: Vec::new(),
        files: BTreeMap::new(),
    }
}

pub(crate) fn estate(products: Vec<Product>) -> Estate {
    let compiled = |product| CompiledProduct { product, models: BTreeMap::new(), inputs: BTreeMap::new() };
    products.into_iter().map(|product| (product.name.clone(), compiled(product))).collect()
}

/// The product that most tests are about: orders, and customers with what is theirs.
pub(crate) fn shop() -> Product {
    let mut email = nullable("email", DataType::String);
    email.classification = Some("pii".to_owned());
    email.tags = vec!["contact".to_owned()];
    let orders = vec![
        column("id", INTEGER),
        column("region", DataType::String),
        column("amount", DECIMAL),
        email,
        column("placed_at", MOMENT),
        nullable("day", DataType::Date),
        column("express", DataType::Boolean),
        nullable("labels", texts()),
        column("score", DataType::Float { bits: 64 }),
        nullable("order total", INTEGER),
    ];
    let customers = vec![column("id", INTEGER), column("name", DataType::String)];
    let addresses = vec![column("city", DataType::String)];
    product(
        "shop",
        "retail",
        vec![
            port("orders", 1, vec![("orders", orders)]),
            port("customers", 2, vec![("customers", customers), ("addresses", addresses)]),
        ],
    )
}

/// Another product of another domain.
pub(crate) fn hr_people() -> Product {
    let people =
        vec![column("name", DataType::String), nullable("region", DataType::String), column("salary", INTEGER)];
    product("hr-people", "people", vec![port("people", 1, vec![("people", people)])])
}

pub(crate) fn both() -> Estate {
    estate(vec![shop(), hr_people()])
}

pub(crate) fn orders() -> PortVersion {
    PortVersion { product: "shop".parse().unwrap(), port: "orders".parse().unwrap(), major: 1 }
}

pub(crate) fn customers() -> PortVersion {
    PortVersion { product: "shop".parse().unwrap(), port: "customers".parse().unwrap(), major: 2 }
}

pub(crate) fn people() -> PortVersion {
    PortVersion { product: "hr-people".parse().unwrap(), port: "people".parse().unwrap(), major: 1 }
}

pub(crate) fn of_workspace(text: &str) -> PolicyText {
    PolicyText { owner: PolicyOwner::Workspace, file: "rules.cedar".to_owned(), text: text.to_owned() }
}

pub(crate) fn of_product(product: &str, text: &str) -> PolicyText {
    PolicyText {
        owner: PolicyOwner::Product(product.parse().unwrap()),
        file: format!("{product}/policies/access.cedar"),
        text: text.to_owned(),
    }
}

/// Policies that are as they should be.
pub(crate) fn compile(texts: &[PolicyText], estate: &Estate) -> Arc<dyn Policies> {
    match CedarPolicies.compile(texts, estate) {
        Ok(compiled) => compiled.policies,
        Err(problems) => panic!("{}", shown(&problems)),
    }
}

/// Policies of the workspace over the whole estate.
pub(crate) fn policies(text: &str) -> Arc<dyn Policies> {
    compile(&[of_workspace(text)], &both())
}

/// Everything that is wrong with these, or what they have for warnings.
pub(crate) fn problems(texts: &[PolicyText], estate: &Estate) -> String {
    match CedarPolicies.compile(texts, estate) {
        Ok(compiled) => shown(&compiled.warnings),
        Err(problems) => shown(&problems),
    }
}

pub(crate) fn shown(problems: &[Diagnostic]) -> String {
    let one = |problem: &Diagnostic| {
        let place = problem.span.map_or_else(String::new, |span| format!(":{}:{}", span.line, span.column));
        let label = problem.label.as_ref().map_or_else(String::new, |label| format!("\n  label: {label}"));
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n  help: {help}"));
        format!("{}{place} {} {}: {}{label}{help}", problem.file, problem.severity, problem.code, problem.message)
    };
    problems.iter().map(one).collect::<Vec<_>>().join("\n")
}

pub(crate) fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Someone who asks.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) principal: Principal,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) door: Door,
    pub(crate) agreement: Option<Agreement>,
    pub(crate) now: DateTime<Utc>,
}

impl Asker {
    pub(crate) fn new(name: &str, groups: &[&str]) -> Self {
        let mut principal = Principal::new(name.parse().unwrap(), PrincipalKind::User);
        principal.groups = groups.iter().map(|group| group.parse().unwrap()).collect();
        Self { principal, purpose: None, door: Door::Sql, agreement: None, now: moment("2026-06-15T12:00:00Z") }
    }

    pub(crate) fn purpose(mut self, purpose: &str) -> Self {
        self.purpose = Some(purpose.parse().unwrap());
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        self.principal.region = Some(region.to_owned());
        self
    }

    pub(crate) fn at(mut self, now: &str) -> Self {
        self.now = moment(now);
        self
    }

    /// With an agreement in force about a port, for all columns or these.
    pub(crate) fn agreed(mut self, port: PortVersion, columns: Option<&[&str]>) -> Self {
        self.agreement = Some(Agreement {
            id: AgreementId::new(uuid::Uuid::from_u128(7)),
            port,
            columns: columns.map(|columns| columns.iter().map(|column| (*column).to_owned()).collect()),
            consumer: Consumer::Principal(self.principal.id.clone()),
            purpose: self.purpose.clone().unwrap_or_else(|| "reporting".parse().unwrap()),
            justification: None,
            state: AgreementState::Approved,
            requested_by: self.principal.id.clone(),
            requested_at: moment("2026-01-01T00:00:00Z"),
            seconds: 1,
            expires_at: Some(moment("2027-01-01T00:00:00Z")),
            renews: None,
            decision: None,
            document: None,
        });
        self
    }

    pub(crate) fn asking(&self) -> Asking<'_> {
        Asking {
            principal: &self.principal,
            purpose: self.purpose.as_ref(),
            door: self.door,
            agreement: self.agreement.as_ref(),
            now: self.now,
        }
    }

    pub(crate) fn may(&self, policies: &Arc<dyn Policies>, action: PortAction, port: &PortVersion) -> bool {
        self.port(policies, action, port).allowed
    }

    pub(crate) fn port(&self, policies: &Arc<dyn Policies>, action: PortAction, port: &PortVersion) -> Verdict {
        policies.port(&self.asking(), action, port)
    }

    pub(crate) fn table(&self, policies: &Arc<dyn Policies>, port: &PortVersion, table: &str) -> TableVerdict {
        policies.table(&self.asking(), port, &table.parse().unwrap())
    }

    /// What they see of the orders.
    pub(crate) fn orders(&self, policies: &Arc<dyn Policies>) -> TableAccess {
        self.table(policies, &orders(), "orders").access.expect("they may read the orders")
    }

    /// Which orders they see.
    pub(crate) fn rows(&self, policies: &Arc<dyn Policies>) -> RowAccess {
        self.orders(policies).rows
    }
}

/// The ids of the policies that decided.
pub(crate) fn ids(verdict: &Verdict) -> Vec<&str> {
    verdict.policies.iter().map(|name| name.id.as_str()).collect()
}
