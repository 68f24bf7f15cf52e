//! Everything that decides what callers see, read at one moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use outport_model::{
    agreement::{Agreement, PortVersion, Standing},
    diagnostic::Diagnostic,
    fingerprint::Fingerprint,
    name::{ProductName, TableName},
    plan::{Estate, Intent},
    principal::{Door, Principal, PrincipalId, Purpose},
    product::{OutputPort, Product},
    release::{Release, TableRole},
};

use super::{
    Caller, Wardens,
    catalog::Known,
    error::GateError,
    kept::{Kept, beside},
};
use crate::{
    App,
    engine::{Sight, View, VisibleProduct, VisibleTable},
    identity::{Authenticated, Changes, Credential, TokenId, TokenScope, User},
    live::LiveTables,
    plan::policy_texts,
    policy::{Asking, Policies, PortAction},
    record::RecordProduct,
};

/// How many tokens and, of few products, views are kept at most: callers choose their purpose, and so how many there are.
const MOST: usize = 10_000;

/// How many products the views that are kept may have together. Each takes some thousand bytes.
const MOST_SEEN: usize = 200_000;

/// For how many callers it is kept what they may know of. It is as much for each of them as there are products.
const MOST_KNOWN: usize = 256;

/// How long a token that was shown is known at most. It is put on record once a minute that a token is used.
const RECOGNISED: TimeDelta = TimeDelta::seconds(30);

/// What a view depends on, beside the snapshot and the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ViewKey {
    principal: Principal,
    scope: TokenScope,
    purpose: Option<Purpose>,
    door: Door,
}

impl ViewKey {
    fn of(caller: &Caller, principal: &Principal) -> Self {
        let Caller { scope, purpose, door, .. } = caller;
        Self { principal: principal.clone(), scope: scope.clone(), purpose: purpose.clone(), door: *door }
    }
}

/// Whose token it is, and until when that is known.
type Recognised = (Authenticated, DateTime<Utc>);

/// When a product was applied, and how often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Applied {
    pub(super) generation: u64,
    pub(super) at: DateTime<Utc>,
}

/// Everything that decides what callers see.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// What had changed when it was read.
    pub(super) changes: Changes,
    users: BTreeMap<PrincipalId, User>,
    /// Tokens that are not revoked, with their end.
    tokens: BTreeMap<TokenId, DateTime<Utc>>,
    /// What decides, whoever there is: the same as long as nothing of it has changed.
    decisive: Arc<Decisive>,
    /// Tokens that were found right, by a hash of what was shown. What they depend on is in the snapshot or in the time.
    recognised: Mutex<HashMap<Fingerprint, Recognised>>,
}

/// What decides what someone sees, whoever there is, and what was decided by it.
#[derive(Debug)]
struct Decisive {
    estate: Estate,
    /// When and how often each product was applied.
    applied: BTreeMap<ProductName, Applied>,
    releases: BTreeMap<ProductName, Release>,
    /// The record of requests, which is among the products and releases.
    record: Option<Arc<RecordProduct>>,
    agreements: Vec<Agreement>,
    policies: Result<Arc<dyn Policies>, Vec<String>>,
    views: Kept<ViewKey, View>,
    known: Kept<ViewKey, Known>,
}

