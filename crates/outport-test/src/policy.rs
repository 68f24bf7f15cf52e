//! Policies that need no text.

use std::{collections::BTreeSet, sync::Arc};

use outport_app::policy::{
    Asking, ColumnVerdict, CompiledPolicies, Policies, PolicyCompiler, PolicyText, PortAction, RowVerdict,
    TableVerdict, Verdict,
};
use outport_model::{
    access::{ColumnAccess, TableAccess},
    agreement::PortVersion,
    diagnostic::Diagnostic,
    name::TableName,
    plan::Estate,
};

/// Makes policies by which everyone may do everything, in clear.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenPolicies;

/// Makes policies by which nobody may do anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClosedPolicies;

impl PolicyCompiler for OpenPolicies {
    fn compile(&self, _: &[PolicyText], products: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(Open(products.clone())), warnings: Vec::new() })
    }
}

impl PolicyCompiler for ClosedPolicies {
    fn compile(&self, _: &[PolicyText], _: &Estate) -> Result<CompiledPolicies, Vec<Diagnostic>> {
        Ok(CompiledPolicies { policies: Arc::new(Closed), warnings: Vec::new() })
    }
}

#[derive(Debug)]
struct Open(Estate);

#[derive(Debug)]
struct Closed;

impl Open {
    /// The columns that the contract has of a table of this very version of a port.
    fn columns(&self, asked: &PortVersion, table: &TableName) -> Option<Vec<String>> {
        let product = &self.0.get(&asked.product)?.product;
        let has = |version: u64, name: &_| (version, name) == (asked.major, &asked.port);
        let (port, offered) =
            product.tables().find(|(port, offered)| has(port.version.major(), &port.name) && offered.name == *table)?;
        let schema = port.contract.table(&offered.object)?;
        Some(schema.columns.iter().map(|column| column.name.clone()).collect())
    }
}

impl Policies for Open {
    fn port(&self, _: &Asking<'_>, _: PortAction, asked: &PortVersion) -> Verdict {
        let product = self.0.get(&asked.product).map(|compiled| &compiled.product);
        let mut ports = product.into_iter().flat_map(|product| &product.outputs);
        verdict(ports.any(|port| port.name == asked.port && port.version.major() == asked.major))
    }

    fn table(&self, asking: &Asking<'_>, port: &PortVersion, table: &TableName) -> TableVerdict {
        let Some(columns) = self.columns(port, table) else { return unreadable() };
        let access = TableAccess {
            agreement: asking.agreement.map(|agreement| agreement.id),
            ..TableAccess::unrestricted(columns.iter().map(String::as_str))
        };
        let clear =
            |column| ColumnVerdict { column, access: Some(ColumnAccess::Clear), clear: verdict(true), masked: None };
        TableVerdict {
            read: verdict(true),
            access: Some(access),
            columns: columns.into_iter().map(clear).collect(),
            rows: Some(RowVerdict { permits: Vec::new(), forbids: Vec::new() }),
        }
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(true)
    }
}

impl Policies for Closed {
    fn port(&self, _: &Asking<'_>, _: PortAction, _: &PortVersion) -> Verdict {
        verdict(false)
    }

    fn table(&self, _: &Asking<'_>, _: &PortVersion, _: &TableName) -> TableVerdict {
        unreadable()
    }

    fn administer(&self, _: &Asking<'_>) -> Verdict {
        verdict(false)
    }
}

/// A verdict that no policy is named for.
pub fn verdict(allowed: bool) -> Verdict {
    Verdict { allowed, policies: BTreeSet::new(), grace: BTreeSet::new() }
}

fn unreadable() -> TableVerdict {
    TableVerdict { read: verdict(false), access: None, columns: Vec::new(), rows: None }
}
