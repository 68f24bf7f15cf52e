//! Saved questions.

use outport_app::question::QuestionFilter;
use outport_model::question::{Audience, QuestionContent, QuestionId, SavedQuestion};
use outport_test::{
    fixture::{moment, principal_id, purpose, question, question_id, user, workspace},
    store::PutUser,
};

use super::{Home, Stores, prod};

/// More than any test saves.
const MANY: u64 = 1_000;

async fn add(stores: &Stores, question: &SavedQuestion) {
    assert!(stores.questions.add_question(&prod(), question, MANY).await.unwrap());
}

async fn read(stores: &Stores, number: u64) -> Option<SavedQuestion> {
    stores.questions.question(&prod(), question_id(number)).await.unwrap()
}

async fn list(stores: &Stores, wanted: &QuestionFilter, before: Option<u64>, limit: u32) -> Vec<QuestionId> {
    let found = stores.questions.questions(&prod(), wanted, before.map(question_id), limit).await.unwrap();
    found.into_iter().map(|question| question.id).collect()
}

fn ids(numbers: &[u64]) -> Vec<QuestionId> {
    numbers.iter().copied().map(question_id).collect()
}

fn shared(number: u64, owner: &str) -> SavedQuestion {
    let saved = question(number, owner);
    SavedQuestion { content: QuestionContent { audience: Audience::Everyone, ..saved.content.clone() }, ..saved }
}

/// One with everything that there can be.
fn full(number: u64) -> SavedQuestion {
    let saved = question(number, "ada");
    let chart = serde_json::json!({ "form": "line", "along": "day", "values": ["n", "\"m\""], "split": "region" });
    let audience = serde_json::json!({ "kind": "named", "who": [
        { "kind": "principal", "name": "bob" }, { "kind": "group", "name": "staff" },
    ] });
    SavedQuestion {
        changed_at: moment(50),
        content: QuestionContent {
            description: Some("Only open ones,\nby <b>day</b>.".parse().unwrap()),
            purpose: Some(purpose("planning")),
            chart: Some(serde_json::from_value(chart).unwrap()),
            audience: serde_json::from_value(audience).unwrap(),
            ..saved.content
        },
        ..saved
    }
}

pub(crate) async fn what_is_saved_is_read(home: &impl Home) {
    let stores = home.open().await;
    assert_eq!(read(&stores, 1).await, None);
    add(&stores, &full(1)).await;
    add(&stores, &question(2, "bob")).await;
    let other = home.open().await;
    assert_eq!(read(&other, 1).await, Some(full(1)));
    assert_eq!(read(&other, 2).await, Some(question(2, "bob")));
}

pub(crate) async fn an_owner_saves_no_more_than_they_may(home: &impl Home) {
    let stores = home.open().await;
    let save = async |saved: SavedQuestion| stores.questions.add_question(&prod(), &saved, 2).await.unwrap();
    assert!(save(question(1, "ada")).await && save(shared(2, "ada")).await);
    assert!(!save(question(3, "ada")).await);
    assert_eq!(read(&stores, 3).await, None);
    assert!(save(question(3, "bob")).await, "others have numbers of their own");
    assert!(stores.questions.add_question(&workspace("dev"), &question(4, "ada"), 2).await.unwrap());
    assert!(stores.questions.remove_question(&prod(), question_id(1)).await.unwrap());
    assert!(save(question(5, "ada")).await, "there is room again");
}

pub(crate) async fn of_many_at_once_no_more_than_may_are_saved(home: &impl Home) {
    let mut tasks = Vec::new();
    for number in 0..8 {
        let stores = home.open().await;
        tasks.push(tokio::spawn(async move {
            stores.questions.add_question(&prod(), &question(number, "ada"), 3).await.unwrap()
        }));
    }
    let mut saved = 0;
    for task in tasks {
        saved += usize::from(task.await.unwrap());
    }
    let stores = home.open().await;
    assert_eq!((saved, list(&stores, &QuestionFilter::Of(principal_id("ada")), None, 9).await.len()), (3, 3));
}

pub(crate) async fn a_question_is_replaced_only_as_it_is_known(home: &impl Home) {
    let stores = home.open().await;
    let replace = async |known: &SavedQuestion, new: &SavedQuestion| {
        stores.questions.replace_question(&prod(), known, new).await.unwrap()
    };
    assert!(!replace(&question(1, "ada"), &full(1)).await, "there is none yet");
    add(&stores, &question(1, "ada")).await;
    add(&stores, &question(2, "ada")).await;
    assert!(replace(&question(1, "ada"), &full(1)).await);
    assert!(!replace(&question(1, "ada"), &shared(1, "ada")).await, "another one was faster");
    assert_eq!(read(&home.open().await, 1).await, Some(full(1)));
    assert_eq!(read(&stores, 2).await, Some(question(2, "ada")));
}

