//! What a caller may know of, at one moment.
//!
//! [`Known`] is what is decided once and kept for a while, as views are; [`Look`] is one request's use of it. Of a port
//! that may be read, what exists is what the caller sees of it; of one that may only be known of, the contract is no secret.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use outport_model::{
    access::{ColumnAccess, Mask, RowAccess, TableAccess},
    agreement::{AgreementId, PortVersion},
    contract::{Column, TableSchema},
    name::{PortName, ProductName},
    plan::CompiledProduct,
    principal::Principal,
    product::{OutputPort, OutputTable},
    release::Release,
};

use super::super::{
    Caller, Gate,
    error::GateError,
    snapshot::{Snapshot, version_of},
};
use crate::{
    engine::{Sight, View},
    policy::PortAction,
};

/// What a caller may know of.
#[derive(Debug)]
pub(in crate::gate) struct Known(BTreeMap<ProductName, Vec<KnownPort>>);

/// A port that they may know of.
#[derive(Debug)]
pub(super) struct KnownPort {
    /// Its place among the outputs of the product.
    at: usize,
    pub(super) version: PortVersion,
    /// Whether they may read it.
    pub(super) readable: bool,
    /// Whether they may ask for an agreement; looked at only where they may not read.
    pub(super) requestable: bool,
    /// The agreement of theirs that is in force, and when it ends.
    pub(super) agreement: Option<AgreementId>,
}

impl Known {
    /// Whether they may know of this version of a port.
    pub(super) fn knows(&self, product: &ProductName, port: &PortName, major: u64) -> bool {
        self.0.get(product).is_some_and(|ports| is_among(ports, port, major))
    }
}

fn is_among(known: &[KnownPort], port: &PortName, major: u64) -> bool {
    known.iter().any(|known| known.version.port == *port && known.version.major == major)
}

impl Snapshot {
    /// What a caller may know of, and until when that holds.
    pub(in crate::gate) fn known_of(
        &self,
        caller: &Caller,
        principal: &Principal,
        now: DateTime<Utc>,
        mut until: DateTime<Utc>,
    ) -> Result<(Known, DateTime<Utc>), GateError> {
        let mut products = BTreeMap::new();
        for (name, compiled) in self.estate() {
            let mut ports = Vec::new();
            for (at, port) in compiled.product.outputs.iter().enumerate() {
                let version = version_of(&compiled.product, port);
                let may = |action| self.may(caller, principal, action, &version, now);
                let agreement = self.agreement(caller, principal, &version, now);
                until = agreement.and_then(|a| a.expires_at).map_or(until, |end| until.min(end));
                let agreement = agreement.map(|agreement| agreement.id);
                let readable = may(PortAction::Read)?;
                if readable || may(PortAction::Discover)? {
                    let requestable = !readable && may(PortAction::Request)?;
                    ports.push(KnownPort { at, version, readable, requestable, agreement });
                }
            }
            if !ports.is_empty() {
                products.insert(name.clone(), ports);
            }
        }
        Ok((Known(products), until))
    }
}

impl Gate {
    /// What a caller may know of now.
    pub(in crate::gate) async fn look<'a>(&self, caller: &'a Caller) -> Result<Look<'a>, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        let known = snapshot.known(caller, &principal, now).await?;
        let view = snapshot.view(caller, &principal, now).await?;
        Ok(Look { caller, snapshot, known, view, principal, now })
    }
}

/// What a caller may know of, and all that decides it.
#[derive(Debug)]
pub(in crate::gate) struct Look<'a> {
    pub(super) caller: &'a Caller,
    pub(super) snapshot: Arc<Snapshot>,
    known: Arc<Known>,
    /// What they may read.
    view: Arc<View>,
    pub(super) principal: Principal,
    pub(super) now: DateTime<Utc>,
}

impl Look<'_> {
    /// What was decided of what they may know of, and of what they may read.
    pub(super) fn decided(&self) -> (&Arc<Known>, &Arc<View>) {
        (&self.known, &self.view)
    }

    /// The products that they may know of, by name.
    pub(super) fn products(&self) -> impl Iterator<Item = KnownProduct<'_>> {
        self.known.0.keys().filter_map(|name| self.find(name))
    }

    /// One of them. There is no other answer for what they may not know of than for what is not there.
    pub(super) fn product(&self, name: &ProductName) -> Result<KnownProduct<'_>, GateError> {
        self.find(name).ok_or_else(|| GateError::NotFound { what: "product", name: name.to_string() })
    }

    /// One of them, if it is one.
    pub(super) fn find(&self, name: &ProductName) -> Option<KnownProduct<'_>> {
        let known = self.known.0.get(name)?;
        let compiled = self.snapshot.estate().get(name)?;
        Some(KnownProduct { look: self, compiled, known, release: self.snapshot.releases().get(name) })
    }
}

/// A product that they may know of.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownProduct<'a> {
    look: &'a Look<'a>,
    pub(super) compiled: &'a CompiledProduct,
    known: &'a [KnownPort],
    pub(super) release: Option<&'a Release>,
}

