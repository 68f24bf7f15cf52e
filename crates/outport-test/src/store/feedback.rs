//! What people say about products.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use outport_app::{
    feedback::{FeedbackChange, FeedbackEntry, FeedbackFilter, FeedbackStore, Quota, RatingStore, WriteOutcome},
    store::StoreError,
};
use outport_model::{
    feedback::{Feedback, FeedbackId, Rating, RatingSummary, Reply},
    name::{ProductName, WorkspaceName},
    principal::PrincipalId,
};

use super::MemoryStore;

type Key = (WorkspaceName, FeedbackId);

/// Everything that was said, oldest first.
#[derive(Debug, Default)]
pub(super) struct Said {
    feedback: Vec<(WorkspaceName, Feedback)>,
    replies: Vec<(Key, Reply)>,
    votes: BTreeSet<(Key, PrincipalId)>,
    ratings: BTreeMap<(WorkspaceName, ProductName, PrincipalId), Rating>,
}

impl Said {
    fn find(&mut self, workspace: &WorkspaceName, id: FeedbackId) -> Option<&mut Feedback> {
        let found = self.feedback.iter_mut().find(|(of, feedback)| of == workspace && feedback.id == id);
        found.map(|(_, feedback)| feedback)
    }

    fn entry(&self, workspace: &WorkspaceName, feedback: &Feedback, reader: &PrincipalId) -> FeedbackEntry {
        let key = (workspace.clone(), feedback.id);
        let voters = self.votes.iter().filter(|(of, _)| *of == key);
        FeedbackEntry {
            feedback: feedback.clone(),
            votes: voters.count() as u64,
            voted: self.votes.contains(&(key.clone(), reader.clone())),
            replies: self.replies.iter().filter(|(of, _)| *of == key).count() as u64,
        }
    }
}

fn apply(feedback: &mut Feedback, change: &FeedbackChange) {
    let FeedbackChange { title, text, edited_at, state, assignee } = change.clone();
    feedback.title = title.unwrap_or_else(|| feedback.title.clone());
    feedback.text = text.unwrap_or_else(|| feedback.text.clone());
    feedback.edited_at = edited_at.or(feedback.edited_at);
    if let Some((state, by, at)) = state {
        feedback.state = state;
        feedback.state_changed_by = Some(by);
        feedback.state_changed_at = Some(at);
    }
    if let Some(assignee) = assignee {
        feedback.assignee = assignee;
    }
}

#[async_trait]
impl FeedbackStore for MemoryStore {
    async fn add_feedback(
        &self,
        workspace: &WorkspaceName,
        feedback: &Feedback,
        quota: Quota,
    ) -> Result<WriteOutcome, StoreError> {
        let mut record = self.record();
        let own =
            record.feedback.feedback.iter().filter(|(of, said)| {
                of == workspace && said.author == feedback.author && said.created_at >= quota.since
            });
        if own.count() as u64 >= quota.most {
            return Ok(WriteOutcome::OverQuota);
        }
        record.feedback.feedback.push((workspace.clone(), feedback.clone()));
        Ok(WriteOutcome::Written)
    }

    async fn change_feedback(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        change: &FeedbackChange,
    ) -> Result<bool, StoreError> {
        let mut record = self.record();
        Ok(record.feedback.find(workspace, id).map(|feedback| apply(feedback, change)).is_some())
    }

    async fn add_reply(
        &self,
        workspace: &WorkspaceName,
        to: FeedbackId,
        reply: &Reply,
        change: &FeedbackChange,
        quota: Quota,
        most: u64,
    ) -> Result<WriteOutcome, StoreError> {
        let mut record = self.record();
        let (said, key) = (&mut record.feedback, (workspace.clone(), to));
        if said.find(workspace, to).is_none() {
            return Ok(WriteOutcome::Missing);
        }
        if said.replies.iter().filter(|(of, _)| *of == key).count() as u64 >= most {
            return Ok(WriteOutcome::Full);
        }
        let own = said.replies.iter().filter(|((of, _), known)| {
            of == workspace && known.author == reply.author && known.created_at >= quota.since
        });
        if own.count() as u64 >= quota.most {
            return Ok(WriteOutcome::OverQuota);
        }
        said.replies.push((key, reply.clone()));
        if let Some(feedback) = said.find(workspace, to) {
            apply(feedback, change);
        }
        Ok(WriteOutcome::Written)
    }

