//! Whether that exists for a caller which something is said about.

use chrono::{DateTime, Utc};
use outport_model::{feedback::Subject, name::ProductName, principal::PrincipalId};

use super::{
    super::error::GateError,
    known::{KnownProduct, Look},
};

/// Whether something exists for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gate) enum Existence {
    /// It does.
    Known,
    /// It is there, and not for them.
    Hidden,
    /// It is not there, or not any more.
    Gone,
}

impl Look<'_> {
    /// Who looks.
    pub(in crate::gate) fn reader(&self) -> &PrincipalId {
        &self.principal.id
    }

    /// When they look.
    pub(in crate::gate) fn moment(&self) -> DateTime<Utc> {
        self.now
    }

    /// Whether they operate a product that they know of.
    pub(in crate::gate) fn operates(&self, product: &ProductName) -> Result<bool, GateError> {
        self.find(product).map_or(Ok(false), |known| known.operates())
    }

    /// The same subject as the contract names it; an error where it does not exist for them, which is the same where it does
    /// not exist at all.
    pub(in crate::gate) fn subject(&self, subject: Subject) -> Result<Subject, GateError> {
        let known = self.product(&subject.product)?;
        let Some(table) = &subject.table else {
            let reason = "a column is of a table, which is to be named too".to_owned();
            return if subject.column.is_none() { Ok(subject) } else { Err(GateError::Terms { reason }) };
        };
        let mut tables = known.compiled.product.tables();
        let offered = tables.find(|(_, offered)| offered.name.sql() == table.sql());
        let named = Subject { table: offered.map(|(_, offered)| offered.name.clone()), ..subject.clone() };
        for (what, part) in [("table", Subject { column: None, ..named.clone() }), ("column", named.clone())] {
            if part.table.is_none() || existence(&known, &part)? != Existence::Known {
                return Err(GateError::NotFound { what, name: subject.to_string() });
            }
        }
        Ok(named)
    }

    /// Whether a subject, as the contract names it, exists for them.
    pub(in crate::gate) fn existence(&self, subject: &Subject) -> Result<Existence, GateError> {
        self.find(&subject.product).map_or(Ok(Existence::Hidden), |known| existence(&known, subject))
    }
}

fn existence(known: &KnownProduct<'_>, subject: &Subject) -> Result<Existence, GateError> {
    let Some(name) = &subject.table else { return Ok(Existence::Known) };
    let Some((port, offered)) = known.compiled.product.tables().find(|(_, offered)| offered.name == *name) else {
        return Ok(Existence::Gone);
    };
    let promised = |column| port.contract.table(&offered.object).and_then(|schema| schema.column(column)).is_some();
    if subject.column.as_ref().is_some_and(|column| !promised(column)) {
        return Ok(Existence::Gone);
    }
    for port in known.ports() {
        if let Some(seen) = port.tables()?.into_iter().find(|seen| seen.offered.name == *name) {
            let hidden = subject.column.as_ref().is_some_and(|column| seen.column(column).is_none());
            return Ok(if hidden { Existence::Hidden } else { Existence::Known });
        }
    }
    Ok(Existence::Hidden)
}
