//! Agreements.

use outport_app::{
    agreement::{AgreementOutcome, AgreementsOutcome},
    store::StoreError,
};
use outport_model::agreement::{Agreement, AgreementDecision, AgreementState, Consumer};
use outport_test::fixture::{agreement, agreement_id, moment, principal_id, workspace};

use super::{Home, prod};

/// The same agreement, moved on.
fn moved(from: &Agreement, state: AgreementState, at: i64) -> Agreement {
    let decision =
        AgreementDecision { by: Some(principal_id("owner")), at: moment(at), comment: Some(format!("at {at}")) };
    Agreement { state, expires_at: Some(moment(at + 3600)), decision: Some(decision), ..from.clone() }
}

pub(crate) async fn an_agreement_that_is_added_is_read(home: &impl Home) {
    let stores = home.open().await;
    let asked = Agreement {
        columns: Some(["day".to_owned(), "carrier".to_owned()].into()),
        consumer: Consumer::Group("analysts".parse().unwrap()),
        renews: Some(agreement_id(7)),
        ..agreement(1, "flights")
    };
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    let other = home.open().await;
    assert_eq!(other.agreements.agreement(&prod(), asked.id).await.unwrap(), Some(asked.clone()));
    assert_eq!(other.agreements.agreement(&prod(), agreement_id(2)).await.unwrap(), None);
    assert_eq!(other.agreements.agreement_history(&prod(), asked.id).await.unwrap(), [asked]);
    assert_eq!(other.agreements.agreement_history(&prod(), agreement_id(2)).await.unwrap(), []);
}

pub(crate) async fn an_agreement_is_added_once(home: &impl Home) {
    let stores = home.open().await;
    let asked = agreement(1, "flights");
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    let again = moved(&asked, AgreementState::Approved, 5);
    let error = stores.agreements.add_agreement(&prod(), &again).await.unwrap_err();
    assert!(matches!(error, StoreError::Database { action: "put an agreement on record", .. }), "{error:?}");
    assert_eq!(stores.agreements.agreements(&prod()).await.unwrap(), [asked]);
}

pub(crate) async fn agreements_are_newest_first(home: &impl Home) {
    let stores = home.open().await;
    for number in [2, 3, 1] {
        stores.agreements.add_agreement(&prod(), &agreement(number, "flights")).await.unwrap();
    }
    let approved = moved(&agreement(2, "flights"), AgreementState::Approved, 5);
    let outcome = stores.agreements.change_agreement(&prod(), &approved, AgreementState::Requested).await.unwrap();
    assert_eq!(outcome, AgreementOutcome::Changed);
    let all = home.open().await.agreements.agreements(&prod()).await.unwrap();
    assert_eq!(all, [agreement(1, "flights"), agreement(3, "flights"), approved]);
}

pub(crate) async fn only_the_expected_state_is_changed(home: &impl Home) {
    let stores = home.open().await;
    let asked = agreement(1, "flights");
    let change =
        async |to: &Agreement, expected| stores.agreements.change_agreement(&prod(), to, expected).await.unwrap();
    assert_eq!(change(&asked, AgreementState::Requested).await, AgreementOutcome::Missing);
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    let revoked = moved(&asked, AgreementState::Revoked, 5);
    let found = AgreementOutcome::Moved(AgreementState::Requested);
    assert_eq!(change(&revoked, AgreementState::Approved).await, found);
    assert_eq!(stores.agreements.agreement(&prod(), asked.id).await.unwrap(), Some(asked.clone()));
    assert_eq!(stores.agreements.agreement_history(&prod(), asked.id).await.unwrap(), [asked]);
}

pub(crate) async fn everything_that_an_agreement_was_is_kept(home: &impl Home) {
    let stores = home.open().await;
    let asked = agreement(1, "flights");
    let states = [AgreementState::Approved, AgreementState::Revoked];
    let mut was = vec![asked.clone()];
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    stores.agreements.add_agreement(&prod(), &agreement(2, "flights")).await.unwrap();
    for (state, at) in states.into_iter().zip([5, 6]) {
        let (before, next) = (was.last().unwrap().state, moved(&asked, state, at));
        let outcome = home.open().await.agreements.change_agreement(&prod(), &next, before).await.unwrap();
        assert_eq!(outcome, AgreementOutcome::Changed);
        was.push(next);
    }
    assert_eq!(stores.agreements.agreement(&prod(), asked.id).await.unwrap().as_ref(), was.last());
    assert_eq!(stores.agreements.agreement_history(&prod(), asked.id).await.unwrap(), was);
}