impl Decisive {
    async fn read(app: &App, wardens: &Wardens, record: Option<Arc<RecordProduct>>) -> Result<Self, GateError> {
        let intents = app.stores.intents.intents(&app.workspace).await?;
        let applied = intents.iter().map(|(name, intent)| (name.clone(), Applied::of(intent))).collect();
        let mut estate: Estate = intents.into_iter().map(|(name, intent)| (name, intent.compiled)).collect();
        let mut releases = app.stores.releases.current_releases(&app.workspace).await?;
        if let Some(record) = &record {
            estate.insert(record.name().clone(), record.compiled().clone());
            releases.insert(record.name().clone(), record.release().clone());
        }
        let agreements = wardens.agreements.agreements(&app.workspace).await?;
        let texts = policy_texts(app.stores.policies.policies(&app.workspace).await?, &estate);
        let compiler = Arc::clone(&app.policies);
        let (estate, policies) = beside(move || {
            let policies = compiler.compile(&texts, &estate).map(|compiled| compiled.policies);
            Ok((estate, policies))
        })
        .await?;
        let most = (MOST_SEEN / estate.len().max(1)).clamp(1, MOST);
        let problems = |found: Vec<Diagnostic>| found.into_iter().map(|problem| problem.message).collect();
        Ok(Self {
            estate,
            applied,
            releases,
            record,
            agreements,
            policies: policies.map_err(problems),
            views: Kept::new(most),
            known: Kept::new(MOST_KNOWN),
        })
    }
}

impl Applied {
    const fn of(intent: &Intent) -> Self {
        Self { generation: intent.generation, at: intent.applied_at }
    }
}

impl Snapshot {
    /// Reads everything that has changed since this was read.
    pub(super) async fn read(
        app: &App,
        wardens: &Wardens,
        record: Option<Arc<RecordProduct>>,
        changes: Changes,
        before: Option<&Self>,
    ) -> Result<Self, GateError> {
        let decisive = match before.filter(|before| before.changes.decisions == changes.decisions) {
            Some(before) => Arc::clone(&before.decisive),
            None => Arc::new(Decisive::read(app, wardens, record).await?),
        };
        let users = wardens.users.users().await?;
        let tokens = wardens.tokens.tokens(None).await?;
        let live = tokens.into_iter().filter(|token| token.revoked_at.is_none());
        Ok(Self {
            changes,
            users: users.into_iter().map(|user| (user.principal.id.clone(), user)).collect(),
            tokens: live.map(|token| (token.id, token.expires_at)).collect(),
            decisive,
            recognised: Mutex::default(),
        })
    }

    /// The current release of every product.
    pub(super) fn releases(&self) -> &BTreeMap<ProductName, Release> {
        &self.decisive.releases
    }

    /// Every agreement of the workspace, as it is.
    pub(super) fn agreements(&self) -> &[Agreement] {
        &self.decisive.agreements
    }

    /// Every product that was applied, by name.
    pub(super) fn applied(&self) -> impl Iterator<Item = (&ProductName, Applied)> {
        self.decisive.applied.iter().map(|(name, applied)| (name, *applied))
    }

    /// Every product on record.
    pub(super) fn estate(&self) -> &Estate {
        &self.decisive.estate
    }

