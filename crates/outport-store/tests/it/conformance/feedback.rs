//! What people say about products.

use outport_app::feedback::{FeedbackChange, FeedbackEntry, FeedbackFilter, Quota, WriteOutcome};
use outport_model::feedback::{Feedback, FeedbackId, FeedbackKind, FeedbackState, Reply, Subject};
use outport_test::fixture::{feedback, feedback_id, moment, principal_id, product, reply, table, workspace};

use super::{Home, Stores, prod};

const EVERYTHING: Quota = Quota { since: chrono::DateTime::UNIX_EPOCH, most: u64::MAX >> 1 };

async fn add(stores: &Stores, feedback: &Feedback) {
    let outcome = stores.feedback.add_feedback(&prod(), feedback, EVERYTHING).await.unwrap();
    assert_eq!(outcome, WriteOutcome::Written);
}

async fn say(stores: &Stores, to: FeedbackId, reply: &Reply) -> WriteOutcome {
    let change = FeedbackChange::default();
    stores.feedback.add_reply(&prod(), to, reply, &change, EVERYTHING, 100).await.unwrap()
}

async fn read(stores: &Stores, id: FeedbackId, reader: &str) -> Option<FeedbackEntry> {
    stores.feedback.feedback(&prod(), id, &principal_id(reader)).await.unwrap()
}

async fn list(stores: &Stores, filter: FeedbackFilter, before: Option<u64>, limit: u32) -> Vec<FeedbackId> {
    let before = before.map(feedback_id);
    let found = stores.feedback.list_feedback(&prod(), &filter, &principal_id("ada"), before, limit).await.unwrap();
    found.into_iter().map(|entry| entry.feedback.id).collect()
}

/// Everything that can be said of one.
fn full() -> Feedback {
    Feedback {
        subject: Subject {
            product: product("flights"),
            table: Some(table("daily")),
            column: Some("delay \"min\"".to_owned()),
        },
        kind: FeedbackKind::Problem,
        text: "<b>bold</b> '; DROP TABLE feedback; --\n\tمرحبا 🎉".parse().unwrap(),
        edited_at: Some(moment(2)),
        state: FeedbackState::Planned,
        state_changed_by: Some(principal_id("owner")),
        state_changed_at: Some(moment(3)),
        assignee: Some(principal_id("bob")),
        ..feedback(1, "flights")
    }
}

pub(crate) async fn what_was_said_is_read(home: &impl Home) {
    let stores = home.open().await;
    add(&stores, &full()).await;
    let found = read(&home.open().await, feedback_id(1), "eve").await.unwrap();
    assert_eq!(found, FeedbackEntry { feedback: full(), votes: 0, voted: false, replies: 0 });
    assert_eq!(read(&stores, feedback_id(2), "eve").await, None);
    assert_eq!(stores.feedback.replies(&prod(), feedback_id(1)).await.unwrap(), []);
}

pub(crate) async fn an_author_says_no_more_than_they_may(home: &impl Home) {
    let stores = home.open().await;
    let quota = Quota { since: moment(2), most: 2 };
    let outcomes = async |numbers: std::ops::RangeInclusive<u64>, author: &str| {
        let mut outcomes = Vec::new();
        for number in numbers {
            let said = Feedback { author: principal_id(author), ..feedback(number, "flights") };
            outcomes.push(stores.feedback.add_feedback(&prod(), &said, quota).await.unwrap());
        }
        outcomes
    };
    // The first was said before it counts.
    let own = outcomes(1..=4, "ada").await;
    assert_eq!(own[..3], [WriteOutcome::Written; 3]);
    assert_eq!(own[3], WriteOutcome::OverQuota);
    assert_eq!(outcomes(5..=5, "bob").await, [WriteOutcome::Written], "another's does not count");
    assert_eq!(list(&stores, FeedbackFilter::default(), None, 10).await, [5, 3, 2, 1].map(feedback_id));
    let elsewhere = stores.feedback.add_feedback(&workspace("dev"), &feedback(6, "flights"), quota).await.unwrap();
    assert_eq!(elsewhere, WriteOutcome::Written);
}

pub(crate) async fn of_many_at_once_no_more_than_may_are_written(home: &impl Home) {
    let quota = Quota { since: moment(0), most: 3 };
    let mut underway = Vec::new();
    for number in 1..=10 {
        let stores = home.open().await;
        underway.push(tokio::spawn(async move {
            stores.feedback.add_feedback(&prod(), &feedback(number, "flights"), quota).await.unwrap()
        }));
    }
    let mut written = 0;
    for outcome in underway {
        written += usize::from(outcome.await.unwrap() == WriteOutcome::Written);
    }
    assert_eq!(written, 3);
    assert_eq!(list(&home.open().await, FeedbackFilter::default(), None, 100).await.len(), 3);
}

