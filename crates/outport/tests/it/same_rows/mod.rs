//! For policies, agreements, people and questions at random: every door gives the same rows, and they are those that Cedar
//! permits when it is asked about the raw data row by row.
//!
//! - `clinic`: the product and its rows;
//! - `policies`: policies, people and their agreements at random; `question`: questions at random;
//! - `oracle`: what someone is to see, without anything of Outport.
//!
//! `OUTPORT_CASES` has another number of cases, `OUTPORT_SEED` others than always the same.

mod clinic;
mod oracle;
mod policies;
mod question;

use std::collections::BTreeMap;

use cedar_policy::PolicySet;
use chrono::TimeDelta;
use outport_app::clock::Clock as _;
use outport_model::{
    agreement::{Agreement, AgreementState, Consumer, PortVersion},
    principal::Door,
};
use outport_test::fixture;
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use serde_json::json;

use self::{
    oracle::{MaskKey, Seen, Way},
    policies::{Person, Stage},
    question::Question,
};
use crate::{
    opened::Opened,
    through::{Answer, Asker, Cell, Row},
};

/// Cases of one run of the tests.
const CASES: u32 = 24;

/// The purpose of agents that have none of their own: they must name one.
const NO_PURPOSE: &str = "none";

/// Policies, who asks under them, and what.
#[derive(Debug, Clone)]
struct Case {
    policies: String,
    people: Vec<Person>,
    /// Each, and whether it is cut down to what is seen.
    questions: Vec<(Question, bool)>,
}

fn case() -> impl Strategy<Value = Case> {
    let questions = vec((question::question(), prop::bool::weighted(0.7)), 2);
    (policies::policies(), vec(policies::person(), 1..3), questions).prop_map(|(policies, people, questions)| Case {
        policies,
        people,
        questions,
    })
}

/// How a protocol shows values.
#[derive(Debug, Clone, Copy)]
enum Form {
    Typed,
    Csv,
    PostgresText,
}

impl Form {
    fn of(self, rows: &[Row]) -> Vec<Row> {
        let cell = |cell: &Cell| match self {
            Self::Typed => cell.clone(),
            Self::Csv => cell.in_csv(),
            Self::PostgresText => cell.in_postgres_text(),
        };
        rows.iter().map(|row| row.iter().map(|(name, value)| (name.clone(), cell(value))).collect()).collect()
    }
}

/// What came of everything that was asked, so that a test in which nothing is seen fails.
#[derive(Debug, Default)]
struct Tally {
    answered: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    rows: usize,
    masked: usize,
    unusable: usize,
    /// Views that an agreement alone opened, those of them to some columns, and those that had been open.
    opened: usize,
    opened_in_part: usize,
    over: usize,
}

/// A home, and someone at it.
struct World<'a> {
    home: &'a Opened,
    key: MaskKey,
    token: String,
    /// Those on record of whoever asks now, and how many there have been.
    agreements: Vec<Agreement>,
    made: u64,
    tally: Tally,
}

