//! From documents to agreements.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use outport_model::{
    agreement::{AgreementId, AgreementState, Consumer, PortVersion, WrittenAgreement},
    contract::Contract,
    diagnostic::{Code, Diagnostic},
    principal::Purpose,
    product::{OutputPort, Product},
};

use super::{VENDOR, property};
use crate::{
    bundle::{BundleFiles, Documents, Environment, Parsed, SourceTexts},
    codes, contract,
    node::Node,
    schema, suggest,
};

/// What documents are read for.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The products of the workspace.
    pub products: &'a [&'a Product],
    /// The moment at which they are read.
    pub now: DateTime<Utc>,
    /// Whether an agreement without an end is given one.
    pub open_end: bool,
    /// The value of a variable of the environment.
    pub environment: Environment<'a>,
}

/// What documents of agreements say.
#[derive(Debug, Clone)]
pub struct LoadedAgreements {
    /// The agreements; none where a diagnostic is an error.
    pub agreements: Vec<WrittenAgreement>,
    /// Every problem that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: SourceTexts,
}

/// Takes every file as the document of an agreement.
pub fn load(files: &[BundleFiles], context: &Context<'_>) -> LoadedAgreements {
    let (mut agreements, mut diagnostics, mut sources) = (Vec::new(), Vec::new(), SourceTexts::default());
    let mut first: BTreeMap<AgreementId, String> = BTreeMap::new();
    for (files, relative) in files.iter().flat_map(|files| files.files().keys().map(move |path| (files, path))) {
        let mut documents = Documents::default();
        let check = |document: &crate::Document| schema::validate_as(document, schema::Kind::AccessAgreement);
        if let Some(parsed) = documents.open_as(files, relative, context.environment, check) {
            let mut found = std::mem::take(&mut documents.diagnostics);
            found.extend(parsed.unresolved().cloned());
            if !found.iter().any(Diagnostic::is_error) {
                let mut reader = Reader { context, diagnostics: &mut found };
                let agreement = reader.agreement(&parsed);
                if let Some(agreement) = &agreement
                    && let Some(other) = first.insert(agreement.id, files.shown(relative))
                {
                    reader.twin(&parsed, &other);
                }
                agreements.extend(agreement);
            }
            documents.diagnostics = found;
        }
        diagnostics.extend(documents.diagnostics);
        sources.extend(documents.sources);
    }
    Documents::tidy(&mut diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        agreements.clear();
    }
    LoadedAgreements { agreements, diagnostics, sources }
}

/// Text without line breaks, as a purpose is.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The moment that a text is.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}

struct Reader<'a, 'd> {
    context: &'a Context<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

/// Something is wrong, which was told.
struct Told;

/// When an agreement begins and ends.
struct Times {
    begins_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    seconds: Option<u64>,
}

impl<'a> Reader<'a, '_> {
    fn agreement(&mut self, parsed: &Parsed) -> Option<WrittenAgreement> {
        let root = parsed.root();
        let port = self.port(&root.get("provider")?);
        let consumer = self.consumer(&root.get("consumer")?);
        let purpose = self.purpose(&root.get("description")?);
        let state = self.state(&root)?;
        let times = self.times(&root, state);
        let columns = self.columns(&root, port.as_ref().map(|(_, contract)| *contract));
        let justification = own(&root, property::JUSTIFICATION).and_then(|node| node.as_text().map(str::to_owned));
        let requested_by = self.own(&root, property::REQUESTED_BY, "the name of a principal", |text| text.parse().ok());
        let requested_at = self.own(&root, property::REQUESTED_AT, "a moment (RFC 3339)", moment);
        let renews = self.own(&root, property::RENEWS, "the id of an agreement", |text| text.parse().ok());
        let times = times.ok()?;
        Some(WrittenAgreement {
            id: AgreementId::of(root.text("id")?),
            port: port?.0,
            columns: columns.ok()?,
            consumer: consumer?,
            purpose: purpose?,
            justification,
            state,
            requested_by: requested_by.ok()?,
            requested_at: requested_at.ok()?,
            begins_at: times.begins_at,
            expires_at: times.expires_at,
            seconds: times.seconds,
            renews: renews.ok()?,
            document: parsed.resolved().clone(),
        })
    }

