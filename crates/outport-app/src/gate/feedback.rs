//! What people say about products: questions, problems and requests from the first word to the last, and ratings.
//!
//! Whoever may know of what it is about may ask, reply, vote and rate; whoever operates the product says how far it has
//! come, and whom it is for. An author corrects and withdraws what they wrote.

use chrono::{DateTime, TimeDelta, Utc};
use outport_model::{
    feedback::{
        Csat, Feedback, FeedbackId, FeedbackKind, FeedbackState, Nps, Rating, RatingSummary, Reply, Subject, Title,
        Writing,
    },
    name::ProductName,
    principal::PrincipalId,
};
use serde::{Deserialize, Serialize};

use super::{
    Caller, Gate,
    catalog::{Existence, Look},
    error::GateError,
    limit::Limit,
};
use crate::feedback::{FeedbackChange, FeedbackEntry, FeedbackFilter, Quota, WriteOutcome};

/// Questions, problems and requests of one author within a day.
pub const FEEDBACK_PER_DAY: u64 = 50;

/// Replies of one author within a day.
pub const REPLIES_PER_DAY: u64 = 200;

/// Replies to one question, problem or request.
pub const REPLIES_EACH: u64 = 1_000;

/// How many are looked at together.
const PAGE: u32 = 200;

/// What someone says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackOrder {
    /// What it is about.
    pub subject: Subject,
    /// What they want.
    pub kind: FeedbackKind,
    /// In short.
    pub title: Title,
    /// In full.
    pub text: Writing,
}

/// What is to become of it. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedbackEdit {
    /// In short.
    pub title: Option<Title>,
    /// In full.
    pub text: Option<Writing>,
    /// How far it has come.
    pub state: Option<FeedbackState>,
    /// Who is to see to it; `Some(None)` is nobody.
    pub assignee: Option<Option<PrincipalId>>,
}

/// What someone thinks of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingOrder {
    /// How content they are.
    pub csat: Csat,
    /// How likely they would recommend it.
    pub nps: Option<Nps>,
    /// Why.
    pub text: Option<Writing>,
}

/// A question, a problem or a request, as someone sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenFeedback {
    /// What was written.
    #[serde(flatten)]
    pub feedback: Feedback,
    /// How many say that it matters to them too.
    pub votes: u64,
    /// Whether they are one of them.
    pub voted: bool,
    /// How many replies there are.
    pub reply_count: u64,
    /// Whether they may correct and withdraw it.
    pub may_edit: bool,
    /// Whether they may say how far it has come, and whom it is for.
    pub may_manage: bool,
}

/// One with everything that was said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackThread {
    /// What was written.
    pub feedback: SeenFeedback,
    /// The replies, oldest first.
    pub replies: Vec<Reply>,
}

/// How content people are with a product, as numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CsatNumbers {
    /// The mean from 1 to 5; `None` where nobody has rated.
    pub mean: Option<f64>,
    /// How many rated.
    pub count: u64,
    /// How many gave 1, 2, 3, 4 and 5.
    pub distribution: [u64; 5],
}

/// How many would recommend a product, as numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NpsNumbers {
    /// Promoters minus detractors in points, from -100 to 100; `None` where nobody has said.
    pub score: Option<f64>,
    /// How many said.
    pub count: u64,
    /// Those who gave 9 or 10.
    pub promoters: u64,
    /// Those who gave 0 to 6.
    pub detractors: u64,
}

/// How a product is rated, as someone sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ratings {
    /// The product.
    pub product: ProductName,
    /// How content people are.
    pub csat: CsatNumbers,
    /// How many would recommend it.
    pub nps: NpsNumbers,
    /// What they said themselves.
    pub mine: Option<Rating>,
    /// Ratings with a text, newest first; only for whoever operates the product.
    pub comments: Vec<Rating>,
}

impl Gate {
    /// Puts a question, a problem or a request on record.
    pub async fn give_feedback(&self, caller: &Caller, order: FeedbackOrder) -> Result<FeedbackThread, GateError> {
        let said = format!("give feedback, a {}, about {}", order.kind.as_str(), order.subject);
        self.recorded(caller, said, async {
            let look = self.look(caller).await?;
            let feedback = Feedback {
                id: new_id(),
                subject: look.subject(order.subject)?,
                kind: order.kind,
                title: order.title,
                text: order.text,
                author: look.reader().clone(),
                created_at: look.moment(),
                edited_at: None,
                state: FeedbackState::Open,
                state_changed_by: None,
                state_changed_at: None,
                assignee: None,
            };
            let quota = within_a_day(look.moment(), FEEDBACK_PER_DAY);
            let written = self.wardens.feedback.add_feedback(&self.app.workspace, &feedback, quota).await?;
            accepted(written, feedback.id, Limit::FeedbackPerDay, FEEDBACK_PER_DAY)?;
            self.told.feedback(&feedback);
            self.thread(&look, feedback.id).await
        })
        .await
    }