    /// Whose token this is, where it was found right a moment ago.
    pub(super) fn recognised(&self, credential: &Credential, now: DateTime<Utc>) -> Option<Authenticated> {
        let recognised = self.recognised.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, until) = recognised.get(&fingerprint(credential))?;
        (now < *until).then(|| known.clone())
    }

    /// Remembers whose token this is. Nothing else is remembered: passwords are to take their time, and what identity
    /// providers say is not on record here.
    pub(super) fn remember(&self, credential: &Credential, known: &Authenticated, now: DateTime<Utc>) {
        if known.token.is_none() || !known.local_user {
            return;
        }
        let until = known.until.map_or(now + RECOGNISED, |end| end.min(now + RECOGNISED));
        let mut recognised = self.recognised.lock().unwrap_or_else(PoisonError::into_inner);
        if recognised.len() >= MOST {
            recognised.clear();
        }
        recognised.insert(fingerprint(credential), (known.clone(), until));
    }

    /// The caller as they are now: groups and attributes of local users change while they are connected.
    pub(super) fn refresh(&self, caller: &Caller, now: DateTime<Utc>) -> Result<Principal, GateError> {
        let refused = |reason: &str| GateError::Unauthenticated { reason: reason.to_owned() };
        if caller.until.is_some_and(|end| end <= now) {
            return Err(refused("the credential has expired"));
        }
        if let Some(token) = &caller.token
            && self.tokens.get(token).is_none_or(|end| *end <= now)
        {
            return Err(refused("the token is revoked or has expired"));
        }
        match (self.users.get(&caller.principal.id), caller.local_user) {
            (Some(user), true) if user.disabled => Err(refused("the user is disabled")),
            (Some(user), true) => Ok(user.principal.clone()),
            (None, true) => Err(refused("the user was removed")),
            (_, false) => Ok(caller.principal.clone()),
        }
    }

    /// What a caller may read of the current releases.
    pub(super) async fn view(
        self: &Arc<Self>,
        caller: &Caller,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<Arc<View>, GateError> {
        let decide = || {
            let (snapshot, caller, principal) = (Arc::clone(self), caller.clone(), principal.clone());
            move || snapshot.view_of(&caller, &principal, snapshot.releases(), now)
        };
        self.decisive.views.get(ViewKey::of(caller, principal), now, decide).await
    }

    /// What a caller may know of.
    pub(super) async fn known(
        self: &Arc<Self>,
        caller: &Caller,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<Arc<Known>, GateError> {
        let decide = || {
            let (snapshot, caller, principal) = (Arc::clone(self), caller.clone(), principal.clone());
            move || snapshot.known_of(&caller, &principal, now, end_of_day(now))
        };
        self.decisive.known.get(ViewKey::of(caller, principal), now, decide).await
    }

    /// What a caller may read of these releases, and until when that holds.
    pub(super) fn view_of(
        &self,
        caller: &Caller,
        principal: &Principal,
        releases: &BTreeMap<ProductName, Release>,
        now: DateTime<Utc>,
    ) -> Result<(View, DateTime<Utc>), GateError> {
        let mut view = View::default();
        let mut until = end_of_day(now);
        for (name, release) in releases {
            let Some(compiled) = self.decisive.estate.get(name).filter(|_| caller.scope.allows_product(name)) else {
                continue;
            };
            let product = &compiled.product;
            let mut tables = BTreeMap::new();
            for (table, released) in &release.tables {
                let offered = product.tables().find(|(_, offered)| offered.name == *table);
                let seen = match offered {
                    Some((port, _)) => {
                        let asked = self.asked(caller, principal, product, port, now);
                        until = asked.agreement.and_then(|a| a.expires_at).map_or(until, |end| until.min(end));
                        self.table(&asked, table, released.role)?
                    }
                    // Rows that were held back, and what is between models: nobody's promise, so no policy speaks of it.
                    None if principal.is_administrator() && released.role != TableRole::Internal => Seen::All,
                    None => Seen::Nothing,
                };
                let sight = match seen {
                    Seen::Nothing => continue,
                    Seen::Name => {
                        view.withheld.insert((name.clone(), table.clone()));
                        continue;
                    }
                    Seen::All => Sight::Whole,
                    Seen::Part(access) => Sight::Part(access),
                };
                let schema = offered.and_then(|(port, offered)| port.contract.table(&offered.object));
                tables.insert(
                    table.clone(),
                    VisibleTable {
                        released: released.clone(),
                        live: self.live(name),
                        port: offered.map(|(port, _)| port.name.clone()),
                        description: schema.and_then(|schema| schema.description.clone()),
                        columns: schema.map(|schema| schema.columns.clone()).unwrap_or_default(),
                        sight,
                    },
                );
            }
            if !tables.is_empty() {
                let purpose = product.purpose.clone();
                view.products.insert(name.clone(), VisibleProduct { release: release.number, purpose, tables });
            }
        }
        Ok((view, until))
    }

    /// Where the rows of a product are, if they are not in the warehouse.
    fn live(&self, product: &ProductName) -> Option<Arc<dyn LiveTables>> {
        self.decisive
            .record
            .as_ref()
            .filter(|record| record.name() == product)
            .map(|record| Arc::clone(record.tables()))
    }

    /// How much is seen of a table that a port offers.
    pub(super) fn table(&self, asked: &Asked<'_>, table: &TableName, role: TableRole) -> Result<Seen, GateError> {
        // Administrators need no policies, so that broken ones do not lock everyone out.
        if asked.principal.is_administrator() && role == TableRole::Output {
            return Ok(Seen::All);
        }
        let policies = self.policies()?;
        let verdict = policies.table(&asked.asking(), &asked.version, table);
        if let Some(access) = verdict.access {
            return Ok(Seen::Part(access));
        }
        let known = policies.port(&asked.asking(), PortAction::Discover, &asked.version).allowed;
        Ok(if known { Seen::Name } else { Seen::Nothing })
    }

    /// Whether someone may do something with a port.
    pub(super) fn may(
        &self,
        caller: &Caller,
        principal: &Principal,
        action: PortAction,
        port: &PortVersion,
        now: DateTime<Utc>,
    ) -> Result<bool, GateError> {
        if principal.is_administrator() {
            return Ok(caller.scope.allows_product(&port.product));
        }
        if !caller.scope.allows_product(&port.product) {
            return Ok(false);
        }
        let agreement = self.agreement(caller, principal, port, now);
        let (purpose, door) = (caller.purpose.as_ref(), caller.door);
        let asked = Asked { principal, purpose, door, agreement, version: port.clone(), now };
        Ok(self.policies()?.port(&asked.asking(), action, port).allowed)
    }

    /// Whether someone may change users, policies and settings. A token for some products alone does not do that.
    pub(super) fn may_administer(
        &self,
        caller: &Caller,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Result<bool, GateError> {
        if caller.scope.products.is_some() {
            return Ok(false);
        }
        if principal.is_administrator() {
            return Ok(true);
        }
        let (purpose, door) = (caller.purpose.as_ref(), caller.door);
        Ok(self.policies()?.administer(&Asking { principal, purpose, door, agreement: None, now }).allowed)
    }

    /// The policies.
    pub(super) fn policies(&self) -> Result<&Arc<dyn Policies>, GateError> {
        self.decisive.policies.as_ref().map_err(|problems| GateError::Policies { problems: problems.clone() })
    }

    /// Everything that a decision about a port depends on.
    pub(super) fn asked<'a>(
        &'a self,
        caller: &'a Caller,
        principal: &'a Principal,
        product: &Product,
        port: &OutputPort,
        now: DateTime<Utc>,
    ) -> Asked<'a> {
        let version = version_of(product, port);
        let agreement = self.agreement(caller, principal, &version, now);
        Asked { principal, purpose: caller.purpose.as_ref(), door: caller.door, agreement, version, now }
    }

    /// The same for someone who does not ask, as if an agreement were in force that is not. It is passed in and kept nowhere:
    /// what callers see is never decided by it.
    pub(super) fn supposed<'a>(
        &'a self,
        someone: Someone<'a>,
        version: &PortVersion,
        agreement: Option<&'a Agreement>,
        now: DateTime<Utc>,
    ) -> Asked<'a> {
        let Someone { principal, purpose, door } = someone;
        let agreements = agreement.into_iter().chain(self.of_port(principal, version));
        let agreement = widest(agreements, Some(purpose), now);
        Asked { principal, purpose: Some(purpose), door, agreement, version: version.clone(), now }
    }

    /// The agreement under which a caller reads a port.
    pub(super) fn agreement(
        &self,
        caller: &Caller,
        principal: &Principal,
        port: &PortVersion,
        now: DateTime<Utc>,
    ) -> Option<&Agreement> {
        widest(self.of_port(principal, port), caller.purpose.as_ref(), now)
    }

    /// Someone on record.
    pub(super) fn user(&self, id: &PrincipalId) -> Option<&User> {
        self.users.get(id)
    }

    /// The agreements about a port that are for someone, whatever they are good for now.
    pub(super) fn of_port<'a, 'b>(
        &'a self,
        principal: &'b Principal,
        port: &'b PortVersion,
    ) -> impl Iterator<Item = &'a Agreement> + use<'a, 'b> {
        self.decisive.agreements.iter().filter(move |a| a.port == *port && a.consumer.includes(principal))
    }

    /// Why a table that the caller may know of is withheld.
    pub(super) fn withheld(
        &self,
        caller: &Caller,
        principal: &Principal,
        product: &ProductName,
        table: &TableName,
        now: DateTime<Utc>,
    ) -> GateError {
        let missing = || GateError::NotFound { what: "table", name: format!("{product}.{table}") };
        let Some(compiled) = self.decisive.estate.get(product) else { return missing() };
        let Some((port, _)) = compiled.product.tables().find(|(_, offered)| offered.name == *table) else {
            return missing();
        };
        let port = version_of(&compiled.product, port);
        let newest = |standing: Standing| {
            let all = self.of_port(principal, &port).filter(|agreement| agreement.standing(now) == standing);
            all.max_by_key(|agreement| agreement.expires_at)
        };
        if let Some(agreement) = newest(Standing::Active).filter(|a| caller.purpose.as_ref() != Some(&a.purpose)) {
            let purpose = agreement.purpose.to_string();
            return GateError::OtherPurpose { agreement: agreement.id, port, purpose };
        }
        match newest(Standing::Expired) {
            Some(Agreement { id, expires_at: Some(at), .. }) => {
                GateError::AgreementExpired { agreement: *id, at: *at, port }
            }
            _ => GateError::NoAgreement { port },
        }
    }
}

