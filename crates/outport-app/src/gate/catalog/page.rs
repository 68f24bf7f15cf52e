//! A product in full.

use std::collections::BTreeSet;

use outport_model::{
    address::Address,
    agreement::AgreementId,
    check::{Check, CheckKind},
    contract::{Contract, ContractId, DataType, Price, ServiceLevel, Version},
    name::{PortName, ProductName, TableName, WorkspaceName},
    product::{InputPort, OnViolation, ProductDocument, SupportChannel, TeamMember},
    source::Source,
};
use serde::Serialize;

use super::{
    super::{Caller, Gate, error::GateError},
    card::{Card, card},
    findings::Subject,
    known::{KnownProduct, Look, Seen, SeenPort, SeenTable},
    rights::mask_in_words,
};

/// A product in full, as far as a caller may know of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductPage {
    /// The product at a glance.
    #[serde(flatten)]
    pub card: Card,
    /// `id` of its descriptor.
    pub id: String,
    /// The workspace.
    pub workspace: WorkspaceName,
    /// What it is for.
    pub description: PageDescription,
    /// Who works on it.
    pub team: Vec<TeamMember>,
    /// Where help is found.
    pub support: Vec<SupportChannel>,
    /// What its owner wrote about it.
    pub docs: Vec<ProductDocument>,
    /// What it reads.
    pub inputs: Vec<PageInput>,
    /// What it offers.
    pub outputs: Vec<PagePort>,
    /// Whether the caller may run it.
    pub operates: bool,
}

/// What something is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageDescription {
    /// Why it exists.
    pub purpose: Option<String>,
    /// How it is meant to be used.
    pub usage: Option<String>,
    /// What it is not for.
    pub limitations: Option<String>,
}

/// What is read through an input port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Files.
    Files,
    /// Another product.
    Product,
    /// Data that is generated.
    Generated,
}

impl SourceKind {
    pub(super) const fn of(source: &Source) -> Self {
        match source {
            Source::Files(_) => Self::Files,
            Source::Port(_) => Self::Product,
            Source::Tpch(_) => Self::Generated,
        }
    }
}

/// An input port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInput {
    /// The port.
    pub port: PortName,
    /// What is read.
    pub source: SourceKind,
    /// The product that is read, where it is one.
    pub product: Option<ProductName>,
    /// The port of that product.
    pub product_port: Option<PortName>,
    /// The contract that it relies on.
    pub contract: Option<ContractId>,
    /// What happens to rows that break the contract.
    pub on_violation: OnViolation,
}

/// An output port.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PagePort {
    /// The port.
    pub port: PortName,
    /// The major version.
    pub major: u64,
    /// The version.
    pub version: Version,
    /// Its address, with the major version.
    pub address: Address,
    /// Whether the caller may read it.
    pub readable: bool,
    /// The agreement of theirs that is in force.
    pub agreement: Option<AgreementId>,
    /// Whether they may ask for one.
    pub requestable: bool,
    /// What it promises.
    pub contract: PageContract,
    /// Its tables.
    pub tables: Vec<PageTable>,
}

/// What a port promises as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageContract {
    /// The id of the document.
    pub id: ContractId,
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// What the data is for.
    pub description: PageDescription,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its service levels.
    pub sla: Vec<ServiceLevel>,
    /// On which terms it is read.
    pub terms: PageTerms,
}

/// On which terms a port is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageTerms {
    /// What it costs.
    pub price: Option<Price>,
    /// Who decides on requests.
    pub approvers: BTreeSet<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageTable {
    /// The table.
    pub name: TableName,
    /// The same as SQL names it.
    pub sql_name: String,
    /// Its name in the contract.
    pub object: String,
    /// What it holds.
    pub description: Option<String>,
    /// Whether rows may be kept back from the caller.
    pub rows_filtered: bool,
    /// Where they only see groups: the fewest rows that one has.
    pub minimum_group: Option<u32>,
    /// The columns that exist for them.
    pub columns: Vec<PageColumn>,
    /// Rules about the table as a whole.
    pub checks: Vec<Check>,
    /// References to other tables of the contract.
    pub relations: Vec<PageRelation>,
}

/// How the values of a column are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnSight {
    /// As they are.
    Plain,
    /// Through a mask.
    Masked,
    /// Not at all: the table may not be read.
    None,
}

