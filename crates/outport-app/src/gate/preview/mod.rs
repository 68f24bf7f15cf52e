//! What a request would show to whom it is for, before it is decided.
//!
//! Whoever decides on a request sees what approving it would do: what the policies would let the reader see under the
//! agreement, what they let them see without it, and a few rows. The agreement is supposed for these decisions alone: it is
//! passed in ([`Snapshot::supposed`]), and neither a view that is kept nor any other caller knows of it.
//!
//! - `reader`: who would read;
//! - `meet`: what of the reader's view the reviewer may be shown;
//! - `words`: rules about rows, in words.
//!
//! **Invariant**: the rows are read as the reviewer, under what both see: a preview shows no value, and tells no row apart
//! by one, that the reviewer could not read without it.

mod meet;
mod reader;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use outport_model::{
    access::ColumnAccess,
    agreement::{Agreement, AgreementId, AgreementState, PortVersion, Standing},
    audit::TableRead,
    contract::TableSchema,
    name::{ProductName, TableName},
    principal::{Door, Principal, Purpose},
    product::{OutputPort, OutputTable},
    release::TableRole,
};
use serde::Serialize;
use tokio::time::Instant;
use tracing::Instrument;

pub(in crate::gate) use self::words::rows_in_words;
use self::{
    meet::{Meeting, meet},
    reader::Reader,
};
pub use self::{
    reader::{PreviewReader, ReaderKind},
    words::{RowSight, TableSight},
};
use super::{
    Caller, Gate,
    agreements::{end_of, missing, reviews},
    answer::{reads_of, size},
    catalog::{ColumnSight, day, mask_in_words, sql_name},
    error::GateError,
    limit::{Limit, Permit},
    request::Request,
    snapshot::{Asked, Seen, Snapshot, Someone},
};
use crate::engine::{Question, Sight, View, VisibleProduct, VisibleTable, identifier};

/// How many rows a sample has at most.
const SAMPLE: usize = 5;

/// What a request would show to whom it is for, if it were approved as asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgreementPreview {
    /// The request.
    pub agreement: AgreementId,
    /// What it is about.
    pub port: PortVersion,
    /// Who would read.
    pub reader: PreviewReader,
    /// What for.
    pub purpose: Purpose,
    /// Through which door: policies may tell them apart.
    pub door: Door,
    /// When it would end, if it were approved now.
    pub expires_at: DateTime<Utc>,
    /// What else is to be known, in sentences.
    pub words: Vec<String>,
    /// The tables of the port; none where it is not offered any more.
    pub tables: Vec<TablePreview>,
}

/// What they would see of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TablePreview {
    /// The table.
    pub table: TableName,
    /// The same as SQL names it.
    pub sql_name: String,
    /// Its rows, if the request were approved.
    pub after: TableSight,
    /// Its rows, without it.
    pub today: TableSight,
    /// Every column of the contract, in its order.
    pub columns: Vec<ColumnPreview>,
    /// A few rows.
    pub sample: PreviewSample,
}

/// What they would see of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnPreview {
    /// The column.
    pub name: String,
    /// How its values are to be protected, as the contract says.
    pub classification: Option<String>,
    /// Whether the request is about it.
    pub requested: bool,
    /// Whether they would see it otherwise than today.
    pub changes: bool,
    /// If the request were approved.
    pub after: SeenColumn,
    /// Without it.
    pub today: SeenColumn,
}

/// How the values of a column are seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenColumn {
    /// How.
    pub access: ColumnSight,
    /// The same in words.
    pub words: String,
}

/// A few rows as they would see them, as far as whoever looks may see the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewSample {
    /// The rows; `None` where none can be shown. Doors write them in their own way.
    #[serde(skip)]
    pub rows: Option<SampleRows>,
    /// Columns that they would see and whoever looks does not see the same way.
    pub withheld: Vec<String>,
    /// What the rows leave out and why, in sentences.
    pub words: Vec<String>,
}

/// Rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRows {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

impl Gate {
    /// What a request would show to whom it is for, if it were approved as asked; for whoever may decide on it, before it is
    /// decided. The sample has what both would see: the reader, and the caller. Nothing is changed.
    pub async fn preview_agreement(
        &self,
        mut request: Request,
        caller: &Caller,
        id: AgreementId,
    ) -> Result<AgreementPreview, GateError> {
        let span = request.span().clone();
        match self.try_preview(&mut request, caller, id).instrument(span).await {
            Ok(preview) => {
                request.answered();
                Ok(preview)
            }
            Err(error) => Err(request.fail(error)),
        }
    }

