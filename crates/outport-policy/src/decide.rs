//! Answers what someone may do and see.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicyId, PolicySet, PolicySetError,
    Request, entities_errors::EntitiesError,
};
use chrono::NaiveDate;
use outport_app::policy::{
    Asking, ColumnVerdict, Policies, PolicyName, PolicyOwner, PortAction, RowVerdict, TableVerdict, Verdict,
};
use outport_model::{
    access::{ColumnAccess, Condition, RowAccess, RowRule, TableAccess},
    agreement::{Agreement, PortVersion, Standing},
    name::{ProductName, TableName},
};

use crate::{
    book::{Book, Tally, mask_of, minimum_group},
    compile, entities,
    memo::{LateSchema, Memo},
    offer::{Offer, OfferedColumn, OfferedPort, OfferedTable, RowType, column_id},
    reference::Names,
    reserved,
    rows::{self, Reader, Rows, RowsError},
    rule::{self, Rule},
    schema,
    vocabulary::{Action, Vocabulary},
};

/// Policies that were compiled.
#[derive(Debug)]
pub(crate) struct Decider {
    vocabulary: Vocabulary,
    rules: Vec<Rule>,
    workspace: Book,
    /// The actions, and the workspace.
    base: Entities,
    products: BTreeMap<ProductName, ProductBook>,
}