/// Until when the same is decided as now, where no agreement ends before: policies in grace come into force with the day, and
/// nothing else that decides knows of time.
fn end_of_day(now: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = now.date_naive().checked_add_days(Days::new(1));
    tomorrow.map_or(now, |day| day.and_time(NaiveTime::MIN).and_utc())
}

/// Tells apart what is shown, without keeping it.
fn fingerprint(credential: &Credential) -> Fingerprint {
    match credential {
        Credential::Bearer(text) => Fingerprint::of("bearer").part("token", text).finish(),
        Credential::Password { user, password } => {
            Fingerprint::of("password").part("user", user).part("password", password).finish()
        }
        Credential::Code(code) => {
            Fingerprint::of("code").part("provider", &code.provider).part("code", &code.code).finish()
        }
    }
}

/// One major version of a port of a product.
pub(super) fn version_of(product: &Product, port: &OutputPort) -> PortVersion {
    PortVersion { product: product.name.clone(), port: port.name.clone(), major: port.version.major() }
}

/// Of the agreements that are in force for a purpose the one with the most columns and, of these, the one that lasts
/// longest.
fn widest<'a>(
    agreements: impl Iterator<Item = &'a Agreement>,
    purpose: Option<&Purpose>,
    now: DateTime<Utc>,
) -> Option<&'a Agreement> {
    let fits = |agreement: &&Agreement| agreement.holds_for(purpose, now);
    let columns = |agreement: &Agreement| agreement.columns.as_ref().map_or(usize::MAX, BTreeSet::len);
    agreements.filter(fits).max_by_key(|agreement| (columns(agreement), agreement.expires_at))
}

/// How much of a table someone sees.
pub(super) enum Seen {
    Nothing,
    Name,
    Part(outport_model::access::TableAccess),
    All,
}

/// Someone who would read for a purpose, and through which door.
#[derive(Debug, Clone, Copy)]
pub(super) struct Someone<'a> {
    pub(super) principal: &'a Principal,
    pub(super) purpose: &'a Purpose,
    pub(super) door: Door,
}

/// Everything that a decision about a port depends on.
pub(super) struct Asked<'a> {
    principal: &'a Principal,
    purpose: Option<&'a Purpose>,
    door: Door,
    pub(super) agreement: Option<&'a Agreement>,
    pub(super) version: PortVersion,
    now: DateTime<Utc>,
}

impl Asked<'_> {
    /// The same as policies take it.
    pub(super) fn asking(&self) -> Asking<'_> {
        Asking::under(self.principal, self.purpose, self.door, self.agreement, self.now)
    }
}