impl<'a> KnownProduct<'a> {
    pub(super) fn name(&self) -> &'a ProductName {
        &self.compiled.product.name
    }

    /// The ports that they may know of, in the order of the descriptor.
    pub(super) fn ports(&self) -> impl Iterator<Item = SeenPort<'a>> + use<'a> {
        let product = *self;
        let outputs = &self.compiled.product.outputs;
        product.known.iter().filter_map(move |known| Some(SeenPort { product, known, port: outputs.get(known.at)? }))
    }

    /// Whether they may know of a port of this name, in any major version.
    pub(super) fn knows_port(&self, port: &PortName) -> bool {
        self.known.iter().any(|known| known.version.port == *port)
    }

    /// The tables of the ports of this name, where the caller may know of all its major versions: what checks came to is on
    /// record by the name alone.
    pub(super) fn tables_of(&self, port: &str) -> Result<Vec<SeenTable<'a>>, GateError> {
        let outputs = self.compiled.product.outputs.iter().filter(|output| output.name.as_str() == port);
        let known: Vec<_> = self.ports().filter(|known| known.port.name.as_str() == port).collect();
        if known.len() < outputs.count() {
            return Ok(Vec::new());
        }
        let tables = known.iter().map(SeenPort::tables).collect::<Result<Vec<_>, _>>()?;
        Ok(tables.concat())
    }

    /// Whether they may know of this version of a port.
    pub(super) fn knows(&self, port: &PortName, major: u64) -> bool {
        is_among(self.known, port, major)
    }

    /// Whether they may run it, and are told what only those are told who answer for it.
    pub(super) fn operates(&self) -> Result<bool, GateError> {
        let Look { caller, snapshot, principal, now, .. } = self.look;
        snapshot.may_operate(caller, principal, &self.compiled.product, *now)
    }
}

/// A port that they may know of, with what it promises.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenPort<'a> {
    product: KnownProduct<'a>,
    pub(super) known: &'a KnownPort,
    pub(super) port: &'a OutputPort,
}

impl<'a> SeenPort<'a> {
    /// Its tables, as far as they exist for the caller.
    pub(super) fn tables(&self) -> Result<Vec<SeenTable<'a>>, GateError> {
        let mut seen = Vec::new();
        for offered in &self.port.tables {
            if let Some(schema) = self.port.contract.table(&offered.object)
                && let Some(sight) = self.sight(offered)?
            {
                seen.push(SeenTable { offered, schema, sight });
            }
        }
        Ok(seen)
    }

    /// What the caller sees of a table; `None` where it does not exist for them.
    fn sight(&self, offered: &OutputTable) -> Result<Option<TableSight<'a>>, GateError> {
        if !self.known.readable {
            return Ok(Some(TableSight::Promised));
        }
        let look = self.product.look;
        let released = look.view.products.get(self.product.name()).and_then(|p| p.tables.get(&offered.name));
        if let Some(visible) = released {
            return Ok(Some(match &visible.sight {
                Sight::Whole => TableSight::Whole,
                Sight::Part(access) => TableSight::Part(Cow::Borrowed(access)),
            }));
        }
        // It has no release yet: then it is as it will be seen.
        if look.principal.is_administrator() {
            return Ok(Some(TableSight::Whole));
        }
        let Look { caller, snapshot, principal, now, .. } = look;
        let asked = snapshot.asked(caller, principal, &self.product.compiled.product, self.port, *now);
        let verdict = snapshot.policies()?.table(&asked.asking(), &asked.version, &offered.name);
        Ok(verdict.access.map(|access| TableSight::Part(Cow::Owned(access))))
    }
}

/// How much the caller sees of a table.
#[derive(Debug, Clone)]
pub(super) enum TableSight<'a> {
    /// All of it.
    Whole,
    /// What policies let through.
    Part(Cow<'a, TableAccess>),
    /// Nothing; they know what the contract promises.
    Promised,
}

/// A table that exists for the caller.
#[derive(Debug, Clone)]
pub(super) struct SeenTable<'a> {
    pub(super) offered: &'a OutputTable,
    pub(super) schema: &'a TableSchema,
    pub(super) sight: TableSight<'a>,
}

/// How the caller sees the values of a column that exists for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen<'t> {
    Plain,
    Masked(&'t Mask),
    /// Not at all: they know that it is promised.
    Promised,
}

impl<'a> SeenTable<'a> {
    /// How the caller sees a column; `None` where it does not exist for them.
    pub(super) fn column(&self, name: &str) -> Option<Seen<'_>> {
        match &self.sight {
            TableSight::Whole => Some(Seen::Plain),
            TableSight::Promised => Some(Seen::Promised),
            TableSight::Part(access) => match access.columns.get(name)? {
                ColumnAccess::Clear => Some(Seen::Plain),
                ColumnAccess::Masked(mask) => Some(Seen::Masked(mask)),
            },
        }
    }

    /// The columns that exist for the caller, in the order of the contract.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&'a Column, Seen<'_>)> {
        self.schema.columns.iter().filter_map(|column| Some((column, self.column(&column.name)?)))
    }

    /// Whether all columns of the contract exist for the caller.
    pub(super) fn has_all_columns(&self) -> bool {
        self.schema.columns.iter().all(|column| self.column(&column.name).is_some())
    }

    /// Whether rows may be kept back from the caller.
    pub(super) fn filters_rows(&self) -> bool {
        matches!(&self.sight, TableSight::Part(access) if access.rows != RowAccess::All)
    }

    /// Where the caller only sees groups: the fewest rows that one has.
    pub(super) fn minimum_group(&self) -> Option<u32> {
        match &self.sight {
            TableSight::Part(access) => access.minimum_group,
            TableSight::Whole | TableSight::Promised => None,
        }
    }

    /// Whether the caller sees every row, so that figures about all of them tell nothing new.
    pub(super) fn sees_all_rows(&self) -> bool {
        match &self.sight {
            TableSight::Whole => true,
            TableSight::Part(access) => access.rows == RowAccess::All && access.minimum_group.is_none(),
            TableSight::Promised => false,
        }
    }
}
