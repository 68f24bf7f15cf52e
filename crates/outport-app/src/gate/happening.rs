//! What happens, for whoever looks on: releases, runs, agreements, what people say and which questions they keep.
//!
//! [`Gate::watch`] remembers how everything is, and [`Gate::happened`] says what is different since, whichever process
//! made it so. Neither asks who wants to know it: that is for [`Gate::may_know`]. What people say and keep is told by the
//! process that they say it to, to whoever looks on there.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use outport_model::{
    agreement::{AgreementId, AgreementState},
    feedback::{Feedback, FeedbackId},
    name::ProductName,
    question::{QuestionId, SavedQuestion},
    release::ReleaseNumber,
    run::{RunId, RunState},
};

use super::{
    Caller, Gate,
    agreements::{concerns, reviews},
    error::GateError,
    snapshot::{Snapshot, version_of},
};
use crate::policy::PortAction;

/// How many runs are looked at, of the newest. Of one that begins and ends while more than these begin, only the
/// release is told.
const RUNS: u32 = 200;

/// How much of what was told here is kept for those who have not looked yet.
const TOLD: usize = 500;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Another release of a product is current.
    Release {
        /// The product.
        product: ProductName,
        /// The release.
        release: ReleaseNumber,
    },
    /// A run began or ended.
    Run {
        /// What is run.
        product: ProductName,
        /// The run.
        run: RunId,
    },
    /// Someone asked for an agreement, or one was decided on.
    Agreement {
        /// The product that it is about.
        product: ProductName,
        /// The agreement.
        agreement: AgreementId,
    },
    /// Someone said something about a product.
    Feedback {
        /// The product.
        product: ProductName,
        /// What was said or answered.
        feedback: FeedbackId,
    },
    /// Someone saved a question, changed or removed it.
    Question {
        /// The question.
        question: QuestionId,
        /// As it was and as it is, where it was or is: whoever sees one of them may know of it.
        known: Vec<SavedQuestion>,
    },
}

/// How everything was when it was last looked at.
#[derive(Debug)]
pub struct Watch {
    snapshot: Arc<Snapshot>,
    runs: BTreeMap<RunId, RunState>,
    told: u64,
}

/// What was told here, the newest of it.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Telling>);

#[derive(Debug, Default)]
struct Telling {
    /// How much was told, ever.
    number: u64,
    newest: VecDeque<Happening>,
}

impl Told {
    /// Tells that someone said something.
    pub(super) fn feedback(&self, feedback: &Feedback) {
        self.tell(Happening::Feedback { product: feedback.subject.product.clone(), feedback: feedback.id });
    }

    /// Tells that a question is another one than it was.
    pub(super) fn question(&self, was: Option<&SavedQuestion>, is: Option<&SavedQuestion>) {
        let known: Vec<_> = was.into_iter().chain(is).cloned().collect();
        if let Some(SavedQuestion { id, .. }) = known.first() {
            self.tell(Happening::Question { question: *id, known });
        }
    }

    fn tell(&self, happening: Happening) {
        let mut telling = self.telling();
        telling.number += 1;
        if telling.newest.len() >= TOLD {
            telling.newest.pop_front();
        }
        telling.newest.push_back(happening);
    }

    /// What was told after so much of it, and how much it is now.
    fn after(&self, number: u64) -> (Vec<Happening>, u64) {
        let telling = self.telling();
        let missed = usize::try_from(telling.number - number).unwrap_or(usize::MAX).min(telling.newest.len());
        let news = telling.newest.range(telling.newest.len() - missed..).cloned().collect();
        (news, telling.number)
    }

    fn telling(&self) -> MutexGuard<'_, Telling> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// Begins to watch.
    pub async fn watch(&self) -> Result<Watch, GateError> {
        let snapshot = self.snapshot().await?;
        let runs = self.newest_runs().await?.into_iter().map(|(id, _, state)| (id, state)).collect();
        Ok(Watch { snapshot, runs, told: self.told.telling().number })
    }