pub(crate) async fn only_what_a_change_says_changes(home: &impl Home) {
    let stores = home.open().await;
    add(&stores, &full()).await;
    add(&stores, &feedback(2, "flights")).await;
    let change = async |change: FeedbackChange| {
        assert!(stores.feedback.change_feedback(&prod(), feedback_id(1), &change).await.unwrap());
        read(&stores, feedback_id(1), "ada").await.unwrap().feedback
    };
    assert_eq!(change(FeedbackChange::default()).await, full());
    let state = (FeedbackState::Done, principal_id("zoe"), moment(9));
    let done = Feedback {
        state: FeedbackState::Done,
        state_changed_by: Some(principal_id("zoe")),
        state_changed_at: Some(moment(9)),
        ..full()
    };
    assert_eq!(change(FeedbackChange { state: Some(state), ..FeedbackChange::default() }).await, done);
    let nobody = FeedbackChange { assignee: Some(None), ..FeedbackChange::default() };
    assert_eq!(change(nobody).await, Feedback { assignee: None, ..done.clone() });
    let (title, text) = (Some("new".parse().unwrap()), Some("newer".parse().unwrap()));
    let rewritten = change(FeedbackChange {
        title: title.clone(),
        text: text.clone(),
        edited_at: Some(moment(10)),
        ..FeedbackChange::default()
    });
    let expect =
        Feedback { title: title.unwrap(), text: text.unwrap(), edited_at: Some(moment(10)), assignee: None, ..done };
    assert_eq!(rewritten.await, expect);
    assert_eq!(read(&stores, feedback_id(2), "ada").await.unwrap().feedback, feedback(2, "flights"));
    let nothing = FeedbackChange::default();
    assert!(!stores.feedback.change_feedback(&prod(), feedback_id(3), &nothing).await.unwrap());
    assert!(!stores.feedback.change_feedback(&workspace("dev"), feedback_id(1), &nothing).await.unwrap());
}

pub(crate) async fn replies_are_oldest_first_and_change_what_they_reply_to(home: &impl Home) {
    let stores = home.open().await;
    add(&stores, &feedback(1, "flights")).await;
    add(&stores, &feedback(2, "flights")).await;
    assert_eq!(say(&stores, feedback_id(1), &reply(2, "bob")).await, WriteOutcome::Written);
    let answer = FeedbackChange {
        state: Some((FeedbackState::Answered, principal_id("owner"), moment(5))),
        ..FeedbackChange::default()
    };
    let outcome =
        stores.feedback.add_reply(&prod(), feedback_id(1), &reply(1, "owner"), &answer, EVERYTHING, 100).await.unwrap();
    assert_eq!(outcome, WriteOutcome::Written);
    let found = home.open().await.feedback.replies(&prod(), feedback_id(1)).await.unwrap();
    assert_eq!(found, [reply(2, "bob"), reply(1, "owner")]);
    let entry = read(&stores, feedback_id(1), "ada").await.unwrap();
    assert_eq!((entry.replies, entry.feedback.state), (2, FeedbackState::Answered));
    assert_eq!(read(&stores, feedback_id(2), "ada").await.unwrap().replies, 0);
    assert_eq!(say(&stores, feedback_id(3), &reply(3, "bob")).await, WriteOutcome::Missing);
}

pub(crate) async fn replies_that_are_not_written_change_nothing(home: &impl Home) {
    let stores = home.open().await;
    add(&stores, &feedback(1, "flights")).await;
    let change = FeedbackChange {
        state: Some((FeedbackState::Answered, principal_id("owner"), moment(5))),
        ..FeedbackChange::default()
    };
    let say = async |number, author: &str, most_of_author, most| {
        let quota = Quota { since: moment(0), most: most_of_author };
        let said = reply(number, author);
        stores.feedback.add_reply(&prod(), feedback_id(1), &said, &change, quota, most).await.unwrap()
    };
    assert_eq!(say(1, "ada", 0, 10).await, WriteOutcome::OverQuota);
    assert_eq!(say(1, "ada", 10, 0).await, WriteOutcome::Full);
    assert_eq!(read(&stores, feedback_id(1), "ada").await.unwrap().feedback, feedback(1, "flights"));
    assert_eq!(say(1, "ada", 1, 2).await, WriteOutcome::Written);
    assert_eq!(say(2, "ada", 1, 2).await, WriteOutcome::OverQuota);
    assert_eq!(say(2, "bob", 1, 2).await, WriteOutcome::Written);
    assert_eq!(say(3, "eve", 1, 2).await, WriteOutcome::Full);
    assert_eq!(stores.feedback.replies(&prod(), feedback_id(1)).await.unwrap().len(), 2);
}

