//! Saved questions.

use async_trait::async_trait;
use outport_app::{
    question::{QuestionFilter, QuestionStore},
    store::StoreError,
};
use outport_model::{
    name::WorkspaceName,
    question::{Audience, QuestionId, SavedQuestion},
};

use super::MemoryStore;

#[async_trait]
impl QuestionStore for MemoryStore {
    async fn add_question(
        &self,
        workspace: &WorkspaceName,
        question: &SavedQuestion,
        most: u64,
    ) -> Result<bool, StoreError> {
        let mut record = self.record();
        let own = record.questions.iter().filter(|((of, _), saved)| of == workspace && saved.owner == question.owner);
        if own.count() as u64 >= most {
            return Ok(false);
        }
        record.questions.insert((workspace.clone(), question.id), question.clone());
        Ok(true)
    }

    async fn replace_question(
        &self,
        workspace: &WorkspaceName,
        known: &SavedQuestion,
        question: &SavedQuestion,
    ) -> Result<bool, StoreError> {
        let mut record = self.record();
        match record.questions.get_mut(&(workspace.clone(), known.id)) {
            Some(found) if found == known => {
                *found = question.clone();
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn remove_question(&self, workspace: &WorkspaceName, id: QuestionId) -> Result<bool, StoreError> {
        Ok(self.record().questions.remove(&(workspace.clone(), id)).is_some())
    }

    async fn question(&self, workspace: &WorkspaceName, id: QuestionId) -> Result<Option<SavedQuestion>, StoreError> {
        Ok(self.record().questions.get(&(workspace.clone(), id)).cloned())
    }

    async fn questions(
        &self,
        workspace: &WorkspaceName,
        wanted: &QuestionFilter,
        before: Option<QuestionId>,
        limit: u32,
    ) -> Result<Vec<SavedQuestion>, StoreError> {
        let is_wanted = |question: &SavedQuestion| match wanted {
            QuestionFilter::Of(owner) => question.owner == *owner,
            QuestionFilter::Shared(reader) => question.owner == *reader || question.content.audience != Audience::Owner,
        };
        let record = self.record();
        let newest = record
            .questions
            .iter()
            .rev()
            .filter(|((of, id), _)| of == workspace && before.is_none_or(|before| *id < before));
        let found = newest.map(|(_, question)| question).filter(|question| is_wanted(question));
        Ok(found.take(limit as usize).cloned().collect())
    }
}