impl World<'_> {
    async fn case(&mut self, case: &Case) -> Result<(), TestCaseError> {
        if let Err(problems) = self.home.try_policies("generated", &case.policies).await {
            let said: Vec<_> = problems.iter().map(|problem| problem.message.clone()).collect();
            self.tally.unusable += 1;
            return Err(TestCaseError::reject(format!("{said:?}")));
        }
        let policies = oracle::policies(&case.policies);
        for person in &case.people {
            self.home.user(&person.principal).await;
            self.agree(person).await;
            let mut asker = Asker::new(self.home, person.principal.id.as_str(), self.token.clone());
            asker.purpose.clone_from(&person.purpose);
            let views = Views::of(&policies, person, &self.key);
            self.count(&policies, person, &views);
            let mut asked = Asked { world: &mut *self, asker, views, person };
            asked.whole_table().await?;
            for (question, within) in &case.questions {
                asked.question(question, *within).await?;
            }
        }
        Ok(())
    }

    /// Puts the agreements of someone on record, and ends those of whoever came before.
    async fn agree(&mut self, person: &Person) {
        for mut agreement in self.agreements.drain(..) {
            let expected = std::mem::replace(&mut agreement.state, AgreementState::Revoked);
            self.home.change_agreement(&agreement, expected).await;
        }
        let now = self.home.clock.now();
        for (agreed, number) in person.agreements.iter().zip(1_i64..) {
            self.made += 1;
            let (state, end) = match agreed.stage {
                Stage::InForce => (AgreementState::Approved, Some(now + TimeDelta::hours(number))),
                Stage::Expired => (AgreementState::Approved, Some(now - TimeDelta::seconds(number))),
                Stage::Revoked => (AgreementState::Revoked, Some(now + TimeDelta::hours(number))),
                Stage::Undecided => (AgreementState::Requested, None),
            };
            let consumer = match agreed.group {
                Some(group) => Consumer::Group(group.parse().unwrap()),
                None => Consumer::Principal(person.principal.id.clone()),
            };
            let columns = agreed.columns.as_ref();
            let agreement = Agreement {
                port: PortVersion { port: "visits".parse().unwrap(), ..fixture::daily_of("clinic") },
                columns: columns.map(|columns| columns.iter().map(|column| (*column).to_owned()).collect()),
                consumer,
                purpose: agreed.purpose.parse().unwrap(),
                state,
                expires_at: end,
                ..fixture::agreement(self.made, "clinic")
            };
            self.home.add_agreement(&agreement).await;
            self.agreements.push(agreement);
        }
    }

    /// Counts what agreements did.
    fn count(&mut self, policies: &PolicySet, person: &Person, views: &Views) {
        let none = Views::of(policies, &Person { agreements: Vec::new(), ..person.clone() }, &self.key);
        let opened: Vec<_> = views.0.iter().filter(|(door, seen)| seen.is_some() && none.0[*door].is_none()).collect();
        self.tally.opened += opened.len();
        let all = clinic::COLUMNS.len();
        let in_part = opened.iter().filter(|(_, seen)| seen.as_ref().is_some_and(|seen| seen.columns.len() < all));
        self.tally.opened_in_part += in_part.count();
        let was_open = person.agreements.iter().any(|agreed| agreed.stage == Stage::Expired);
        self.tally.over += if was_open { views.0.values().filter(|seen| seen.is_none()).count() } else { 0 };
    }
}

