//! What every implementation of the store traits must do, sentence by sentence.
//!
//! A test takes a [`Home`]: one store, of which it opens as many handles as it likes, as different processes would.

pub(crate) mod agreements;
pub(crate) mod changes;
pub(crate) mod feedback;
pub(crate) mod intents;
pub(crate) mod leases;
pub(crate) mod policies;
pub(crate) mod questions;
pub(crate) mod ratings;
pub(crate) mod releases;
pub(crate) mod runs;
pub(crate) mod tokens;
pub(crate) mod users;

use std::sync::Arc;

use outport_app::{
    agreement::AgreementStore,
    feedback::{FeedbackStore, RatingStore},
    identity::{PolicyStore, TokenStore, UserStore},
    question::QuestionStore,
    store::{
        Build, IntentChange, IntentStore, Lease, LeaseOutcome, LeaseStore, ReleaseStore, RunEnd, RunStore, StoreError,
    },
};
use outport_model::{
    name::WorkspaceName,
    plan::CompiledProduct,
    release::{Release, ReleaseNumber},
    run::{Run, RunState},
};
use outport_test::fixture::{check_result, fingerprint, moment, product, released, run, table_version, workspace};

/// A store that lives as long as the test.
pub(crate) trait Home: Send + Sync {
    /// A new handle on it.
    fn open(&self) -> impl Future<Output = Stores> + Send;
}

/// One handle on a store.
#[derive(Debug, Clone)]
pub(crate) struct Stores {
    pub(crate) intents: Arc<dyn IntentStore>,
    pub(crate) leases: Arc<dyn LeaseStore>,
    pub(crate) runs: Arc<dyn RunStore>,
    pub(crate) releases: Arc<dyn ReleaseStore>,
    pub(crate) users: Arc<dyn UserStore>,
    pub(crate) tokens: Arc<dyn TokenStore>,
    pub(crate) policies: Arc<dyn PolicyStore>,
    pub(crate) agreements: Arc<dyn AgreementStore>,
    pub(crate) feedback: Arc<dyn FeedbackStore>,
    pub(crate) ratings: Arc<dyn RatingStore>,
    pub(crate) questions: Arc<dyn QuestionStore>,
}

/// Everything that a store of metadata does.
pub(crate) trait Store:
    IntentStore
    + LeaseStore
    + RunStore
    + ReleaseStore
    + UserStore
    + TokenStore
    + PolicyStore
    + AgreementStore
    + FeedbackStore
    + RatingStore
    + QuestionStore
{
}

impl<S> Store for S where
    S: IntentStore
        + LeaseStore
        + RunStore
        + ReleaseStore
        + UserStore
        + TokenStore
        + PolicyStore
        + AgreementStore
        + FeedbackStore
        + RatingStore
        + QuestionStore
{
}

impl Stores {
    pub(crate) fn of<S: Store + 'static>(store: &Arc<S>) -> Self {
        Self {
            intents: store.clone(),
            leases: store.clone(),
            runs: store.clone(),
            releases: store.clone(),
            users: store.clone(),
            tokens: store.clone(),
            policies: store.clone(),
            agreements: store.clone(),
            feedback: store.clone(),
            ratings: store.clone(),
            questions: store.clone(),
        }
    }

    /// Takes a lease that nobody holds, until [`moment`]`(1000)`.
    pub(crate) async fn lease(&self, name: &str, holder: &str) -> Lease {
        self.lease_in(&prod(), name, holder).await
    }

    pub(crate) async fn lease_in(&self, workspace: &WorkspaceName, name: &str, holder: &str) -> Lease {
        let outcome =
            self.leases.acquire_lease(workspace, &product(name), holder, moment(0), moment(1000), None).await.unwrap();
        acquired(outcome)
    }

    /// Takes a lease that has lapsed.
    pub(crate) async fn take_over(&self, name: &str, holder: &str) -> Lease {
        let late = moment(1_000_000);
        acquired(self.leases.acquire_lease(&prod(), &product(name), holder, late, late, None).await.unwrap())
    }

    pub(crate) async fn put(&self, compiled: CompiledProduct, expected: Option<u64>) -> Result<(), StoreError> {
        let changes = [IntentChange::Put { expected, compiled: Box::new(compiled) }];
        self.intents.change_intents(&prod(), &changes, &[], moment(1)).await
    }

    pub(crate) async fn remove(&self, name: &str, expected: u64) -> Result<(), StoreError> {
        let changes = [IntentChange::Remove { product: product(name), expected }];
        self.intents.change_intents(&prod(), &changes, &[], moment(2)).await
    }

    /// Begins and publishes run `number`, whose only table is stored at `path`.
    pub(crate) async fn release(&self, lease: &Lease, number: u64, path: &str) -> Result<Release, StoreError> {
        let run = run(lease.product.as_str(), number);
        self.runs.begin_run(lease, &run).await?;
        self.publish(lease, &run, path).await
    }

    pub(crate) async fn publish(&self, lease: &Lease, run: &Run, path: &str) -> Result<Release, StoreError> {
        self.runs.publish(lease, &ended(run, RunState::Running), &released(path), &[build(path)]).await
    }

    pub(crate) async fn current(&self, name: &str) -> Option<ReleaseNumber> {
        self.releases.current_releases(&prod()).await.unwrap().get(&product(name)).map(|release| release.number)
    }

    pub(crate) async fn numbers(&self, name: &str) -> Vec<u64> {
        let releases = self.releases.releases(&prod(), &product(name)).await.unwrap();
        releases.iter().map(|release| release.number.0).collect()
    }
}

pub(crate) fn prod() -> WorkspaceName {
    workspace("prod")
}