    async fn try_preview(
        &self,
        request: &mut Request,
        caller: &Caller,
        id: AgreementId,
    ) -> Result<AgreementPreview, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let agreement = snapshot.to_decide(caller, &principal, id, now)?;
        let supposed = approved(agreement, now);
        let Reader { principal: reader, shown, mut words } = Reader::of(agreement, &snapshot, now);
        let port = &agreement.port;
        let mut tables = Vec::new();
        let product = snapshot.estate().get(&port.product).map(|compiled| &compiled.product);
        let offered =
            product.and_then(|product| Some((product, product.output(port.port.as_str(), Some(port.major))?)));
        if let Some((product, offered)) = offered {
            let view = snapshot.view(caller, &principal, now).await?;
            let own = snapshot.asked(caller, &principal, product, offered, now);
            let someone = Someone { principal: &reader, purpose: &agreement.purpose, door: caller.door };
            let after = snapshot.supposed(someone, port, Some(&supposed), now);
            let today = snapshot.supposed(someone, port, None, now);
            let case = Case { snapshot: &snapshot, agreement, offered, view: &view, own, after, today };
            let decided = case.tables()?;
            tables = self.sampled(request, caller, &port.product, decided).await?;
        } else {
            words.push(format!("`{port}` is not offered any more."));
        }
        Ok(AgreementPreview {
            agreement: id,
            port: port.clone(),
            reader: shown,
            purpose: agreement.purpose.clone(),
            door: caller.door,
            expires_at: end_of(agreement, now),
            words,
            tables,
        })
    }

    /// The tables with their samples, under the limits of one query.
    async fn sampled(
        &self,
        request: &mut Request,
        caller: &Caller,
        product: &ProductName,
        decided: Vec<(TablePreview, Option<VisibleProduct>)>,
    ) -> Result<Vec<TablePreview>, GateError> {
        let deadline = self.limits.deadline();
        let permit =
            if decided.iter().any(|(_, visible)| visible.is_some()) { Some(self.admit(caller).await?) } else { None };
        let (mut tables, mut reads) = (Vec::new(), BTreeMap::new());
        for (mut table, visible) in decided {
            if let (Some(permit), Some(visible)) = (&permit, visible) {
                let question = sample_of(product, &table.table);
                let view = View { products: BTreeMap::from([(product.clone(), visible)]), ..View::default() };
                let sampling = Sampling { view: Arc::new(view), question, permit, deadline };
                table.sample.rows = Some(self.sample(request, &mut reads, caller, sampling).await?);
            }
            tables.push(table);
        }
        Ok(tables)
    }

    async fn sample(
        &self,
        request: &mut Request,
        reads: &mut BTreeMap<TableName, TableRead>,
        caller: &Caller,
        sampling: Sampling<'_>,
    ) -> Result<SampleRows, GateError> {
        let Sampling { view, question, permit, deadline } = sampling;
        let planned = self.app.engine.query(&question, &view, permit.allowance());
        let mut answer = self.in_time(caller, deadline, planned).await?;
        for (product, tables) in reads_of(&view, &answer.reads) {
            reads.extend(tables);
            request.reads(BTreeMap::from([(product, reads.clone())]));
        }
        let mut batches = Vec::new();
        while let Some(batch) =
            tokio::time::timeout_at(deadline, answer.batches.next()).await.map_err(|_| self.limits.out_of_time())?
        {
            let batch = batch?;
            let (rows, bytes) = (batch.num_rows() as u64, size(&batch));
            if request.counted().1 + bytes > self.limits.bytes {
                return Err(GateError::Limited { limit: Limit::Bytes, value: self.limits.bytes });
            }
            request.count(rows, bytes);
            batches.push(batch);
        }
        Ok(SampleRows { schema: answer.schema, batches })
    }
}

/// What is asked for a sample.
struct Sampling<'a> {
    view: Arc<View>,
    question: Question,
    permit: &'a Permit,
    deadline: Instant,
}

/// Whatever exists of the table: the view alone says what that is.
fn sample_of(product: &ProductName, table: &TableName) -> Question {
    let (product, table) = (identifier(product.as_str()), identifier(table.as_str()));
    Question::new(format!("SELECT * FROM {product}.{table} LIMIT {SAMPLE}"))
}

/// The agreement as it would be if it were approved at a moment, as asked.
fn approved(agreement: &Agreement, at: DateTime<Utc>) -> Agreement {
    let expires_at = Some(end_of(agreement, at));
    Agreement { state: AgreementState::Approved, expires_at, ..agreement.clone() }
}

/// A request, and everything that decides what it would show.
struct Case<'a> {
    snapshot: &'a Snapshot,
    agreement: &'a Agreement,
    offered: &'a OutputPort,
    /// What the caller sees.
    view: &'a View,
    own: Asked<'a>,
    after: Asked<'a>,
    today: Asked<'a>,
}