    /// Says something to a question, a problem or a request. What an operator says to an open question of someone else
    /// is its answer.
    pub async fn reply_to_feedback(
        &self,
        caller: &Caller,
        to: FeedbackId,
        text: Writing,
    ) -> Result<FeedbackThread, GateError> {
        self.recorded(caller, format!("reply to feedback {to}"), async {
            let look = self.look(caller).await?;
            let seen = self.seen(&look, to).await?;
            if seen.feedback.state == FeedbackState::Withdrawn {
                return Err(GateError::Terms { reason: "it was withdrawn, so that nobody replies to it".to_owned() });
            }
            let is_open_question =
                seen.feedback.kind == FeedbackKind::Question && seen.feedback.state == FeedbackState::Open;
            let answers = seen.may_manage && !seen.may_edit && is_open_question;
            let state = answers.then(|| (FeedbackState::Answered, look.reader().clone(), look.moment()));
            let reply = Reply {
                id: new_id(),
                author: look.reader().clone(),
                created_at: look.moment(),
                text,
                operator: seen.may_manage,
            };
            let change = FeedbackChange { state, ..FeedbackChange::default() };
            let (store, quota) = (&self.wardens.feedback, within_a_day(look.moment(), REPLIES_PER_DAY));
            let written = store.add_reply(&self.app.workspace, to, &reply, &change, quota, REPLIES_EACH).await?;
            accepted(written, to, Limit::RepliesPerDay, REPLIES_PER_DAY)?;
            self.told.feedback(&seen.feedback);
            self.thread(&look, to).await
        })
        .await
    }

    /// Corrects what was written, or says how far it has come and whom it is for.
    pub async fn change_feedback(
        &self,
        caller: &Caller,
        id: FeedbackId,
        edit: FeedbackEdit,
    ) -> Result<FeedbackThread, GateError> {
        self.recorded(caller, format!("change feedback {id}"), async {
            let look = self.look(caller).await?;
            let seen = self.seen(&look, id).await?;
            check(&edit, &seen).map_err(|action| GateError::Forbidden {
                principal: look.reader().to_string(),
                action: format!("{action} of feedback {id}"),
            })?;
            let rewritten = edit.title.is_some() || edit.text.is_some();
            let change = FeedbackChange {
                edited_at: rewritten.then(|| look.moment()),
                title: edit.title,
                text: edit.text,
                state: edit.state.map(|state| (state, look.reader().clone(), look.moment())),
                assignee: edit.assignee,
            };
            if !self.wardens.feedback.change_feedback(&self.app.workspace, id, &change).await? {
                return Err(missing(id));
            }
            self.told.feedback(&seen.feedback);
            self.thread(&look, id).await
        })
        .await
    }

    /// Says that it matters to the caller too, or does not any more.
    pub async fn vote_for_feedback(
        &self,
        caller: &Caller,
        id: FeedbackId,
        counts: bool,
    ) -> Result<SeenFeedback, GateError> {
        let said = if counts { "vote for" } else { "take back the vote for" };
        self.recorded(caller, format!("{said} feedback {id}"), async {
            let look = self.look(caller).await?;
            self.seen(&look, id).await?;
            if !self.wardens.feedback.vote(&self.app.workspace, id, look.reader(), counts).await? {
                return Err(missing(id));
            }
            self.seen(&look, id).await
        })
        .await
    }

    /// Rates a product, in the place of what the caller said of it before.
    pub async fn rate(&self, caller: &Caller, product: &ProductName, order: RatingOrder) -> Result<Ratings, GateError> {
        self.recorded(caller, format!("rate {product}"), async {
            let look = self.look(caller).await?;
            look.subject(Subject::product(product.clone()))?;
            let RatingOrder { csat, nps, text } = order;
            let rating = Rating { author: look.reader().clone(), rated_at: look.moment(), csat, nps, text };
            self.wardens.ratings.put_rating(&self.app.workspace, product, &rating).await?;
            self.rated(&look, product).await
        })
        .await
    }

    /// One with everything that was said to it, where the caller may know of what it is about.
    pub async fn feedback(&self, caller: &Caller, id: FeedbackId) -> Result<FeedbackThread, GateError> {
        self.thread(&self.look(caller).await?, id).await
    }

    /// What is said about what the caller may know of, newest first: at most `limit` of those that are wanted and older than
    /// `before`, and whether there are more.
    pub async fn list_feedback(
        &self,
        caller: &Caller,
        filter: &FeedbackFilter,
        mut before: Option<FeedbackId>,
        limit: usize,
    ) -> Result<(Vec<SeenFeedback>, bool), GateError> {
        let look = self.look(caller).await?;
        let (store, workspace) = (&self.wardens.feedback, &self.app.workspace);
        let mut found = Vec::new();
        loop {
            let page = store.list_feedback(workspace, filter, look.reader(), before, PAGE).await?;
            let Some(last) = page.last() else { return Ok((found, false)) };
            before = Some(last.feedback.id);
            for entry in page {
                if let Some(seen) = sees(&look, entry)? {
                    if found.len() == limit {
                        return Ok((found, true));
                    }
                    found.push(seen);
                }
            }
        }
    }