/// Why compiled policies cannot be used. None of these happens with rules that passed every check.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeciderError {
    #[error("two policies have the same id")]
    SameId(#[source] Box<PolicySetError>),
    #[error("the actions have no schema")]
    Schema(#[from] Box<cedar_policy::SchemaError>),
    #[error("the entities do not fit together")]
    Entities(#[source] Box<EntitiesError>),
    #[error("an entity has no value")]
    Entity(#[from] Box<cedar_policy::EntityAttrEvaluationError>),
    #[error("the context has no value")]
    Context(#[from] Box<cedar_policy::ContextCreationError>),
}

/// What belongs to one product.
#[derive(Debug)]
struct ProductBook {
    offer: Arc<Offer>,
    book: Book,
    /// The rules of the workspace that decide about it, where these are not all.
    workspace: Option<Book>,
    /// The numbers of the rules that can be about its rows.
    rows: Vec<usize>,
    /// Whether none of them asks anything of a row, so that all rows of a table are alike to them.
    alike: bool,
    /// Types of rows of other products that these rules ask for.
    others: BTreeSet<RowType>,
    /// Made when it is needed first.
    schema: LateSchema,
}

/// Which rows exist, why, and which rules in grace would keep some of them back.
type SeenRows = (RowAccess, RowVerdict, BTreeSet<PolicyName>);

/// A request without what it is about.
struct Reading<'a> {
    user: EntityUid,
    entities: Entities,
    books: [&'a Book; 2],
    today: NaiveDate,
}

impl Decider {
    /// Sorts rules that passed every check.
    pub(crate) fn new(
        vocabulary: Vocabulary,
        rules: Vec<Rule>,
        names: &Names,
        memo: &mut Memo,
    ) -> Result<Self, DeciderError> {
        let of = |owner: PolicyOwner| rules.iter().filter(move |rule| rule.name.owner == owner);
        let same_id = DeciderError::SameId;
        let workspace = Book::new(of(PolicyOwner::Workspace), &vocabulary).map_err(same_id)?;
        let mut products = BTreeMap::new();
        for (name, offer) in &names.offers {
            let book = Book::new(of(PolicyOwner::Product(name.clone())), &vocabulary).map_err(same_id)?;
            let workspace = if name.is_reserved() {
                let reaching = of(PolicyOwner::Workspace).filter(|rule| reserved::reaches(rule, offer, names));
                Some(Book::new(reaching, &vocabulary).map_err(same_id)?)
            } else {
                None
            };
            let about_rows = |rule: &Rule| {
                let whose = match &rule.name.owner {
                    PolicyOwner::Workspace => {
                        compile::may_be_about(rule, offer, names) && reserved::reaches(rule, offer, names)
                    }
                    PolicyOwner::Product(owner) => owner == name,
                };
                whose && rule.is_about(&vocabulary, Action::ReadRow)
            };
            let rows: Vec<usize> =
                (0..rules.len()).filter(|number| rules.get(*number).is_some_and(about_rows)).collect();
            let of_rows = || rows.iter().filter_map(|number| rules.get(*number));
            let alike = !of_rows().any(|rule| rule.depends_on_rows(&vocabulary));
            let others = of_rows().flat_map(|rule| names.others(rule, Some(name))).collect();
            let (offer, schema) = (Arc::clone(offer), memo.schema(offer, &others));
            products.insert(name.clone(), ProductBook { offer, book, workspace, rows, alike, others, schema });
        }
        let base = schema::of_workspace(&BTreeSet::new())?.action_entities();
        let base = base.map_err(|error| DeciderError::Entities(Box::new(error)))?;
        Ok(Self { vocabulary, rules, workspace, base, products })
    }

    /// The rules that decide about a product.
    fn books<'a>(&'a self, product: &'a ProductBook) -> [&'a Book; 2] {
        [product.workspace.as_ref().unwrap_or(&self.workspace), &product.book]
    }

    fn find(&self, port: &PortVersion) -> Option<(&ProductBook, &OfferedPort)> {
        let product = self.products.get(&port.product)?;
        Some((product, product.offer.port(port)?))
    }

    /// Everything that is known of whoever asks, beside these entities.
    fn reading<'a>(
        &'a self,
        asking: &Asking<'_>,
        books: [&'a Book; 2],
        about: impl IntoIterator<Item = entities::Facts>,
    ) -> Result<Reading<'a>, DeciderError> {
        let user = entities::user(&self.vocabulary, asking.principal);
        let all = about.into_iter().chain([user]).map(entities::Facts::entity).collect::<Result<Vec<_>, _>>()?;
        let entities = self.base.clone().add_entities(all, None);
        Ok(Reading {
            user: self.vocabulary.user(asking.principal.id.as_str()),
            entities: entities.map_err(|error| DeciderError::Entities(Box::new(error)))?,
            books,
            today: asking.now.date_naive(),
        })
    }

    /// What the rules say. A request that cannot be made is one that nothing permits.
    fn tally(&self, reading: &Reading<'_>, action: Action, resource: EntityUid, context: &Context) -> Tally<'_> {
        let mut tally = Tally::default();
        let action_id = self.vocabulary.action(action);
        let request = Request::new(reading.user.clone(), action_id, resource, context.clone(), None);
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(%error, "a request could not be put to the policies");
                return tally;
            }
        };
        for shelf in reading.books.into_iter().filter_map(|book| book.by_action.get(&action)) {
            let (permits, forbids) = self.ask(&request, &shelf.firm, &reading.entities);
            tally.permits.extend(permits);
            tally.forbids.extend(forbids);
            if !shelf.dated.is_empty() {
                let (_, forbids) = self.ask(&request, &shelf.dated, &reading.entities);
                let (grace, forbids): (Vec<_>, Vec<_>) =
                    forbids.into_iter().partition(|rule| rule.in_grace(reading.today));
                tally.grace.extend(grace);
                tally.forbids.extend(forbids);
            }
        }
        tally
    }

    /// The rules that permit, and those that forbid.
    fn ask(&self, request: &Request, policies: &PolicySet, entities: &Entities) -> (Vec<&Rule>, Vec<&Rule>) {
        let response = Authorizer::new().is_authorized(request, policies, entities);
        let rule = |id: &PolicyId| rule::number(id).and_then(|number| self.rules.get(number));
        let mut failed = Vec::new();
        for AuthorizationError::PolicyEvaluationError(error) in response.diagnostics().errors() {
            tracing::error!(%error, "a policy could not be evaluated");
            failed.extend(rule(error.policy_id()).filter(|rule| rule.is_forbid()));
        }
        let decided: Vec<&Rule> = response.diagnostics().reason().filter_map(rule).collect();
        match response.decision() {
            Decision::Allow => (decided, failed),
            Decision::Deny => (Vec::new(), decided.into_iter().chain(failed).collect()),
        }
    }

    fn column(
        &self,
        reading: &Reading<'_>,
        contexts: &Contexts,
        column: &OfferedColumn,
        id: &str,
    ) -> (ColumnVerdict, Option<ColumnAccess>) {
        let context = contexts.of_column(&column.name);
        let resource = self.vocabulary.column(id);
        let clear = self.tally(reading, Action::ReadColumn, resource.clone(), context);
        let (access, masked) = if clear.allowed() {
            (Some(ColumnAccess::Clear), None)
        } else {
            let masked = self.tally(reading, Action::ReadMasked, resource, context);
            let access = masked.allowed().then(|| ColumnAccess::Masked(mask_of(&clear, &masked)));
            (access, Some(masked.verdict()))
        };
        let verdict =
            ColumnVerdict { column: column.name.clone(), access: access.clone(), clear: clear.verdict(), masked };
        (verdict, access)
    }

    /// The same as [`Decider::rows`] where rules to which all rows are alike let them through: one stands for all. `None`
    /// where they do not.
    fn all_rows(&self, reading: &Reading<'_>, context: &Context, row: EntityUid) -> Option<SeenRows> {
        let tally = self.tally(reading, Action::ReadRow, row, context);
        if !tally.allowed() {
            return None;
        }
        let numbered = tally.permits.iter().map(|rule| (rule::number(rule.policy.id()), &rule.name));
        let permits: BTreeMap<_, _> = numbered.collect();
        let permits = permits.into_values().map(|name| (name.clone(), "true".to_owned())).collect();
        let grace = tally.grace.iter().map(|rule| rule.name.clone()).collect();
        Some((RowAccess::All, RowVerdict { permits, forbids: Vec::new() }, grace))
    }

    /// Which rows exist, why, and which rules in grace would keep some of them back.
    fn rows(
        &self,
        asking: &Asking<'_>,
        context: &Context,
        product: &ProductBook,
        port: &OfferedPort,
        table: &OfferedTable,
    ) -> Result<SeenRows, RowsError> {
        let make = || schema::of_product(&product.offer, &product.others).map_err(|error| error.to_string());
        let schema = product.schema.get_or_init(make).as_ref().map_err(|error| RowsError::Schema(error.clone()))?;
        let rows = Rows { vocabulary: &self.vocabulary, schema, offer: &product.offer, port, table };
        let rules = product.rows.iter().filter_map(|number| self.rules.get(*number));
        let remainders = rows.remainders(rules, Reader::Known(asking.principal, context))?;
        let today = asking.now.date_naive();
        let mut verdict = RowVerdict { permits: Vec::new(), forbids: Vec::new() };
        let (mut rule, mut grace) = (RowRule::nothing(), BTreeSet::new());
        for remainder in remainders {
            let Some(of) = self.rules.get(remainder.rule) else { continue };
            let condition = remainder.condition.unwrap_or_else(|error| {
                tracing::error!(%error, policy = of.name.id, table = %table.rows, "a rule about rows cannot be enforced");
                Condition::Constant { holds: of.is_forbid() }
            });
            if condition == (Condition::Constant { holds: false }) {
                continue;
            }
            let (shown, conditions) = match (of.is_forbid(), of.in_grace(today)) {
                (true, true) => {
                    grace.insert(of.name.clone());
                    continue;
                }
                (true, false) => (&mut verdict.forbids, &mut rule.forbids),
                (false, _) => (&mut verdict.permits, &mut rule.permits),
            };
            shown.push((of.name.clone(), remainder.text));
            if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
        Ok((access_of(rule), verdict, grace))
    }

    fn try_table(
        &self,
        asking: &Asking<'_>,
        port: &PortVersion,
        table: &TableName,
    ) -> Result<TableVerdict, DeciderError> {
        let Some((product, offered)) = self.find(port) else { return Ok(no_table()) };
        let Some(table) = offered.table(table) else { return Ok(no_table()) };
        if asking.principal.is_administrator() {
            return Ok(everything(table));
        }
        let (vocabulary, offer) = (&self.vocabulary, &product.offer);
        let columns = table.columns.iter().map(|column| entities::column(vocabulary, offer, offered, table, column));
        let about = [entities::product(vocabulary, offer), entities::port(vocabulary, offer, offered)];
        let row = if product.alike { rows::of(table).ok() } else { None };
        let of_row = row.clone().map(|row| entities::row(vocabulary, row, offered));
        let about = about.into_iter().chain(columns).chain(of_row);
        let reading = self.reading(asking, self.books(product), about)?;
        let contexts = Contexts::new(asking, in_force(asking, port))?;
        let read_port = Action::Port(PortAction::Read);
        let read = self.tally(&reading, read_port, vocabulary.port(&offered.id), &contexts.port);
        if !read.allowed() {
            return Ok(TableVerdict { read: read.verdict(), ..no_table() });
        }
        let mut verdict = TableVerdict { read: read.verdict(), access: None, columns: Vec::new(), rows: None };
        let mut visible = BTreeMap::new();
        for column in &table.columns {
            let id = column_id(offered, table, column);
            let (decided, access) = self.column(&reading, &contexts, column, &id);
            verdict.columns.push(decided);
            visible.extend(access.map(|access| (column.name.clone(), access)));
        }
        let all = row.and_then(|row| self.all_rows(&reading, &contexts.port, row));
        let seen = all.map_or_else(|| self.rows(asking, &contexts.port, product, offered, table), Ok);
        let (rows, row_verdict, grace) = seen.unwrap_or_else(|error| {
            tracing::error!(%error, table = %table.rows, "no rows can be shown");
            let nothing = RowVerdict { permits: Vec::new(), forbids: Vec::new() };
            (RowAccess::Where(RowRule::nothing()), nothing, BTreeSet::new())
        });
        verdict.read.grace.extend(grace);
        verdict.rows = Some(row_verdict);
        verdict.access = Some(TableAccess {
            columns: visible,
            rows,
            minimum_group: minimum_group(&read.permits),
            agreement: contexts.agreement.as_ref().map(|agreement| agreement.id),
        });
        Ok(verdict)
    }

    fn try_port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Result<Verdict, DeciderError> {
        let Some((product, offered)) = self.find(port) else { return Ok(nothing()) };
        if asking.principal.is_administrator() {
            return Ok(administrators());
        }
        let (vocabulary, offer) = (&self.vocabulary, &product.offer);
        let about = [entities::product(vocabulary, offer), entities::port(vocabulary, offer, offered)];
        let reading = self.reading(asking, self.books(product), about)?;
        let contexts = Contexts::new(asking, in_force(asking, port))?;
        let resource = vocabulary.port(&offered.id);
        Ok(self.tally(&reading, Action::Port(action), resource, &contexts.port).verdict())
    }

    fn try_administer(&self, asking: &Asking<'_>) -> Result<Verdict, DeciderError> {
        if asking.principal.is_administrator() {
            return Ok(administrators());
        }
        let none = Book::default();
        let reading = self.reading(asking, [&self.workspace, &none], [])?;
        let context = Contexts::new(asking, None)?.port;
        Ok(self.tally(&reading, Action::Administer, self.vocabulary.workspace(), &context).verdict())
    }
}

impl Policies for Decider {
    fn port(&self, asking: &Asking<'_>, action: PortAction, port: &PortVersion) -> Verdict {
        self.try_port(asking, action, port).unwrap_or_else(|error| undecided(&error))
    }

    fn table(&self, asking: &Asking<'_>, port: &PortVersion, table: &TableName) -> TableVerdict {
        self.try_table(asking, port, table)
            .unwrap_or_else(|error| TableVerdict { read: undecided(&error), ..no_table() })
    }

    fn administer(&self, asking: &Asking<'_>) -> Verdict {
        self.try_administer(asking).unwrap_or_else(|error| undecided(&error))
    }
}

/// How a port and its columns are asked for.
struct Contexts {
    agreement: Option<Agreement>,
    port: Context,
    /// For columns that the agreement does not cover.
    uncovered: Context,
}

impl Contexts {
    fn new(asking: &Asking<'_>, agreement: Option<&Agreement>) -> Result<Self, DeciderError> {
        Ok(Self {
            agreement: agreement.cloned(),
            port: entities::context(asking.door, asking.purpose, agreement.is_some())?,
            uncovered: entities::context(asking.door, asking.purpose, false)?,
        })
    }

    fn of_column(&self, column: &str) -> &Context {
        match &self.agreement {
            Some(agreement) if !agreement.covers_column(column) => &self.uncovered,
            _ => &self.port,
        }
    }
}

/// The agreement, if it is one about this port that holds for whoever asks: now, and for what they ask.
fn in_force<'a>(asking: &Asking<'a>, port: &PortVersion) -> Option<&'a Agreement> {
    asking.agreement.filter(|agreement| {
        agreement.port == *port
            && agreement.consumer.includes(asking.principal)
            && agreement.standing(asking.now) == Standing::Active
            && asking.purpose.is_none_or(|purpose| *purpose == agreement.purpose)
    })
}

