//! Test cases of access policies: `policies/tests/*.yaml` of a bundle, or a file of its own.
//!
//! A case that was read names only what there is: the ports, tables and columns of the products that it is about, and
//! the principals and sample rows of its file.

mod expectation;
mod sample;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    path::Path,
    str::FromStr,
};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use outport_model::{
    access::PortAction,
    agreement::PortVersion,
    case::{Case, CaseAgreement, SampleRow, Subject},
    contract::TableSchema,
    diagnostic::Diagnostic,
    principal::{Door, Principal, PrincipalKind},
    product::{OutputPort, OutputTable, Product},
};

use crate::{
    bundle::{self, BundleFiles, Documents, Environment, Parsed, SourceTexts},
    codes,
    node::Node,
    schema, sql, suggest,
};

/// The JSON Schema of test cases, as published for editors.
pub const SCHEMA: &str = include_str!("../../../../docs/schemas/access-tests.schema.json");

/// What a file of test cases says.
#[derive(Debug, Clone)]
pub struct LoadedCases {
    /// The cases; none where a diagnostic is an error.
    pub cases: Vec<Case>,
    /// Every problem that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The text that the diagnostics point into.
    pub sources: SourceTexts,
}

/// Reads a file of test cases that is in no bundle.
///
/// # Errors
/// A diagnostic where it cannot be read.
pub fn read(path: &Path) -> Result<BundleFiles, Vec<Diagnostic>> {
    bundle::read_one(path)
}

/// Takes the only file of `files` as test cases about these products.
pub fn load(files: &BundleFiles, products: &[&Product], environment: Environment<'_>) -> LoadedCases {
    let mut documents = Documents::default();
    let mut cases = Vec::new();
    if let Some(relative) = files.files().keys().next()
        && let Some(parsed) = documents.open_as(files, relative, environment, schema::validate_access_tests)
    {
        let mut diagnostics = std::mem::take(&mut documents.diagnostics);
        diagnostics.extend(parsed.unresolved().cloned());
        if !diagnostics.iter().any(Diagnostic::is_error) {
            cases = of_document(&parsed, Scope::Workspace(products), &mut diagnostics);
        }
        documents.diagnostics = diagnostics;
    }
    Documents::tidy(&mut documents.diagnostics);
    if documents.diagnostics.iter().any(Diagnostic::is_error) {
        cases.clear();
    }
    LoadedCases { cases, diagnostics: documents.diagnostics, sources: documents.sources }
}

/// Whether a path relative to a bundle is that of test cases.
pub(crate) fn is_cases(path: &str) -> bool {
    let Some((stem, "yaml" | "yml")) = path.rsplit_once('.') else { return false };
    path.starts_with("policies/tests/") || stem.ends_with(".access")
}

/// Where the names in cases are looked up.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// In a bundle: everything is about its product.
    Product(&'a Product),
    /// Elsewhere: names begin with that of a product.
    Workspace(&'a [&'a Product]),
}

/// The cases of a document that follows its schema.
pub(crate) fn of_document(parsed: &Parsed, scope: Scope<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Case> {
    let root = parsed.root();
    let mut reader = Reader { scope, principals: BTreeMap::new(), rows: Vec::new(), diagnostics };
    reader.principals(&root);
    reader.rows(&root);
    let mut names = BTreeSet::new();
    let mut cases = Vec::new();
    for node in root.list("cases") {
        if let Some(name) = node.text("name")
            && !names.insert(name)
        {
            let message = format!("two cases have the name `{name}`");
            let problem = node.error_key(codes::DUPLICATE_CASE, message);
            reader.diagnostics.push(problem.help("results are told apart by the name: give each case its own"));
        }
        cases.extend(reader.case(&node));
    }
    cases
}

/// A table that cases can be about.
#[derive(Clone, Copy)]
struct Target<'a> {
    product: &'a Product,
    port: &'a OutputPort,
    table: &'a OutputTable,
    schema: &'a TableSchema,
}

impl Target<'_> {
    fn version(&self) -> PortVersion {
        version(self.product, self.port)
    }
}

fn version(product: &Product, port: &OutputPort) -> PortVersion {
    PortVersion { product: product.name.clone(), port: port.name.clone(), major: port.version.major() }
}