    /// How a product is rated that the caller may know of.
    pub async fn product_ratings(&self, caller: &Caller, product: &ProductName) -> Result<Ratings, GateError> {
        let look = self.look(caller).await?;
        look.subject(Subject::product(product.clone()))?;
        self.rated(&look, product).await
    }

    async fn rated(&self, look: &Look<'_>, product: &ProductName) -> Result<Ratings, GateError> {
        let all = self.wardens.ratings.ratings(&self.app.workspace, product).await?;
        let mut summary = RatingSummary::default();
        for rating in &all {
            summary.add(rating.csat, rating.nps);
        }
        let operates = look.operates(product)?;
        let mine = all.iter().find(|rating| rating.author == *look.reader()).cloned();
        let RatingSummary { csat, nps } = summary;
        Ok(Ratings {
            product: product.clone(),
            csat: CsatNumbers { mean: csat.mean(), count: csat.count(), distribution: csat.distribution },
            nps: NpsNumbers {
                score: nps.score(),
                count: nps.count(),
                promoters: nps.promoters,
                detractors: nps.detractors,
            },
            mine,
            comments: all.into_iter().filter(|rating| operates && rating.text.is_some()).collect(),
        })
    }

    async fn thread(&self, look: &Look<'_>, id: FeedbackId) -> Result<FeedbackThread, GateError> {
        let feedback = self.seen(look, id).await?;
        let replies = self.wardens.feedback.replies(&self.app.workspace, id).await?;
        Ok(FeedbackThread { feedback, replies })
    }

    /// One, where the caller may know of it.
    pub(super) async fn seen(&self, look: &Look<'_>, id: FeedbackId) -> Result<SeenFeedback, GateError> {
        let found = self.wardens.feedback.feedback(&self.app.workspace, id, look.reader()).await?;
        sees(look, found.ok_or_else(|| missing(id))?)?.ok_or_else(|| missing(id))
    }
}

/// What someone sees of one, where they see it. What is about something that is gone, and what was withdrawn, only those see
/// who operate the product; of what was withdrawn, its author too.
fn sees(look: &Look<'_>, entry: FeedbackEntry) -> Result<Option<SeenFeedback>, GateError> {
    let FeedbackEntry { feedback, votes, voted, replies } = entry;
    let (own, operates) = (feedback.author == *look.reader(), look.operates(&feedback.subject.product)?);
    let may_know = match look.existence(&feedback.subject)? {
        Existence::Known => true,
        Existence::Hidden => false,
        Existence::Gone => operates,
    };
    if !may_know || (feedback.state == FeedbackState::Withdrawn && !own && !operates) {
        return Ok(None);
    }
    Ok(Some(SeenFeedback { feedback, votes, voted, reply_count: replies, may_edit: own, may_manage: operates }))
}

/// What of an edit whoever sees it may not do, as what comes before `of`.
fn check(edit: &FeedbackEdit, seen: &SeenFeedback) -> Result<(), &'static str> {
    let SeenFeedback { may_edit: own, may_manage: operates, .. } = *seen;
    if (edit.title.is_some() || edit.text.is_some()) && !own {
        return Err("correct the text");
    }
    if edit.assignee.is_some() && !operates {
        return Err("set the assignee");
    }
    match edit.state {
        None => Ok(()),
        // What its author took back stays so until they bring it back.
        Some(_) if seen.feedback.state == FeedbackState::Withdrawn && !own => Err("set the state"),
        Some(FeedbackState::Withdrawn) if !own => Err("withdraw the text"),
        Some(FeedbackState::Open | FeedbackState::Withdrawn) if own => Ok(()),
        Some(_) if operates => Ok(()),
        Some(_) => Err("set the state"),
    }
}

fn accepted(outcome: WriteOutcome, id: FeedbackId, limit: Limit, most: u64) -> Result<(), GateError> {
    match outcome {
        WriteOutcome::Written => Ok(()),
        WriteOutcome::OverQuota => Err(GateError::Limited { limit, value: most }),
        WriteOutcome::Full => Err(GateError::Limited { limit: Limit::RepliesEach, value: REPLIES_EACH }),
        WriteOutcome::Missing => Err(missing(id)),
    }
}

fn within_a_day(now: DateTime<Utc>, most: u64) -> Quota {
    Quota { since: now - TimeDelta::days(1), most }
}

fn new_id() -> FeedbackId {
    FeedbackId::new(uuid::Uuid::now_v7())
}

fn missing(id: FeedbackId) -> GateError {
    GateError::NotFound { what: "feedback", name: id.to_string() }
}