pub(crate) fn acquired(outcome: LeaseOutcome) -> Lease {
    match outcome {
        LeaseOutcome::Acquired(lease) => lease,
        LeaseOutcome::Held(lease) => panic!("the lease is held: {lease:?}"),
    }
}

/// The end of a run one second after its begin, with one result.
pub(crate) fn ended(run: &Run, state: RunState) -> RunEnd {
    let run = Run { state, ended_at: Some(run.started_at + chrono::Duration::seconds(1)), ..run.clone() };
    RunEnd { run, results: vec![check_result(3)] }
}

pub(crate) fn build(path: &str) -> Build {
    Build { inputs: fingerprint("inputs"), table: table_version(path) }
}

/// Stamps one test function for each conformance test, on a home that `$home` makes. After `@access` only those that are
/// about who may do what.
macro_rules! conformance {
    (@access $home:expr) => {
        crate::conformance::conformance! { @stamp $home;
            users {
                who_is_put_is_read
                users_are_listed_by_name
                a_user_is_changed_and_stays_as_old
                a_user_is_replaced_only_as_they_are_known
                of_many_changes_at_once_to_one_user_one_is_made
                there_is_one_first_user
                of_many_first_users_at_once_one_wins
                whoever_is_removed_is_gone_and_their_tokens_revoked
            }
            tokens {
                what_is_added_is_found
                tokens_are_newest_first
                a_token_needs_an_owner_and_an_id_of_its_own
                a_token_is_revoked_once
                the_last_use_is_known_to_the_minute
                tokens_that_ended_are_forgotten
            }
            policies {
                policies_that_are_put_are_read_by_name
                a_policy_file_takes_the_place_of_its_namesake
                a_policy_file_is_replaced_only_as_it_is_known
                a_policy_file_is_removed_once
                workspaces_have_policies_of_their_own
            }
            agreements {
                an_agreement_that_is_added_is_read
                an_agreement_is_added_once
                agreements_are_newest_first
                only_the_expected_state_is_changed
                everything_that_an_agreement_was_is_kept
                of_two_decisions_at_once_one_comes_late
                several_agreements_come_on_record_together_or_not_at_all
                workspaces_have_agreements_of_their_own
            }
            feedback {
                what_was_said_is_read
                an_author_says_no_more_than_they_may
                of_many_at_once_no_more_than_may_are_written
                only_what_a_change_says_changes
                replies_are_oldest_first_and_change_what_they_reply_to
                replies_that_are_not_written_change_nothing
                a_vote_counts_once
                what_is_wanted_is_newest_first
                workspaces_have_feedback_of_their_own
            }
            ratings {
                a_rating_takes_the_place_of_the_one_before
                ratings_are_summed_by_product
                workspaces_have_ratings_of_their_own
            }
            questions {
                what_is_saved_is_read
                an_owner_saves_no_more_than_they_may
                of_many_at_once_no_more_than_may_are_saved
                a_question_is_replaced_only_as_it_is_known
                of_many_changes_at_once_to_one_question_one_is_made
                a_question_is_removed_once
                questions_are_newest_first
                whoever_is_removed_leaves_no_questions
                workspaces_have_questions_of_their_own
            }
            changes {
                users_count
                tokens_count_and_their_use_does_not
                policies_count
                agreements_count
                intents_and_current_releases_count
                every_change_at_once_counts
            }
        }
    };
    ($home:expr) => {
        crate::conformance::conformance!(@access $home);
        crate::conformance::conformance! { @stamp $home;
            intents {
                what_is_put_is_read
                a_change_counts_the_generation
                a_product_that_comes_back_counts_on
                what_a_product_was_is_kept
                only_the_expected_generation_is_changed
                changes_happen_all_or_none
                of_two_changes_at_once_one_is_outdated
                history_is_newest_first
                an_applied_entry_has_the_new_generation
                workspaces_do_not_see_each_other
            }
            leases {
                a_held_lease_is_not_given
                a_lapsed_lease_is_given_with_a_greater_fence
                a_dead_holder_is_replaced
                a_holder_that_renewed_is_not_dead
                renewing_prolongs_and_never_shortens
                a_lost_lease_is_not_renewed
                a_lease_given_back_is_free
                giving_a_lost_lease_back_does_nothing
                of_many_at_once_one_wins
                leases_follow_the_model
            }
            runs {
                a_run_is_on_record_from_its_begin
                an_ended_run_keeps_its_results
                a_run_ends_once
                runs_of_a_dead_holder_fail
                runs_under_the_same_lease_go_on
                a_stale_fence_writes_nothing
                the_lease_of_another_product_is_no_lease
                runs_are_newest_first
                the_newest_runs_are_of_every_product
                the_last_run_is_not_under_way
                builds_are_found_by_code_and_inputs
                a_later_build_takes_the_place
            }
            releases {
                publishing_makes_a_release_current
                releases_are_numbered_for_each_product
                a_product_not_on_record_publishes_nothing
                a_removed_product_has_no_current_release
                a_run_from_before_the_removal_publishes_nothing
                going_back_is_remembered
                going_back_needs_a_release_and_a_lease
                kept_releases_need_their_tables
                forgetting_spares_what_is_needed
                numbers_of_forgotten_releases_do_not_come_back
                a_table_forgotten_during_a_run_is_not_published
                readers_see_whole_releases
                an_aborted_publication_is_whole_or_nothing
            }
        }
    };
    (@stamp $home:expr; $($module:ident { $($test:ident)* })*) => {
        $(mod $module {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::conformance::$module::$test(&$home).await;
            })*
        })*
    };
}
pub(crate) use conformance;