pub(crate) async fn a_vote_counts_once(home: &impl Home) {
    let stores = home.open().await;
    add(&stores, &feedback(1, "flights")).await;
    let vote = async |voter: &str, counts| {
        assert!(stores.feedback.vote(&prod(), feedback_id(1), &principal_id(voter), counts).await.unwrap());
    };
    vote("bob", true).await;
    vote("bob", true).await;
    vote("eve", true).await;
    let seen = async |reader| {
        let entry = read(&home.open().await, feedback_id(1), reader).await.unwrap();
        (entry.votes, entry.voted)
    };
    assert_eq!((seen("bob").await, seen("ada").await), ((2, true), (2, false)));
    vote("bob", false).await;
    vote("bob", false).await;
    assert_eq!((seen("bob").await, seen("eve").await), ((1, false), (1, true)));
    assert!(!stores.feedback.vote(&prod(), feedback_id(2), &principal_id("bob"), true).await.unwrap());
}

pub(crate) async fn what_is_wanted_is_newest_first(home: &impl Home) {
    let stores = home.open().await;
    // Not in the order of their ids.
    for number in [2, 4, 1, 3] {
        add(&stores, &feedback(number, if number == 4 { "trains" } else { "flights" })).await;
    }
    add(&stores, &Feedback { author: principal_id("bob"), ..full_of(5) }).await;
    let all = FeedbackFilter::default;
    let ids = |numbers: &[u64]| numbers.iter().copied().map(feedback_id).collect::<Vec<_>>();
    assert_eq!(list(&stores, all(), None, 10).await, ids(&[5, 3, 1, 4, 2]));
    assert_eq!(list(&stores, all(), None, 2).await, ids(&[5, 3]));
    assert_eq!(list(&stores, all(), Some(3), 2).await, ids(&[1, 4]));
    assert_eq!(list(&stores, all(), Some(2), 2).await, []);
    let flights = FeedbackFilter { product: Some(product("flights")), ..all() };
    assert_eq!(list(&stores, flights.clone(), Some(3), 10).await, ids(&[1, 2]));
    let narrowed = [
        FeedbackFilter { kind: Some(FeedbackKind::Problem), ..all() },
        FeedbackFilter { state: Some(FeedbackState::Planned), ..all() },
        FeedbackFilter { assignee: Some(principal_id("bob")), ..all() },
        FeedbackFilter { author: Some(principal_id("bob")), ..flights },
    ];
    for filter in narrowed {
        assert_eq!(list(&stores, filter.clone(), None, 10).await, ids(&[5]), "{filter:?}");
    }
    let none = FeedbackFilter { assignee: Some(principal_id("eve")), ..all() };
    assert_eq!(list(&stores, none, None, 10).await, []);
}

fn full_of(number: u64) -> Feedback {
    Feedback { id: feedback_id(number), ..full() }
}

pub(crate) async fn workspaces_have_feedback_of_their_own(home: &impl Home) {
    let stores = home.open().await;
    let dev = workspace("dev");
    add(&stores, &feedback(1, "flights")).await;
    assert_eq!(stores.feedback.feedback(&dev, feedback_id(1), &principal_id("ada")).await.unwrap(), None);
    let quota = EVERYTHING;
    let outcome = stores.feedback.add_feedback(&dev, &feedback(1, "flights"), quota).await.unwrap();
    assert_eq!(outcome, WriteOutcome::Written);
    assert_eq!(say(&stores, feedback_id(1), &reply(1, "bob")).await, WriteOutcome::Written);
    assert_eq!(stores.feedback.replies(&dev, feedback_id(1)).await.unwrap(), []);
    assert!(stores.feedback.vote(&prod(), feedback_id(1), &principal_id("bob"), true).await.unwrap());
    let there = stores.feedback.feedback(&dev, feedback_id(1), &principal_id("bob")).await.unwrap().unwrap();
    assert_eq!((there.votes, there.voted, there.replies), (0, false, 0));
}