pub(crate) async fn of_two_decisions_at_once_one_comes_late(home: &impl Home) {
    let (one, two) = (home.open().await, home.open().await);
    for number in 1..=20 {
        let asked = agreement(number, "flights");
        one.agreements.add_agreement(&prod(), &asked).await.unwrap();
        let (yes, no) = (moved(&asked, AgreementState::Approved, 5), moved(&asked, AgreementState::Rejected, 5));
        let workspace = prod();
        let results = tokio::join!(
            one.agreements.change_agreement(&workspace, &yes, AgreementState::Requested),
            two.agreements.change_agreement(&workspace, &no, AgreementState::Requested)
        );
        let state = one.agreements.agreement(&prod(), asked.id).await.unwrap().unwrap().state;
        match (results.0.unwrap(), results.1.unwrap()) {
            (AgreementOutcome::Changed, AgreementOutcome::Moved(found)) => {
                assert_eq!((found, state), (AgreementState::Approved, AgreementState::Approved));
            }
            (AgreementOutcome::Moved(found), AgreementOutcome::Changed) => {
                assert_eq!((found, state), (AgreementState::Rejected, AgreementState::Rejected));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(one.agreements.agreement_history(&prod(), asked.id).await.unwrap().len(), 2);
    }
}

pub(crate) async fn several_agreements_come_on_record_together_or_not_at_all(home: &impl Home) {
    let stores = home.open().await;
    let asked = agreement(1, "flights");
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    let approved = moved(&asked, AgreementState::Approved, 5);
    let (second, third) = (agreement(2, "flights"), agreement(3, "trains"));
    let put = async |agreements: &[(Agreement, Option<AgreementState>)]| {
        stores.agreements.put_agreements(&prod(), agreements).await.unwrap()
    };
    let requested = Some(AgreementState::Requested);

    let late = [(second.clone(), None), (approved.clone(), Some(AgreementState::Approved))];
    assert_eq!(put(&late).await, AgreementsOutcome::Moved(asked.id));
    let twice = [(second.clone(), None), (approved.clone(), requested), (second.clone(), None)];
    assert_eq!(put(&twice).await, AgreementsOutcome::Moved(second.id));
    assert_eq!(put(&[(third.clone(), requested)]).await, AgreementsOutcome::Moved(third.id));
    assert_eq!(home.open().await.agreements.agreements(&prod()).await.unwrap(), std::slice::from_ref(&asked));

    let all = [(second.clone(), None), (approved.clone(), requested), (third.clone(), None)];
    assert_eq!(put(&all).await, AgreementsOutcome::Changed);
    let found = home.open().await.agreements.agreements(&prod()).await.unwrap();
    assert_eq!(found, [third, second, approved.clone()]);
    assert_eq!(stores.agreements.agreement_history(&prod(), asked.id).await.unwrap(), [asked, approved]);
    assert_eq!(put(&[]).await, AgreementsOutcome::Changed);
}

pub(crate) async fn workspaces_have_agreements_of_their_own(home: &impl Home) {
    let (stores, dev) = (home.open().await, workspace("dev"));
    let asked = agreement(1, "flights");
    stores.agreements.add_agreement(&prod(), &asked).await.unwrap();
    assert_eq!(stores.agreements.agreements(&dev).await.unwrap(), []);
    assert_eq!(stores.agreements.agreement(&dev, asked.id).await.unwrap(), None);
    let approved = moved(&asked, AgreementState::Approved, 5);
    let outcome = stores.agreements.change_agreement(&dev, &approved, AgreementState::Requested).await.unwrap();
    assert_eq!(outcome, AgreementOutcome::Missing);
    stores.agreements.add_agreement(&dev, &approved).await.unwrap();
    assert_eq!(stores.agreements.agreement(&prod(), asked.id).await.unwrap(), Some(asked));
}