struct Reader<'a, 'd> {
    scope: Scope<'a>,
    /// `None` for one that is wrong, which was told.
    principals: BTreeMap<String, Option<Principal>>,
    rows: Vec<(Target<'a>, Vec<SampleRow>)>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Reader<'a, '_> {
    fn principals(&mut self, root: &Node<'_>) {
        for (name, node) in root.get("principals").map(|node| node.entries()).unwrap_or_default() {
            let principal = self.principal(name, &node);
            self.principals.insert(name.to_owned(), principal);
        }
    }

    fn principal(&mut self, name: &str, node: &Node<'_>) -> Option<Principal> {
        let id = self.parsed(node, name, "the name of a principal")?;
        let kind = if node.text("kind") == Some("service") { PrincipalKind::Service } else { PrincipalKind::User };
        let mut principal = Principal::new(id, kind);
        for group in node.list("groups") {
            principal.groups.insert(self.parsed(&group, group.as_text()?, "the name of a group")?);
        }
        principal.department = node.string("department");
        principal.region = node.string("region");
        principal.clearance = node.number("clearance").and_then(serde_json::Number::as_i64);
        let labels = node.get("labels").map(|labels| labels.entries()).unwrap_or_default();
        let labels =
            labels.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.as_text()?.to_owned())));
        principal.labels = labels.collect();
        Some(principal)
    }

    fn rows(&mut self, root: &Node<'_>) {
        for (name, node) in root.get("rows").map(|node| node.entries()).unwrap_or_default() {
            let Some(target) = self.table(&node, name) else { continue };
            let rows = node.entries().into_iter().map(|(name, row)| {
                sample::check(&row, target.schema, self.diagnostics);
                SampleRow { name: name.to_owned(), values: row.value().as_object().cloned().unwrap_or_default() }
            });
            let rows = rows.collect();
            self.rows.push((target, rows));
        }
    }

    fn case(&mut self, node: &Node<'_>) -> Option<Case> {
        let (file, line) = node.place();
        let principal = self.who(&node.get("principal")?);
        let purpose = match node.get("purpose") {
            Some(purpose) => Some(self.parsed(&purpose, purpose.as_text()?, "a purpose")?),
            None => None,
        };
        let at = match node.get("at") {
            Some(at) => Some(self.moment(&at)?),
            None => None,
        };
        let target = self.target(node)?;
        let agreement = match node.get("agreement") {
            Some(agreement) => Some(self.agreement(&agreement, purpose.as_ref(), target.schema())?),
            None => None,
        };
        let expected = self.expected(&node.get("expect")?, &target)?;
        let door = node.text("door").and_then(|name| Door::ALL.into_iter().find(|door| door.as_str() == name));
        Some(Case {
            name: node.string("name")?,
            file,
            line,
            principal: principal?,
            purpose,
            door: door.unwrap_or(Door::Sql),
            agreement,
            at,
            subject: target.subject(),
            expected,
        })
    }

    fn who(&mut self, node: &Node<'_>) -> Option<Principal> {
        let name = node.as_text()?;
        if let Some(known) = self.principals.get(name) {
            return known.clone();
        }
        let names: Vec<_> = self.principals.keys().cloned().collect();
        let help = suggest::or_list(name, &names, "describe them in `principals`");
        self.unknown(node, "principal", name, help);
        None
    }

    /// What a case asks for, with the rows that the table might have.
    fn target(&mut self, node: &Node<'_>) -> Option<About<'a>> {
        let action = node.get("action");
        let named = action.as_ref().and_then(Node::as_text);
        match (node.get("table"), node.get("port")) {
            (Some(table), None) if named.is_none_or(|action| action == PortAction::Read.as_str()) => {
                let target = self.table(&table, table.as_text()?)?;
                let of_target = |(other, _): &&(Target<'_>, _)| {
                    other.product.name == target.product.name && other.table.name == target.table.name
                };
                let rows = self.rows.iter().find(of_target).map(|(_, rows)| rows.clone()).unwrap_or_default();
                Some(About::Table(target, rows))
            }
            (None, Some(port)) if named != Some(ADMINISTER) => {
                let (product, port) = self.port(&port, port.as_text()?)?;
                let action = PortAction::ALL.into_iter().find(|action| Some(action.as_str()) == named);
                Some(About::Port(version(product, port), action.unwrap_or(PortAction::Read)))
            }
            (None, None) if named == Some(ADMINISTER) => Some(About::Administration),
            _ => {
                let problem = node.error_key(codes::CASE_MISFIT, "the case does not say one thing that is asked for");
                self.diagnostics.push(problem.help(
                    "name a `table` that is read, a `port` and the `action` with it, or only the action `administer`",
                ));
                None
            }
        }
    }

    /// The table that a text names.
    fn table(&mut self, node: &Node<'_>, text: &str) -> Option<Target<'a>> {
        let (product, name) = self.product(node, text)?;
        let mut tables = product.tables();
        let found = tables.find(|(_, table)| table.name.sql() == sql::folded(name));
        let target = found.and_then(|(port, table)| {
            Some(Target { product, port, table, schema: port.contract.table(&table.object)? })
        });
        if target.is_none() {
            let known: Vec<_> = product.tables().map(|(_, table)| table.name.to_string()).collect();
            self.unknown(node, "table", name, suggest::or_list(name, &known, "the product offers no tables"));
        }
        target
    }

    fn port(&mut self, node: &Node<'_>, text: &str) -> Option<(&'a Product, &'a OutputPort)> {
        let (product, rest) = self.product(node, text)?;
        let found = match rest.split_once('@') {
            None => product.output(rest, None),
            Some((name, major)) => major.parse().ok().and_then(|major| product.output(name, Some(major))),
        };
        if found.is_none() {
            let known = product.outputs.iter().map(|port| format!("{}@{}", port.name, port.version.major()));
            let known: Vec<_> = known.collect();
            self.unknown(node, "port", rest, suggest::or_list(rest, &known, "the product offers no ports"));
        }
        found.map(|port| (product, port))
    }

    /// The product that a name is in, and the rest of the name.
    fn product<'t>(&mut self, node: &Node<'_>, text: &'t str) -> Option<(&'a Product, &'t str)> {
        let named = text.split_once('.');
        match (self.scope, named) {
            (Scope::Product(own), None) => Some((own, text)),
            (Scope::Product(own), Some((product, name))) if sql::folded(product) == own.name.sql() => Some((own, name)),
            (Scope::Product(own), Some(_)) => {
                let message = format!("`{text}` is not of the product `{}`", own.name);
                let help = "the policies of a bundle decide about its own product alone, and so do its cases; cases about \
                            others belong into a file of the workspace: `outport access test FILE`";
                self.diagnostics.push(node.error(codes::CASE_MISFIT, message).help(help));
                None
            }
            (Scope::Workspace(products), Some((product, name))) => {
                let found = products.iter().find(|known| known.name.sql() == sql::folded(product));
                if found.is_none() {
                    let known: Vec<_> = products.iter().map(|product| product.name.to_string()).collect();
                    let help =
                        suggest::or_list(product, &known, "name its bundle too: `outport access test BUNDLE FILE`");
                    self.unknown(node, "product", product, help);
                }
                found.map(|product| (*product, name))
            }
            (Scope::Workspace(_), None) => {
                let message = format!("`{text}` does not say of which product it is");
                self.diagnostics
                    .push(node.error(codes::FORM, message).help("write it as `product.table` or `product.port`"));
                None
            }
        }
    }

    fn agreement(
        &mut self,
        node: &Node<'_>,
        of_case: Option<&outport_model::principal::Purpose>,
        schema: Option<&TableSchema>,
    ) -> Option<CaseAgreement> {
        let purpose = match node.get("purpose") {
            Some(purpose) => self.parsed(&purpose, purpose.as_text()?, "a purpose")?,
            None => match of_case {
                Some(purpose) => purpose.clone(),
                None => {
                    let problem = node.error_key(codes::CASE_MISFIT, "the agreement is for no purpose");
                    self.diagnostics.push(problem.help("give the agreement or the case a `purpose`"));
                    return None;
                }
            },
        };
        let columns = node.get("columns").map(|columns| {
            for column in columns.items() {
                self.column(&column, column.as_text().unwrap_or_default(), schema);
            }
            node.texts("columns").into_iter().collect()
        });
        let expires_at = match node.get("expires") {
            Some(expires) => Some(self.moment(&expires)?),
            None => None,
        };
        Some(CaseAgreement { purpose, columns, expires_at })
    }

    /// Reports a column that a table does not have.
    fn column(&mut self, node: &Node<'_>, name: &str, schema: Option<&TableSchema>) {
        let Some(schema) = schema.filter(|schema| schema.column(name).is_none()) else { return };
        let known: Vec<_> = schema.columns.iter().map(|column| column.name.clone()).collect();
        self.unknown(node, "column", name, suggest::or_list(name, &known, "the table has no columns"));
    }

    fn moment(&mut self, node: &Node<'_>) -> Option<DateTime<Utc>> {
        let text = node.as_text()?;
        let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
        let moment = text.parse::<DateTime<Utc>>().ok().or_else(day);
        if moment.is_none() {
            let problem = node.error(codes::FORM, format!("`{text}` is not a moment"));
            self.diagnostics.push(problem.help("write it as `2026-06-15T12:00:00Z`, or as a day, `2026-06-15`"));
        }
        moment
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self, node: &Node<'_>, text: &str, what: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.diagnostics.push(node.error(codes::FORM, format!("`{text}` is not {what}: {error}")));
                None
            }
        }
    }

    fn unknown(&mut self, node: &Node<'_>, what: &str, name: &str, help: String) {
        let problem = node.error(codes::CASE_UNKNOWN, format!("there is no {what} `{name}`"));
        self.diagnostics.push(problem.help(help));
    }
}

/// The action that is about no port.
const ADMINISTER: &str = "administer";

/// What a case is about.
enum About<'a> {
    Administration,
    Port(PortVersion, PortAction),
    Table(Target<'a>, Vec<SampleRow>),
}

impl About<'_> {
    fn schema(&self) -> Option<&TableSchema> {
        match self {
            Self::Table(target, _) => Some(target.schema),
            Self::Administration | Self::Port(..) => None,
        }
    }

    fn subject(self) -> Subject {
        match self {
            Self::Administration => Subject::Administration,
            Self::Port(port, action) => Subject::Port { port, action },
            Self::Table(target, rows) => {
                Subject::Table { port: target.version(), table: target.table.name.clone(), rows }
            }
        }
    }
}