    /// What happened since the last look.
    pub async fn happened(&self, watch: &mut Watch) -> Result<Vec<Happening>, GateError> {
        let snapshot = self.snapshot().await?;
        let mut happened = Vec::new();
        // It is the same one for as long as nothing changes.
        if !Arc::ptr_eq(&snapshot, &watch.snapshot) {
            happened.extend(released(&watch.snapshot, &snapshot));
            happened.extend(agreed(&watch.snapshot, &snapshot));
            watch.snapshot = snapshot;
        }
        let runs = self.newest_runs().await?;
        let news = runs.iter().rev().filter(|(id, _, state)| watch.runs.get(id) != Some(state));
        happened.extend(news.map(|(id, product, _)| Happening::Run { product: product.clone(), run: *id }));
        watch.runs = runs.into_iter().map(|(id, _, state)| (id, state)).collect();
        let (told, number) = self.told.after(watch.told);
        watch.told = number;
        happened.extend(told);
        Ok(happened)
    }

    /// Whether a caller may know of something that happened: of a release, whoever may know of the product; of what is
    /// said, whoever sees it; of a question, whoever saw or sees it; of a run, whoever may operate it; of an agreement, whom
    /// it concerns and who decides on it.
    pub async fn may_know(&self, caller: &Caller, happening: &Happening) -> Result<bool, GateError> {
        let (snapshot, principal, now) = self.now(caller).await?;
        match happening {
            Happening::Release { product, .. } => {
                let Some(compiled) = snapshot.estate().get(product) else { return Ok(false) };
                for port in &compiled.product.outputs {
                    let version = version_of(&compiled.product, port);
                    for action in [PortAction::Discover, PortAction::Read] {
                        if snapshot.may(caller, &principal, action, &version, now)? {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
            Happening::Feedback { feedback, .. } => match self.seen(&self.look(caller).await?, *feedback).await {
                Ok(_) => Ok(true),
                Err(GateError::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            },
            Happening::Question { known, .. } => {
                let look = self.look(caller).await?;
                for question in known {
                    if self.found(&look, question.clone(), false).await?.is_some() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Happening::Run { product, .. } => match snapshot.estate().get(product) {
                Some(compiled) => snapshot.may_operate(caller, &principal, &compiled.product, now),
                None => Ok(false),
            },
            Happening::Agreement { agreement, .. } => {
                let known = snapshot.agreements().iter().find(|known| known.id == *agreement);
                let Some(known) = known.filter(|known| caller.scope.allows_product(&known.port.product)) else {
                    return Ok(false);
                };
                Ok(concerns(known, &principal) || reviews(&snapshot, caller, &principal, known, now)?)
            }
        }
    }

    async fn newest_runs(&self) -> Result<Vec<(RunId, ProductName, RunState)>, GateError> {
        Ok(self.app.stores.runs.newest_runs(&self.app.workspace, RUNS).await?)
    }
}

/// The releases that are current and were not.
fn released<'a>(before: &'a Snapshot, now: &'a Snapshot) -> impl Iterator<Item = Happening> + 'a {
    let was = |product: &ProductName| before.releases().get(product).map(|release| release.number);
    let others = now.releases().iter().filter(move |(product, release)| was(product) != Some(release.number));
    others.map(|(product, release)| Happening::Release { product: product.clone(), release: release.number })
}

/// The agreements that are new, or in another state.
fn agreed<'a>(before: &'a Snapshot, now: &'a Snapshot) -> impl Iterator<Item = Happening> + 'a {
    let states = |snapshot: &Snapshot| -> BTreeMap<AgreementId, AgreementState> {
        snapshot.agreements().iter().map(|agreement| (agreement.id, agreement.state)).collect()
    };
    let was = states(before);
    let others = now.agreements().iter().filter(move |agreement| was.get(&agreement.id) != Some(&agreement.state));
    others.map(|agreement| Happening::Agreement { product: agreement.port.product.clone(), agreement: agreement.id })
}