    async fn vote(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        voter: &PrincipalId,
        counts: bool,
    ) -> Result<bool, StoreError> {
        let mut record = self.record();
        let said = &mut record.feedback;
        if said.find(workspace, id).is_none() {
            return Ok(false);
        }
        let vote = ((workspace.clone(), id), voter.clone());
        if counts {
            said.votes.insert(vote);
        } else {
            said.votes.remove(&vote);
        }
        Ok(true)
    }

    async fn feedback(
        &self,
        workspace: &WorkspaceName,
        id: FeedbackId,
        reader: &PrincipalId,
    ) -> Result<Option<FeedbackEntry>, StoreError> {
        let record = self.record();
        let said = &record.feedback;
        let found = said.feedback.iter().find(|(of, feedback)| of == workspace && feedback.id == id);
        Ok(found.map(|(_, feedback)| said.entry(workspace, feedback, reader)))
    }

    async fn replies(&self, workspace: &WorkspaceName, to: FeedbackId) -> Result<Vec<Reply>, StoreError> {
        let (record, key) = (self.record(), (workspace.clone(), to));
        let own = record.feedback.replies.iter().filter(|(of, _)| *of == key);
        Ok(own.map(|(_, reply)| reply.clone()).collect())
    }

    async fn list_feedback(
        &self,
        workspace: &WorkspaceName,
        filter: &FeedbackFilter,
        reader: &PrincipalId,
        before: Option<FeedbackId>,
        limit: u32,
    ) -> Result<Vec<FeedbackEntry>, StoreError> {
        let record = self.record();
        let said = &record.feedback;
        let FeedbackFilter { product, kind, state, assignee, author } = filter;
        let mut found = Vec::new();
        let newest = said.feedback.iter().rev().filter(|(of, _)| of == workspace).map(|(_, feedback)| feedback);
        let older = newest.skip_while(|feedback| before.is_some_and(|before| feedback.id != before));
        for feedback in older.skip(usize::from(before.is_some())) {
            let wanted = product.as_ref().is_none_or(|product| feedback.subject.product == *product)
                && kind.is_none_or(|kind| feedback.kind == kind)
                && state.is_none_or(|state| feedback.state == state)
                && (assignee.is_none() || feedback.assignee == *assignee)
                && author.as_ref().is_none_or(|author| feedback.author == *author);
            if wanted && found.len() < limit as usize {
                found.push(said.entry(workspace, feedback, reader));
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl RatingStore for MemoryStore {
    async fn put_rating(
        &self,
        workspace: &WorkspaceName,
        product: &ProductName,
        rating: &Rating,
    ) -> Result<(), StoreError> {
        let key = (workspace.clone(), product.clone(), rating.author.clone());
        self.record().feedback.ratings.insert(key, rating.clone());
        Ok(())
    }

    async fn ratings(&self, workspace: &WorkspaceName, product: &ProductName) -> Result<Vec<Rating>, StoreError> {
        let record = self.record();
        let own = record.feedback.ratings.iter().filter(|((of, rated, _), _)| of == workspace && rated == product);
        let mut own: Vec<_> = own.map(|(_, rating)| rating.clone()).collect();
        own.sort_by_key(|rating| std::cmp::Reverse(rating.rated_at));
        Ok(own)
    }

    async fn rating_summaries(
        &self,
        workspace: &WorkspaceName,
    ) -> Result<BTreeMap<ProductName, RatingSummary>, StoreError> {
        let record = self.record();
        let mut summaries: BTreeMap<ProductName, RatingSummary> = BTreeMap::new();
        for ((of, product, _), rating) in &record.feedback.ratings {
            if of == workspace {
                summaries.entry(product.clone()).or_default().add(rating.csat, rating.nps);
            }
        }
        Ok(summaries)
    }
}