    fn twin(&mut self, parsed: &Parsed, other: &str) {
        let root = parsed.root();
        let Some(id) = root.get("id") else { return };
        let message = format!("the agreement `{}` is in two documents", id.as_text().unwrap_or_default());
        let problem = id.error(codes::DUPLICATE_AGREEMENT, message).label(format!("also in {other}"));
        self.diagnostics.push(problem.help("import one of them, or give it an id of its own"));
    }

    fn fault(&mut self, node: &Node<'_>, code: Code, message: impl std::fmt::Display, help: impl Into<String>) {
        self.diagnostics.push(node.error(code, message).help(help));
    }

    /// The port, and the contract that guards it.
    fn port(&mut self, provider: &Node<'_>) -> Option<(PortVersion, &'a Contract)> {
        let id = provider.get("dataProductId")?;
        let text = id.as_text()?;
        let known = self.context.products;
        let Some(product) = known.iter().find(|product| product.id == text || product.name.as_str() == text) else {
            let names: Vec<_> = known.iter().map(|product| product.name.to_string()).collect();
            let help = suggest::or_list(text, &names, "apply the product first: `outport apply`");
            self.fault(&id, codes::AGREEMENT_PORT, format!("there is no product `{text}`"), help);
            return None;
        };
        let version = match provider.get("dataContractVersion") {
            Some(version) => Some(contract::version(&version, self.diagnostics)?),
            None => None,
        };
        let port = provider.get("outputPortId")?;
        let text = port.as_text()?;
        let major = version.map(|version| version.major());
        let Some(offered) = product.output(text, major) else {
            let name = |port: &OutputPort| format!("{}@{}", port.name, port.version.major());
            let names: Vec<_> = product.outputs.iter().map(name).collect();
            let wanted = major.map_or_else(|| text.to_owned(), |major| format!("{text}@{major}"));
            let help = suggest::or_list(&wanted, &names, "the product offers no ports");
            let message = format!("`{}` has no output port `{wanted}`", product.name);
            self.fault(&port, codes::AGREEMENT_PORT, message, help);
            return None;
        };
        let major = offered.version.major();
        Some((PortVersion { product: product.name.clone(), port: offered.name.clone(), major }, &offered.contract))
    }

    fn consumer(&mut self, node: &Node<'_>) -> Option<Consumer> {
        if let Some(user) = node.get("userId") {
            let text = user.as_text()?;
            let parsed = text.parse().map(Consumer::Principal);
            return parsed.map_err(|error| self.nobody(&user, format!("`{text}` is no user: {error}"))).ok();
        }
        if let Some(product) = node.get("dataProductId") {
            self.nobody(&product, "a data product is nobody who can ask");
            return None;
        }
        let Some(team) = node.get("teamId") else {
            let problem = node.error_key(codes::AGREEMENT_CONSUMER, "the agreement is for nobody");
            self.diagnostics.push(problem.help("name a `userId` or a `teamId`"));
            return None;
        };
        let text = team.as_text()?;
        text.parse().map(Consumer::Group).map_err(|error| self.nobody(&team, format!("this is no group: {error}"))).ok()
    }

    fn nobody(&mut self, node: &Node<'_>, message: impl std::fmt::Display) {
        let help = "`userId` is the name of a user or service of this workspace, `teamId` that of a group";
        self.fault(node, codes::AGREEMENT_CONSUMER, message, help);
    }

    fn purpose(&mut self, description: &Node<'_>) -> Option<Purpose> {
        let node = description.get("purpose")?;
        match one_line(node.as_text()?).parse() {
            Ok(purpose) => Some(purpose),
            Err(error) => {
                let message = format!("this is no purpose: {error}");
                let help = "say it in one line; the rest belongs into `usage`";
                self.fault(&node, codes::AGREEMENT_TERMS, message, help);
                None
            }
        }
    }

    fn state(&mut self, root: &Node<'_>) -> Option<AgreementState> {
        let status: AgreementState = root.text("status")?.parse().ok()?;
        let Some(node) = own(root, property::STATE) else { return Some(status) };
        match node.as_text().and_then(|text| text.parse().ok()) {
            Some(state @ (AgreementState::Withdrawn | AgreementState::Revoked))
                if status == AgreementState::Rejected =>
            {
                Some(state)
            }
            Some(state) if state == status => Some(state),
            _ => {
                let help = "it is `withdrawn` or `revoked`, beside the status `rejected`";
                self.fault(&node, codes::AGREEMENT_TERMS, "this state does not fit the `status`", help);
                None
            }
        }
    }

