//! Workspace-wide policies, and why someone sees what they see.

use outport_model::{
    agreement::{AgreementId, PortVersion},
    diagnostic::Diagnostic,
    name::{PolicySetName, ProductName, TableName},
    plan::Estate,
    product::{OutputPort, OutputTable, PolicyFile, Product},
};
use serde::{Deserialize, Serialize};

use super::{Caller, Gate, error::GateError};
use crate::{identity::WorkspacePolicies, plan::policy_texts, policy::TableVerdict};

/// Why someone sees what they see of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The port that offers the table.
    pub port: PortVersion,
    /// The table.
    pub table: TableName,
    /// Whether they are an administrator, for whom no policy is asked.
    pub administrator: bool,
    /// The agreement under which they would read.
    pub agreement: Option<AgreementId>,
    /// What the policies say.
    pub verdict: TableVerdict,
}

impl Gate {
    /// The policy files of the workspace.
    pub async fn policies(&self, caller: &Caller) -> Result<Vec<WorkspacePolicies>, GateError> {
        self.administrator(caller, "see policies of the workspace").await?;
        Ok(self.app.stores.policies.policies(&self.app.workspace).await?)
    }

    /// Puts a policy file on record, in the place of the one with the same name; every problem where it cannot be used.
    /// `seen` says whether that one is what the caller has seen; where it is not, nothing is changed:
    /// [`GateError::Changed`]. Gives what is on record, and the warnings.
    pub async fn put_policies(
        &self,
        caller: &Caller,
        name: PolicySetName,
        text: String,
        seen: impl Fn(Option<&WorkspacePolicies>) -> bool + Send + Sync,
    ) -> Result<(WorkspacePolicies, Vec<Diagnostic>), GateError> {
        self.recorded(caller, format!("put policies {name}"), async {
            self.administrator(caller, "change policies of the workspace").await?;
            let changed_at = self.app.clock.now();
            let new = WorkspacePolicies { name, text, changed_at, changed_by: caller.principal.id.clone() };
            let (store, workspace) = (&self.app.stores.policies, &self.app.workspace);
            loop {
                let mut all = store.policies(workspace).await?;
                let known = all.iter().position(|policies| policies.name == new.name).map(|place| all.remove(place));
                if !seen(known.as_ref()) {
                    return Err(GateError::Changed { what: "policy file", name: new.name.to_string() });
                }
                all.push(new.clone());
                let warnings = self.try_policies(all).await?;
                // Whoever was faster changed what this rests on.
                if store.replace_policies(workspace, known.as_ref(), &new).await? {
                    return Ok((new, warnings));
                }
            }
        })
        .await
    }

    /// Removes a policy file.
    pub async fn remove_policies(&self, caller: &Caller, name: &PolicySetName) -> Result<(), GateError> {
        self.recorded(caller, format!("remove policies {name}"), async {
            self.administrator(caller, "change policies of the workspace").await?;
            let removed = self.app.stores.policies.remove_policies(&self.app.workspace, name).await?;
            removed.then_some(()).ok_or_else(|| GateError::NotFound { what: "policy file", name: name.to_string() })
        })
        .await
    }

    /// What is wrong with the policies on record, or only looks so.
    pub async fn check_policies(&self, caller: &Caller) -> Result<Vec<Diagnostic>, GateError> {
        self.administrator(caller, "check policies").await?;
        self.try_policies(self.app.stores.policies.policies(&self.app.workspace).await?).await
    }

    /// What only looks wrong with a policy file in the place of the one with the same name; every problem where it could not
    /// be put on record. Nothing changes.
    pub async fn check_policy_file(
        &self,
        caller: &Caller,
        name: &PolicySetName,
        text: String,
    ) -> Result<Vec<Diagnostic>, GateError> {
        self.administrator(caller, "check policies").await?;
        let mut all = self.app.stores.policies.policies(&self.app.workspace).await?;
        all.retain(|policies| policies.name != *name);
        let (changed_at, changed_by) = (self.app.clock.now(), caller.principal.id.clone());
        all.push(WorkspacePolicies { name: name.clone(), text, changed_at, changed_by });
        self.try_policies(all).await
    }

    /// The policy files of a product, as its bundle has them.
    pub async fn product_policies(&self, caller: &Caller, product: &ProductName) -> Result<Vec<PolicyFile>, GateError> {
        self.administrator(caller, "see policies of products").await?;
        let snapshot = self.snapshot().await?;
        let missing = || GateError::NotFound { what: "product", name: product.to_string() };
        Ok(snapshot.estate().get(product).ok_or_else(missing)?.product.policies.clone())
    }

    /// Why `subject` sees what they see of a table; for administrators. It names tables, columns and rules that are
    /// hidden from whoever it is about, so that nobody else is told, about themselves neither.
    pub async fn explain_access(
        &self,
        caller: &Caller,
        subject: &Caller,
        product: &str,
        table: &str,
    ) -> Result<Explanation, GateError> {
        self.administrator(caller, "see why someone sees what they see").await?;
        let (snapshot, principal, now) = self.now(subject).await?;
        let Offered { product, port, table } = Offered::find(snapshot.estate(), product, table)?;
        let asked = snapshot.asked(subject, &principal, product, port, now);
        Ok(Explanation {
            verdict: snapshot.policies()?.table(&asked.asking(), &asked.version, &table.name),
            administrator: principal.is_administrator(),
            agreement: asked.agreement.map(|agreement| agreement.id),
            table: table.name.clone(),
            port: asked.version,
        })
    }

    async fn try_policies(&self, workspace: Vec<WorkspacePolicies>) -> Result<Vec<Diagnostic>, GateError> {
        let intents = self.app.stores.intents.intents(&self.app.workspace).await?;
        let estate = intents.into_iter().map(|(name, intent)| (name, intent.compiled)).collect();
        match self.app.policies.compile(&policy_texts(workspace, &estate), &estate) {
            Ok(compiled) => Ok(compiled.warnings),
            Err(problems) => Err(GateError::WrongPolicies(problems)),
        }
    }
}

/// A table that is offered.
pub(super) struct Offered<'a> {
    pub(super) product: &'a Product,
    pub(super) port: &'a OutputPort,
    pub(super) table: &'a OutputTable,
}

impl<'a> Offered<'a> {
    /// The table of a product, named as policies or as SQL has them.
    pub(super) fn find(estate: &'a Estate, product: &str, table: &str) -> Result<Self, GateError> {
        let missing = || GateError::NotFound { what: "table", name: format!("{product}.{table}") };
        let folded = |name: &str| name.to_ascii_lowercase().replace('-', "_");
        let (of_product, of_table) = (folded(product), folded(table));
        let found = estate.iter().find(|(name, _)| name.sql() == of_product);
        let product = &found.ok_or_else(missing)?.1.product;
        let (port, table) = product.tables().find(|(_, offered)| offered.name.sql() == of_table).ok_or_else(missing)?;
        Ok(Self { product, port, table })
    }
}