impl Case<'_> {
    /// What was decided of each table, and of which rows there is to be a sample.
    fn tables(&self) -> Result<Vec<(TablePreview, Option<VisibleProduct>)>, GateError> {
        let mut tables = Vec::new();
        for offered in &self.offered.tables {
            if let Some(schema) = self.offered.contract.table(&offered.object) {
                tables.push(self.table(offered, schema)?);
            }
        }
        Ok(tables)
    }

    fn table(
        &self,
        offered: &OutputTable,
        schema: &TableSchema,
    ) -> Result<(TablePreview, Option<VisibleProduct>), GateError> {
        let (after, today) = (self.sight(&self.after, offered)?, self.sight(&self.today, offered)?);
        let columns = schema.columns.iter().map(|column| {
            let seen = (access(after.as_ref(), &column.name), access(today.as_ref(), &column.name));
            ColumnPreview {
                name: column.name.clone(),
                classification: column.classification.clone(),
                requested: self.agreement.covers_column(&column.name),
                changes: seen.0 != seen.1,
                after: SeenColumn::of(seen.0),
                today: SeenColumn::of(seen.1),
            }
        });
        let (sample, visible) = self.sample(offered, schema, after.as_ref())?;
        let table = TablePreview {
            table: offered.name.clone(),
            sql_name: sql_name(&self.agreement.port.product, &offered.name),
            columns: columns.collect(),
            after: TableSight::of(after.as_ref()),
            today: TableSight::of(today.as_ref()),
            sample,
        };
        Ok((table, visible))
    }

    fn sight(&self, asked: &Asked<'_>, offered: &OutputTable) -> Result<Option<Sight>, GateError> {
        Ok(match self.snapshot.table(asked, &offered.name, TableRole::Output)? {
            Seen::Nothing | Seen::Name => None,
            Seen::Part(access) => Some(Sight::Part(access)),
            Seen::All => Some(Sight::Whole),
        })
    }

    /// What of the rows the caller may be shown: that alone is there to be read.
    fn sample(
        &self,
        offered: &OutputTable,
        schema: &TableSchema,
        theirs: Option<&Sight>,
    ) -> Result<(PreviewSample, Option<VisibleProduct>), GateError> {
        let Some(theirs) = theirs else { return Ok((PreviewSample::default(), None)) };
        let said = |word: &str| PreviewSample { words: vec![word.to_owned()], ..PreviewSample::default() };
        if self.sight(&self.own, offered)?.is_none() {
            let withheld = schema.columns.iter().filter(|column| access(Some(theirs), &column.name).is_some());
            let withheld = withheld.map(|column| column.name.clone()).collect();
            let word = "You may not read this table yourself, so that no rows are shown to you.";
            return Ok((PreviewSample { withheld, ..said(word) }, None));
        }
        let Some((product, table)) = self.visible(offered) else {
            return Ok((said("There is no release of it yet."), None));
        };
        let Meeting { sight, withheld, words } = meet(theirs, &table.sight, schema);
        let visible = sight.map(|sight| VisibleProduct {
            release: product.release,
            purpose: product.purpose.clone(),
            tables: BTreeMap::from([(offered.name.clone(), VisibleTable { sight, ..table.clone() })]),
        });
        Ok((PreviewSample { rows: None, withheld, words }, visible))
    }

    /// A table as the caller sees it in the current release.
    fn visible(&self, offered: &OutputTable) -> Option<(&VisibleProduct, &VisibleTable)> {
        let product = self.view.products.get(&self.agreement.port.product)?;
        let table = product.tables.get(&offered.name)?;
        (table.port.as_ref() == Some(&self.offered.name)).then_some((product, table))
    }
}

/// How a column is seen; `None` where it does not exist.
fn access<'s>(sight: Option<&'s Sight>, column: &str) -> Option<&'s ColumnAccess> {
    match sight? {
        Sight::Whole => Some(&ColumnAccess::Clear),
        Sight::Part(access) => access.columns.get(column),
    }
}

impl SeenColumn {
    fn of(access: Option<&ColumnAccess>) -> Self {
        let (access, words) = match access {
            Some(ColumnAccess::Clear) => (ColumnSight::Plain, "as it is".to_owned()),
            Some(ColumnAccess::Masked(mask)) => (ColumnSight::Masked, mask_in_words(mask)),
            None => (ColumnSight::None, "hidden".to_owned()),
        };
        Self { access, words }
    }
}

impl Snapshot {
    /// A request that waits for a decision of the caller's. Whoever may not decide is told no more of it than of one that is
    /// not there.
    fn to_decide(
        &self,
        caller: &Caller,
        principal: &Principal,
        id: AgreementId,
        now: DateTime<Utc>,
    ) -> Result<&Agreement, GateError> {
        let agreement = self.agreements().iter().find(|agreement| agreement.id == id).ok_or_else(|| missing(id))?;
        if !reviews(self, caller, principal, agreement, now)? {
            return Err(missing(id));
        }
        match agreement.state {
            AgreementState::Requested => Ok(agreement),
            _ => Err(GateError::Decided { agreement: id, outcome: outcome(agreement, now) }),
        }
    }
}

/// What became of an agreement, as the end of a sentence.
fn outcome(agreement: &Agreement, now: DateTime<Utc>) -> String {
    match (agreement.state, agreement.standing(now), agreement.expires_at) {
        (AgreementState::Approved, Standing::Expired, Some(end)) => format!("it expired on {}", day(end)),
        (AgreementState::Approved, _, Some(end)) => format!("it was approved, and is in force until {}", day(end)),
        (state, ..) => format!("it was {}", state.as_str()),
    }
}
