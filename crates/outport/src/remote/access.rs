//! Agreements and policies on a server.

use chrono::TimeDelta;
use outport_app::{
    case::TriedCase,
    gate::{Explanation, Imported, Terms},
    identity::WorkspacePolicies,
};
use outport_model::{
    agreement::{Agreement, AgreementId, Consumer, Standing},
    diagnostic::Diagnostic,
    name::PolicySetName,
    principal::{PrincipalId, Purpose},
};
use outport_spec::oaas::AccessAgreement;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Change, SentDocuments, Server};
use crate::failure::Failure;

#[derive(Debug, Deserialize)]
struct Listed {
    agreement: Agreement,
    standing: Standing,
}

#[derive(Debug, Deserialize)]
struct Warnings {
    warnings: Vec<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Imports {
    agreements: Vec<Imported>,
    warnings: Vec<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Tried {
    cases: Vec<TriedCase>,
    warnings: Vec<Diagnostic>,
}

/// What is tried of policies.
#[derive(Debug, Default)]
pub(crate) struct PolicyTrial {
    /// Bundles, with their cases.
    pub(crate) bundles: Change,
    /// Cases in files of their own.
    pub(crate) cases: SentDocuments,
    /// Policy files of the workspace.
    pub(crate) policies: Vec<(PolicySetName, String)>,
}

impl Server {
    /// Asks for an agreement, for oneself or for a group.
    pub(crate) async fn request_agreement(&self, terms: &Terms) -> Result<Agreement, Failure> {
        let group = match &terms.consumer {
            Some(Consumer::Group(group)) => Some(group),
            Some(Consumer::Principal(_)) | None => None,
        };
        let order = json!({
            "product": terms.product,
            "port": terms.port,
            "major": terms.major,
            "columns": terms.columns,
            "group": group,
            "purpose": terms.purpose,
            "justification": terms.justification,
            "seconds": terms.duration.num_seconds(),
        });
        self.post(&["agreements"], &order).await
    }

    /// The agreements that concern the token's owner, newest first.
    pub(crate) async fn agreements(&self) -> Result<Vec<(Agreement, Standing)>, Failure> {
        let listed: Vec<Listed> = self.all(&["agreements"], &[]).await?;
        Ok(listed.into_iter().map(|listed| (listed.agreement, listed.standing)).collect())
    }

    /// Approves, rejects, withdraws or revokes.
    pub(crate) async fn decide_agreement(
        &self,
        id: AgreementId,
        decision: &str,
        comment: Option<&str>,
    ) -> Result<Agreement, Failure> {
        let order = json!({"decision": decision, "comment": comment});
        self.post(&["agreements", &id.to_string(), "decision"], &order).await
    }

    /// Asks for the same once more.
    pub(crate) async fn renew_agreement(
        &self,
        id: AgreementId,
        duration: Option<TimeDelta>,
    ) -> Result<Agreement, Failure> {
        let order = json!({"seconds": duration.map(|duration| duration.num_seconds())});
        self.post(&["agreements", &id.to_string(), "renewal"], &order).await
    }

    /// An agreement as a document.
    pub(crate) async fn agreement_document(&self, id: AgreementId) -> Result<AccessAgreement, Failure> {
        self.get(&["agreements", &id.to_string(), "document"]).await
    }

    /// Puts agreements of documents on record; gives what became of each, and what only looks wrong.
    pub(crate) async fn import_agreements(
        &self,
        sent: SentDocuments,
        open_end: Option<TimeDelta>,
    ) -> Result<(Vec<Imported>, Vec<Diagnostic>), Failure> {
        let order = json!({
            "documents": sent.documents,
            "variables": sent.variables,
            "seconds": open_end.map(|length| length.num_seconds()),
        });
        let done: Imports = self.post(&["agreement-imports"], &order).await?;
        Ok((done.agreements, done.warnings))
    }

    /// Tries test cases of policies; gives what each gave, and what only looks wrong.
    pub(crate) async fn test_policies(&self, trial: PolicyTrial) -> Result<(Vec<TriedCase>, Vec<Diagnostic>), Failure> {
        let PolicyTrial { bundles, cases, policies } = trial;
        let (bundles, mut variables) = bundles.parts();
        variables.extend(cases.variables);
        let text = |(name, text): &(PolicySetName, String)| json!({"name": name, "text": text});
        let order = json!({
            "bundles": bundles,
            "variables": variables,
            "cases": cases.documents,
            "policies": policies.iter().map(text).collect::<Vec<_>>(),
        });
        let tried: Tried = self.post(&["policy-tests"], &order).await?;
        Ok((tried.cases, tried.warnings))
    }

    /// Why someone sees what they see of a table.
    pub(crate) async fn explain(
        &self,
        user: &PrincipalId,
        purpose: Option<&Purpose>,
        product: &str,
        table: &str,
    ) -> Result<Explanation, Failure> {
        let request = self.request(Method::GET, &["explanations", product, table]);
        let response = self.send(request.query(&[("user", user)]).query(&[("purpose", purpose)])).await?;
        self.read(response).await
    }

    /// What only looks wrong with the policies on record; a failure where something is.
    pub(crate) async fn check_policies(&self) -> Result<Vec<Diagnostic>, Failure> {
        self.get::<Warnings>(&["policy-check"]).await.map(|found| found.warnings)
    }

    /// The policy files.
    pub(crate) async fn policies(&self) -> Result<Vec<WorkspacePolicies>, Failure> {
        self.get(&["policies"]).await
    }

    /// Puts a policy file in force; gives the warnings.
    pub(crate) async fn put_policies(&self, name: &PolicySetName, text: &str) -> Result<Vec<Diagnostic>, Failure> {
        let response = self.put(&["policies", name.as_str()], &json!({"text": text})).await?;
        self.read::<Warnings>(response).await.map(|found| found.warnings)
    }

    /// Removes a policy file.
    pub(crate) async fn remove_policies(&self, name: &PolicySetName) -> Result<(), Failure> {
        self.delete(&["policies", name.as_str()]).await
    }
}