impl ColumnSight {
    pub(super) const fn of(seen: &Seen<'_>) -> Self {
        match seen {
            Seen::Plain => Self::Plain,
            Seen::Masked(_) => Self::Masked,
            Seen::Promised => Self::None,
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageColumn {
    /// The column.
    pub name: String,
    /// What it holds, for people.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The same exactly.
    pub data_type: DataType,
    /// What it means.
    pub description: Option<String>,
    /// Whether every row has a value.
    pub required: bool,
    /// Whether no value is there twice.
    pub unique: bool,
    /// Its place in the key, from 1.
    pub primary_key: Option<u32>,
    /// How sensitive it is.
    pub classification: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it will go.
    pub deprecated: bool,
    /// How the caller sees its values.
    pub access: ColumnSight,
    /// What the mask leaves, in words.
    pub mask: Option<String>,
    /// Rules about it.
    pub checks: Vec<Check>,
}

/// A reference to another table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageRelation {
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table that is referred to, as the contract names it.
    pub to_table: String,
    /// Its columns, in the same order.
    pub to_columns: Vec<String>,
}

/// A table as SQL names it.
pub(in crate::gate) fn sql_name(product: &ProductName, table: &TableName) -> String {
    format!("{}.{}", product.sql(), table.sql())
}

impl Gate {
    /// One product in full.
    pub async fn product_page(&self, caller: &Caller, product: &ProductName) -> Result<ProductPage, GateError> {
        let look = self.look(caller).await?;
        let known = look.product(product)?;
        let usage = self.usage().await?;
        let rating = self.rating(product).await?;
        let card = card(&known, self.trust(&known).await?, &usage, rating);
        let product = &known.compiled.product;
        let guide = &product.guide;
        let outputs = known.ports().map(|port| output(&self.app.workspace, &known, &port));
        Ok(ProductPage {
            id: product.id.clone(),
            workspace: self.app.workspace.clone(),
            description: PageDescription {
                purpose: product.purpose.clone(),
                usage: guide.usage.clone(),
                limitations: guide.limitations.clone(),
            },
            team: guide.team.clone(),
            support: guide.support.clone(),
            docs: guide.documents.clone(),
            inputs: product.inputs.iter().filter_map(|port| input(&look, port)).collect(),
            outputs: outputs.collect::<Result<_, _>>()?,
            operates: known.operates()?,
            card,
        })
    }
}

/// An input port; `None` where it reads what the caller may not know of.
fn input(look: &Look<'_>, input: &InputPort) -> Option<PageInput> {
    let read = match &input.source {
        Source::Port(address) => {
            look.find(&address.product).filter(|known| known.knows_port(&address.port))?;
            Some((address.product.clone(), address.port.clone()))
        }
        Source::Files(_) | Source::Tpch(_) => None,
    };
    let (product, product_port) = read.unzip();
    Some(PageInput {
        port: input.name.clone(),
        source: SourceKind::of(&input.source),
        product,
        product_port,
        contract: input.contract_id.clone(),
        on_violation: input.on_violation,
    })
}

fn output(workspace: &WorkspaceName, product: &KnownProduct<'_>, port: &SeenPort<'_>) -> Result<PagePort, GateError> {
    let tables = port.tables()?;
    let version = &port.known.version;
    Ok(PagePort {
        port: version.port.clone(),
        major: version.major,
        version: port.port.version.clone(),
        address: Address {
            workspace: Some(workspace.clone()),
            product: version.product.clone(),
            port: version.port.clone(),
            major: Some(version.major),
        },
        readable: port.known.readable,
        agreement: port.known.agreement,
        requestable: port.known.requestable,
        contract: contract(&port.port.contract, &tables),
        tables: tables.iter().map(|seen| table(product.name(), seen, &tables)).collect(),
    })
}

fn contract(contract: &Contract, tables: &[SeenTable<'_>]) -> PageContract {
    let terms = &contract.terms;
    let levels = terms.service_levels.iter().filter(|level| may_know(level, contract, tables));
    PageContract {
        id: contract.id.clone(),
        version: contract.version.clone(),
        name: contract.name.clone(),
        status: terms.status.clone(),
        description: PageDescription {
            purpose: contract.description.clone(),
            usage: terms.usage.clone(),
            limitations: terms.limitations.clone(),
        },
        tags: terms.tags.clone(),
        sla: levels.cloned().collect(),
        terms: PageTerms { price: terms.price.clone(), approvers: contract.approvers.clone() },
    }
}

/// Whether every column that a service level is about exists for the caller.
fn may_know(level: &ServiceLevel, contract: &Contract, tables: &[SeenTable<'_>]) -> bool {
    let Some(element) = &level.element else { return true };
    if tables.len() == contract.tables.len() && tables.iter().all(SeenTable::has_all_columns) {
        return true;
    }
    element.split(',').all(|part| {
        let mut names = part.trim().split('.');
        let table = names.next().and_then(|name| tables.iter().find(|table| table.schema.name == name));
        table.is_some_and(|table| match names.next() {
            Some(column) => table.column(column).is_some(),
            None => true,
        })
    })
}

fn table(product: &ProductName, seen: &SeenTable<'_>, all: &[SeenTable<'_>]) -> PageTable {
    let checks: Vec<&Check> =
        seen.schema.checks.iter().filter(|check| Subject::of(check).clarity(all).is_some()).collect();
    // A key of which a part does not exist for the caller is no key.
    let has_key = seen.schema.primary_key().iter().all(|column| seen.column(&column.name).is_some());
    let columns = seen.columns().map(|(column, sight)| PageColumn {
        name: column.name.clone(),
        type_name: column.data_type.to_string(),
        data_type: column.data_type.clone(),
        description: column.description.clone(),
        required: !column.nullable,
        unique: column.unique,
        primary_key: column.primary_key.filter(|_| has_key),
        classification: column.classification.clone(),
        tags: column.tags.clone(),
        deprecated: column.deprecated,
        access: ColumnSight::of(&sight),
        mask: match sight {
            Seen::Masked(mask) => Some(mask_in_words(mask)),
            Seen::Plain | Seen::Promised => None,
        },
        checks: checks.iter().filter(|c| c.column.as_ref() == Some(&column.name)).map(|c| (*c).clone()).collect(),
    });
    let relation = |check: &&Check| match &check.kind {
        CheckKind::Reference { columns, to_table, to_columns } => {
            Some(PageRelation { columns: columns.clone(), to_table: to_table.clone(), to_columns: to_columns.clone() })
        }
        _ => None,
    };
    PageTable {
        name: seen.offered.name.clone(),
        sql_name: sql_name(product, &seen.offered.name),
        object: seen.offered.object.clone(),
        description: seen.schema.description.clone(),
        rows_filtered: seen.filters_rows(),
        minimum_group: seen.minimum_group(),
        columns: columns.collect(),
        checks: checks.iter().filter(|check| check.column.is_none()).map(|check| (*check).clone()).collect(),
        relations: checks.iter().filter_map(relation).collect(),
    }
}