pub(crate) async fn of_many_changes_at_once_to_one_question_one_is_made(home: &impl Home) {
    add(&home.open().await, &question(1, "ada")).await;
    let mut tasks = Vec::new();
    for second in 0..8 {
        let stores = home.open().await;
        let changed = SavedQuestion { changed_at: moment(100 + second), ..question(1, "ada") };
        tasks.push(tokio::spawn(async move {
            stores.questions.replace_question(&prod(), &question(1, "ada"), &changed).await.unwrap()
        }));
    }
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 1);
}

pub(crate) async fn a_question_is_removed_once(home: &impl Home) {
    let stores = home.open().await;
    add(&stores, &question(1, "ada")).await;
    let remove = async |number| stores.questions.remove_question(&prod(), question_id(number)).await.unwrap();
    assert!(remove(1).await);
    assert!(!remove(1).await && !remove(2).await);
    assert_eq!(read(&home.open().await, 1).await, None);
}

pub(crate) async fn questions_are_newest_first(home: &impl Home) {
    let stores = home.open().await;
    for number in [2, 5, 1] {
        add(&stores, &question(number, "ada")).await;
    }
    add(&stores, &shared(3, "bob")).await;
    add(&stores, &question(4, "bob")).await;
    add(&stores, &full(6)).await;
    let (ada, bob, eve) = (principal_id("ada"), principal_id("bob"), principal_id("eve"));
    let (own, mixed) = (QuestionFilter::Of(ada.clone()), QuestionFilter::Shared(ada));
    assert_eq!(list(&stores, &own, None, 9).await, ids(&[6, 5, 2, 1]));
    assert_eq!(list(&stores, &mixed, None, 9).await, ids(&[6, 5, 3, 2, 1]), "what bob keeps for himself is not there");
    assert_eq!(list(&stores, &mixed, None, 2).await, ids(&[6, 5]));
    assert_eq!(list(&stores, &mixed, Some(5), 2).await, ids(&[3, 2]));
    assert_eq!(list(&stores, &mixed, Some(4), 9).await, ids(&[3, 2, 1]), "also behind one that is not in the list");
    assert_eq!(list(&stores, &mixed, Some(1), 9).await, []);
    assert_eq!(list(&stores, &QuestionFilter::Of(bob), None, 9).await, ids(&[4, 3]));
    // Whom a question is for by name is decided elsewhere.
    assert_eq!(list(&stores, &QuestionFilter::Shared(eve), None, 9).await, ids(&[6, 3]));
    assert!(stores.questions.replace_question(&prod(), &shared(3, "bob"), &question(3, "bob")).await.unwrap());
    assert_eq!(list(&stores, &mixed, None, 9).await, ids(&[6, 5, 2, 1]), "it is shared no more");
}

pub(crate) async fn whoever_is_removed_leaves_no_questions(home: &impl Home) {
    let stores = home.open().await;
    let dev = workspace("dev");
    stores.users.put_user(&user("ada")).await.unwrap();
    add(&stores, &question(1, "ada")).await;
    add(&stores, &shared(2, "ada")).await;
    add(&stores, &shared(3, "bob")).await;
    assert!(stores.questions.add_question(&dev, &question(4, "ada"), MANY).await.unwrap());
    assert!(!stores.users.remove_user(&principal_id("eve"), moment(9)).await.unwrap());
    assert!(read(&stores, 1).await.is_some());
    assert!(stores.users.remove_user(&principal_id("ada"), moment(9)).await.unwrap());
    // Nor does a namesake who comes later find any.
    stores.users.put_user(&user("ada")).await.unwrap();
    let found = list(&home.open().await, &QuestionFilter::Shared(principal_id("ada")), None, 9).await;
    assert_eq!(found, ids(&[3]));
    assert_eq!(stores.questions.question(&dev, question_id(4)).await.unwrap(), None);
}

pub(crate) async fn workspaces_have_questions_of_their_own(home: &impl Home) {
    let stores = home.open().await;
    let dev = workspace("dev");
    add(&stores, &shared(1, "ada")).await;
    let all = QuestionFilter::Shared(principal_id("ada"));
    assert_eq!(stores.questions.question(&dev, question_id(1)).await.unwrap(), None);
    assert_eq!(stores.questions.questions(&dev, &all, None, 9).await.unwrap(), []);
    assert!(!stores.questions.remove_question(&dev, question_id(1)).await.unwrap());
    assert!(!stores.questions.replace_question(&dev, &shared(1, "ada"), &question(1, "ada")).await.unwrap());
    assert!(stores.questions.add_question(&dev, &question(1, "bob"), MANY).await.unwrap());
    assert_eq!(read(&stores, 1).await, Some(shared(1, "ada")));
}