    fn times(&mut self, root: &Node<'_>, state: AgreementState) -> Result<Times, Told> {
        let begins_at = self.timestamp(root, "startTimestamp")?;
        let expires_at = self.timestamp(root, "endTimestamp")?;
        self.timestamp(root, "nextReassessmentTimestamp")?;
        let before = self.diagnostics.len();
        if let (Some(node), Some(begin), Some(end)) = (root.get("endTimestamp"), begins_at, expires_at)
            && end <= begin
        {
            self.fault(&node, codes::AGREEMENT_TIME, "the agreement ends before it begins", "correct one of the two");
        }
        let own_seconds = own(root, property::SECONDS).and_then(|node| node.value().as_u64());
        let of_times = expires_at.map(|end| (end - begins_at.unwrap_or(self.context.now)).num_seconds());
        let seconds = own_seconds.or_else(|| u64::try_from(of_times?).ok());
        let waits = state == AgreementState::Requested;
        if state == AgreementState::Approved {
            if let Some(node) = root.get("startTimestamp").filter(|_| begins_at > Some(self.context.now)) {
                let help = "import it once it has begun, or with the status `requested`";
                self.fault(&node, codes::AGREEMENT_TIME, "the agreement has not begun yet", help);
            }
            if expires_at.is_none() && !self.context.open_end {
                self.no_end(root);
            }
        } else if waits && seconds.is_none_or(|seconds| seconds == 0) && !self.context.open_end {
            self.no_end(root);
        }
        if self.diagnostics.len() == before { Ok(Times { begins_at, expires_at, seconds }) } else { Err(Told) }
    }

    fn no_end(&mut self, root: &Node<'_>) {
        let problem = root.error_key(codes::AGREEMENT_TIME, "the agreement has no `endTimestamp`");
        self.diagnostics.push(problem.help("add one, or give it an end: `--expires 90d`"));
    }

    fn timestamp(&mut self, root: &Node<'_>, key: &str) -> Result<Option<DateTime<Utc>>, Told> {
        let Some(node) = root.get(key) else { return Ok(None) };
        let found = node.as_text().and_then(moment);
        if found.is_none() {
            let help = "write it as `2027-06-30T23:59:59Z`";
            self.fault(&node, codes::AGREEMENT_TIME, format!("`{key}` is not a moment"), help);
        }
        found.map(Some).ok_or(Told)
    }

    fn columns(&mut self, root: &Node<'_>, contract: Option<&Contract>) -> Result<Option<BTreeSet<String>>, Told> {
        let Some(node) = own(root, property::COLUMNS) else { return Ok(None) };
        let mut columns = BTreeSet::new();
        let mut right = !node.items().is_empty();
        for item in node.items() {
            let name = item.as_text().unwrap_or_default();
            let has = |contract: &Contract| contract.tables.iter().any(|table| table.column(name).is_some());
            if contract.is_some_and(|contract| !has(contract)) {
                let known = contract.iter().flat_map(|contract| &contract.tables);
                let known: Vec<_> = known.flat_map(|table| &table.columns).map(|column| column.name.clone()).collect();
                let help = suggest::or_list(name, &known, "the contract has no columns");
                self.fault(&item, codes::AGREEMENT_TERMS, format!("the port has no column `{name}`"), help);
                right = false;
            }
            columns.insert(name.to_owned());
        }
        if node.items().is_empty() {
            self.fault(&node, codes::AGREEMENT_TERMS, "these are no columns", "write a list of names, or leave it out");
        }
        if right { Ok(Some(columns)) } else { Err(Told) }
    }

    /// A custom property of ours that is text.
    fn own<T>(
        &mut self,
        root: &Node<'_>,
        name: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Told> {
        let Some(node) = own(root, name) else { return Ok(None) };
        let parsed = node.as_text().and_then(parse);
        if parsed.is_none() {
            self.fault(&node, codes::AGREEMENT_TERMS, format!("`{name}` is not {what}"), "correct it, or leave it out");
        }
        parsed.map(Some).ok_or(Told)
    }
}

/// The value of a custom property of ours.
fn own<'a>(root: &Node<'a>, name: &str) -> Option<Node<'a>> {
    let properties = root.list("customProperties");
    let is_own = |node: &&Node<'_>| node.text("property") == Some(name) && node.text("vendor") == Some(VENDOR);
    properties.iter().find(is_own)?.get("value")
}