/// What someone is to see through each door.
struct Views(BTreeMap<&'static str, Option<Seen>>);

impl Views {
    fn of(policies: &PolicySet, person: &Person, key: &MaskKey) -> Self {
        let seen = |door: Door| {
            let purpose = match door {
                Door::Mcp => Some(person.purpose.as_deref().unwrap_or(NO_PURPOSE)),
                _ => person.purpose.as_deref(),
            };
            (door.as_str(), oracle::seen(policies, &Way { person, door: door.as_str(), purpose }, key))
        };
        Self(Door::ALL.into_iter().map(seen).collect())
    }

    fn at(&self, door: Door) -> Option<&Seen> {
        self.0[door.as_str()].as_ref()
    }
}

/// One person under one set of policies.
struct Asked<'w, 'h> {
    world: &'w mut World<'h>,
    asker: Asker<'h>,
    views: Views,
    person: &'w Person,
}

impl Asked<'_, '_> {
    /// Doors that give the table as a whole.
    async fn whole_table(&mut self) -> Result<(), TestCaseError> {
        let every = |seen: &Seen| {
            seen.records
                .iter()
                .map(|record| {
                    let names = seen.columns.iter().map(|column| column.name.to_owned());
                    names.zip(record.iter().map(|value| question::cell(value.as_ref()))).collect()
                })
                .collect::<Vec<Row>>()
        };
        for (format, form) in [
            ("json", Form::Typed),
            ("ndjson", Form::Typed),
            ("csv", Form::Csv),
            ("arrow", Form::Typed),
            ("parquet", Form::Typed),
        ] {
            let answer = self.asker.download("clinic", "visits", format).await;
            self.compare(Door::Download, format, answer, form, false, &every)?;
        }
        let shared = self.asker.sharing("clinic", "visits").await;
        self.compare(Door::Sharing, "", shared, Form::Typed, false, &every)?;
        // The first release is told to whoever may read something of it.
        let told = self.asker.first_change("clinic").await;
        let told = told.map(|(event, data)| (event, data["release"].clone(), data["tables"].clone()));
        let expected = self.views.at(Door::Changes).map(|_| ("release".to_owned(), json!(1), json!(["visits"])));
        prop_assert_eq!(told.clone().ok(), expected, "changes: {:?}\n{:?}", told, self.person);
        Ok(())
    }

    /// Doors that answer questions.
    async fn question(&mut self, question: &Question, within: bool) -> Result<(), TestCaseError> {
        let at = |views: &Views, door| {
            let seen = views.at(door);
            // Where nothing may be read, there is nothing to cut down to.
            seen.filter(|_| within).map_or_else(|| question.clone(), |seen| question.within(seen))
        };
        let sql = |views: &Views, door| {
            let nothing = Seen { columns: Vec::new(), records: Vec::new() };
            at(views, door).sql(views.at(door).unwrap_or(&nothing))
        };
        let (ordered, groups) = (question.is_ordered(), question.groups.is_some());
        let expect = |seen: &Seen| if within { question.within(seen).answer(seen) } else { question.answer(seen) };
        let refuses = |seen: &Seen| !within && question.asks_beyond(seen);

        let text = sql(&self.views, Door::Sql);
        for (format, form) in [
            ("json", Form::Typed),
            ("ndjson", Form::Typed),
            ("csv", Form::Csv),
            ("arrow", Form::Typed),
            ("parquet", Form::Typed),
        ] {
            let answer = self.asker.sql(&text, format).await;
            self.judge(Door::Sql, &format!("{format} {text}"), answer, form, ordered, &expect, &refuses)?;
        }
        let text = sql(&self.views, Door::Postgres);
        let connection = self.asker.postgres().await.map_err(TestCaseError::fail)?;
        let answer = connection.text(&text).await;
        self.judge(Door::Postgres, &format!("text {text}"), answer, Form::PostgresText, ordered, &expect, &refuses)?;
        let answer = connection.bytes(&text).await;
        self.judge(Door::Postgres, &format!("bytes {text}"), answer, Form::Typed, ordered, &expect, &refuses)?;
        let text = sql(&self.views, Door::Flight);
        let mut client = self.asker.flight().await;
        let answer = crate::through::run(&mut client, &text).await;
        self.judge(Door::Flight, &text, answer, Form::Typed, ordered, &expect, &refuses)?;
        let text = sql(&self.views, Door::Mcp);
        let purpose = self.asker.purpose.clone().unwrap_or_else(|| NO_PURPOSE.to_owned());
        let answer = self.asker.mcp_query(&text, &purpose).await;
        self.judge(Door::Mcp, &text, answer, Form::Typed, ordered, &expect, &refuses)?;
        if groups {
            return Ok(());
        }
        let nothing = Seen { columns: Vec::new(), records: Vec::new() };
        let asked = at(&self.views, Door::Rest);
        let parameters = asked.parameters(self.views.at(Door::Rest).unwrap_or(&nothing));
        let answer = self.asker.rest("/v1/data/clinic/visits", &parameters, question.limit.is_none()).await;
        self.judge(Door::Rest, &format!("{parameters:?}"), answer, Form::Typed, ordered, &expect, &refuses)?;
        let asked = at(&self.views, Door::Graphql);
        if asked.fits_graphql() {
            let seen = self.views.at(Door::Graphql).unwrap_or(&nothing);
            let columns = !asked.select.is_empty() || !seen.columns.is_empty();
            if columns {
                let (document, variables) = asked.graphql(seen);
                let answer = pages(&self.asker, &document, variables.clone(), question.limit.is_none()).await;
                let said = format!("{document} {variables}");
                self.judge(Door::Graphql, &said, answer, Form::Typed, ordered, &expect, &refuses)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "each is another part of one comparison")]
    fn judge(
        &mut self,
        door: Door,
        said: &str,
        answer: Answer,
        form: Form,
        ordered: bool,
        expect: &dyn Fn(&Seen) -> Vec<Row>,
        refuses: &dyn Fn(&Seen) -> bool,
    ) -> Result<(), TestCaseError> {
        if self.views.at(door).is_some_and(refuses) {
            prop_assert!(answer.is_err(), "{:?} answered {said}: {answer:?}\n{:?}", door, self.person);
            *self.world.tally.refused.entry(door.as_str().to_owned()).or_default() += 1;
            return Ok(());
        }
        self.compare(door, said, answer, form, ordered, expect)
    }

    fn compare(
        &mut self,
        door: Door,
        said: &str,
        answer: Answer,
        form: Form,
        ordered: bool,
        expect: &dyn Fn(&Seen) -> Vec<Row>,
    ) -> Result<(), TestCaseError> {
        let tally = &mut self.world.tally;
        let Some(seen) = self.views.at(door) else {
            prop_assert!(answer.is_err(), "{door:?} answered {said}: {answer:?}\n{:?}", self.person);
            *tally.refused.entry(door.as_str().to_owned()).or_default() += 1;
            return Ok(());
        };
        if seen.columns.is_empty() {
            // A table without columns is answered or refused; there is nothing of the rows in it either way.
            let shows = answer.iter().flatten().any(|row| row.values().any(|cell| !matches!(cell, Cell::Number(_))));
            prop_assert!(!shows, "{door:?} {said}: {answer:?}");
            return Ok(());
        }
        let mut expected = form.of(&expect(seen));
        let mut found = match answer {
            Ok(rows) => rows,
            Err(error) => {
                return Err(TestCaseError::fail(format!("{door:?} refused {said}: {error}\n{:?}", self.person)));
            }
        };
        if !ordered {
            expected.sort();
            found.sort();
        }
        prop_assert_eq!(&found, &expected, "{:?} {}\n{:?}", door, said, self.person);
        *tally.answered.entry(door.as_str().to_owned()).or_default() += 1;
        tally.rows += found.len();
        let masked = |row: &Row| row.values().any(|cell| matches!(cell, Cell::Text(text) if text.starts_with("**")));
        tally.masked += usize::from(found.iter().any(masked));
        Ok(())
    }
}

/// The nodes of every page of GraphQL, or of the first alone.
async fn pages(asker: &Asker<'_>, document: &str, mut variables: serde_json::Value, all: bool) -> Answer {
    let mut found = Vec::new();
    loop {
        let page = asker.graphql(document, &variables).await?["clinic_visits"].clone();
        found.extend(Asker::nodes(&page));
        if !all || page["pageInfo"]["hasNextPage"] != json!(true) {
            return Ok(found);
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("`{name}` is no number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_gives_the_rows_that_cedar_permits() {
    let place = clinic::home();
    let home = Opened::home(&place).await;
    let key: MaskKey = std::fs::read(place.path("home/mask.key")).unwrap().try_into().unwrap();
    home.user(&crate::opened::someone("ann", &["staff"])).await;
    let token = home.token("ann").await;
    let mut world = World { home: &home, key, token, agreements: Vec::new(), made: 0, tally: Tally::default() };
    let cases = number("OUTPORT_CASES").map_or(CASES, |cases| u32::try_from(cases).unwrap());
    let seed = RngSeed::Fixed(number("OUTPORT_SEED").unwrap_or(7));
    let config = Config { rng_seed: seed, failure_persistence: None, ..Config::default() };
    let (strategy, mut runner) = (case(), TestRunner::new(config));
    let mut done = 0;
    while done < cases {
        // What is asked waits for answers, which the runner of proptest cannot.
        let tree = strategy.new_tree(&mut runner).unwrap();
        match Box::pin(world.case(&tree.current())).await {
            Ok(()) => done += 1,
            Err(TestCaseError::Reject(_)) => {}
            Err(TestCaseError::Fail(reason)) => {
                let (case, reason) = Box::pin(smallest(&mut world, tree, reason.to_string())).await;
                panic!("case {done}: {reason}\n\n{}\n\n{:#?}", case.policies, case);
            }
        }
        assert!(world.tally.unusable <= 2 * usize::try_from(cases).unwrap(), "few policies can be used");
    }
    let tally = world.tally;
    println!("{tally:?}");
    for door in ["sql", "rest", "graphql", "postgres", "flight", "sharing", "mcp", "download"] {
        assert!(tally.answered.get(door).is_some_and(|count| *count > 0), "`{door}` gave nothing: {tally:?}");
        assert!(tally.refused.get(door).is_some_and(|count| *count > 0), "`{door}` refused nothing: {tally:?}");
    }
    assert!(tally.rows > 1_000 && tally.masked > 10, "hardly anything was seen: {tally:?}");
    assert!(tally.opened_in_part > 0 && tally.opened > tally.opened_in_part, "agreements opened little: {tally:?}");
    assert!(tally.over > 0, "no agreement was over: {tally:?}");
}

/// The smallest case like this one that fails too.
async fn smallest(world: &mut World<'_>, mut tree: impl ValueTree<Value = Case>, reason: String) -> (Case, String) {
    let mut smallest = (tree.current(), reason);
    let mut left = 60;
    let mut simpler = tree.simplify();
    while simpler && left > 0 {
        left -= 1;
        match Box::pin(world.case(&tree.current())).await {
            Err(TestCaseError::Fail(reason)) => {
                smallest = (tree.current(), reason.to_string());
                simpler = tree.simplify();
            }
            _ => simpler = tree.complicate(),
        }
    }
    smallest
}