fn access_of(mut rule: RowRule) -> RowAccess {
    let always = Condition::Constant { holds: true };
    if rule.permits.is_empty() || rule.forbids.contains(&always) {
        return RowAccess::Where(RowRule::nothing());
    }
    if rule.permits.contains(&always) {
        rule.permits = vec![always];
        if rule.forbids.is_empty() {
            return RowAccess::All;
        }
    }
    RowAccess::Where(rule)
}

/// A rule that is no policy.
fn built_in(id: &str) -> PolicyName {
    PolicyName { owner: PolicyOwner::Workspace, id: format!("{}{id}", rule::BUILT_IN) }
}

fn administrators() -> Verdict {
    Verdict { allowed: true, policies: BTreeSet::from([built_in("administrators")]), grace: BTreeSet::new() }
}

fn everything(table: &OfferedTable) -> TableVerdict {
    let names = table.columns.iter().map(|column| column.name.as_str());
    let column = |name: &str| ColumnVerdict {
        column: name.to_owned(),
        access: Some(ColumnAccess::Clear),
        clear: administrators(),
        masked: None,
    };
    TableVerdict {
        read: administrators(),
        access: Some(TableAccess::unrestricted(names.clone())),
        columns: names.map(column).collect(),
        rows: Some(RowVerdict { permits: vec![(built_in("administrators"), "true".to_owned())], forbids: Vec::new() }),
    }
}

const fn nothing() -> Verdict {
    Verdict { allowed: false, policies: BTreeSet::new(), grace: BTreeSet::new() }
}

const fn no_table() -> TableVerdict {
    TableVerdict { read: nothing(), access: None, columns: Vec::new(), rows: None }
}

fn undecided(error: &DeciderError) -> Verdict {
    tracing::error!(%error, "nothing could be decided");
    nothing()
}
