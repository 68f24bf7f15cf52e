//! Questions that people keep to ask them again, alone or for others. Their answers are not kept: whoever asks one sees what
//! policies let them see.
//!
//! A question of someone else exists for a reader if it is for them and its SQL names nothing but what they may know of:
//! otherwise its text would tell of a product, a table or a column that is hidden from them. Where that cannot be told,
//! because it does not plan over what exists for them, it does not exist either. Titles, descriptions, comments and values
//! are their owner's own words.

use chrono::{DateTime, Utc};
use outport_model::{
    feedback::{Title, Writing},
    principal::{PrincipalId, Purpose},
    question::{Audience, ChartSettings, QuestionContent, QuestionId, SavedQuestion, SavedSql},
};
use serde::{Deserialize, Serialize};

use super::{Caller, Gate, agreements::forbidden, catalog::Look, error::GateError, limit::Limit};
use crate::question::QuestionFilter;

/// Saved questions of one owner in a workspace.
pub const QUESTIONS_EACH: u64 = 200;

/// How many are looked at together.
const PAGE: u32 = 200;

/// A saved question, as someone sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenQuestion {
    /// Its id.
    pub id: QuestionId,
    /// What it asks, in short.
    pub title: Title,
    /// More about it.
    pub description: Option<Writing>,
    /// The question.
    pub sql: SavedSql,
    /// What it is asked for.
    pub purpose: Option<Purpose>,
    /// How its answer is drawn, where they have every column of that.
    pub chart: Option<ChartSettings>,
    /// Whose it is.
    pub owner: PrincipalId,
    /// Who else sees it; only for its owner and for administrators.
    pub audience: Option<Audience>,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// When it became what it is.
    pub changed_at: DateTime<Utc>,
    /// Whether they may change it.
    pub may_change: bool,
    /// Whether they may remove it.
    pub may_remove: bool,
}

impl Gate {
    /// Saves a question.
    pub async fn save_question(&self, caller: &Caller, content: QuestionContent) -> Result<SeenQuestion, GateError> {
        self.recorded(caller, "save a question", async {
            let look = self.look(caller).await?;
            let question = SavedQuestion {
                id: QuestionId::new(uuid::Uuid::now_v7()),
                owner: look.reader().clone(),
                created_at: look.moment(),
                changed_at: look.moment(),
                content,
            };
            let store = &self.wardens.questions;
            if !store.add_question(&self.app.workspace, &question, QUESTIONS_EACH).await? {
                return Err(GateError::Limited { limit: Limit::QuestionsEach, value: QUESTIONS_EACH });
            }
            self.told.question(None, Some(&question));
            Ok(shown(question, true, false))
        })
        .await
    }

    /// Changes a question of the caller's, and who sees it. `seen` says whether it is what the caller has seen; where it is
    /// not, nothing is changed: [`GateError::Changed`].
    pub async fn change_question(
        &self,
        caller: &Caller,
        id: QuestionId,
        content: QuestionContent,
        seen: impl Fn(&SeenQuestion) -> bool + Send + Sync,
    ) -> Result<SeenQuestion, GateError> {
        self.recorded(caller, format!("change question {id}"), async {
            let look = self.look(caller).await?;
            let (store, workspace) = (&self.wardens.questions, &self.app.workspace);
            loop {
                let (known, found) = self.one(&look, id).await?;
                if !found.may_change {
                    return Err(forbidden(look.principal(), format!("change question {id}")));
                }
                if !seen(&found) {
                    return Err(GateError::Changed { what: "question", name: id.to_string() });
                }
                let question = SavedQuestion { changed_at: look.moment(), content: content.clone(), ..known.clone() };
                // Whoever was faster changed what this rests on.
                if store.replace_question(workspace, &known, &question).await? {
                    self.told.question(Some(&known), Some(&question));
                    return Ok(shown(question, true, false));
                }
            }
        })
        .await
    }

    /// Removes a question: one of the caller's or, as an administrator, any that they see.
    pub async fn remove_question(&self, caller: &Caller, id: QuestionId) -> Result<(), GateError> {
        self.recorded(caller, format!("remove question {id}"), async {
            let look = self.look(caller).await?;
            let (known, found) = self.one(&look, id).await?;
            if !found.may_remove {
                return Err(forbidden(look.principal(), format!("remove question {id}")));
            }
            if !self.wardens.questions.remove_question(&self.app.workspace, id).await? {
                return Err(missing(id));
            }
            self.told.question(Some(&known), None);
            Ok(())
        })
        .await
    }

    /// One question, where it exists for the caller.
    pub async fn question(&self, caller: &Caller, id: QuestionId) -> Result<SeenQuestion, GateError> {
        let _permit = self.admit(caller).await?;
        let (_, seen) = self.one(&self.look(caller).await?, id).await?;
        Ok(seen)
    }

    /// Questions that exist for the caller, newest first: at most `limit` of those that were saved before `before`, and
    /// whether there are more. Without an `owner`, those of the caller and those that are for them; administrators see all
    /// of one owner.
    pub async fn questions(
        &self,
        caller: &Caller,
        owner: Option<&PrincipalId>,
        before: Option<QuestionId>,
        limit: usize,
    ) -> Result<(Vec<SeenQuestion>, bool), GateError> {
        let deadline = self.limits.deadline();
        let _permit = self.admit(caller).await?;
        let listed = self.listed(caller, owner, before, limit);
        tokio::time::timeout_at(deadline, listed).await.map_err(|_| self.limits.out_of_time())?
    }

    async fn listed(
        &self,
        caller: &Caller,
        owner: Option<&PrincipalId>,
        mut before: Option<QuestionId>,
        limit: usize,
    ) -> Result<(Vec<SeenQuestion>, bool), GateError> {
        let look = self.look(caller).await?;
        let wanted =
            owner.map_or_else(|| QuestionFilter::Shared(look.reader().clone()), |of| QuestionFilter::Of(of.clone()));
        let mut found = Vec::new();
        loop {
            let page = self.wardens.questions.questions(&self.app.workspace, &wanted, before, PAGE).await?;
            let Some(last) = page.last() else { return Ok((found, false)) };
            before = Some(last.id);
            for question in page {
                if let Some(seen) = self.found(&look, question, owner.is_some()).await? {
                    if found.len() == limit {
                        return Ok((found, true));
                    }
                    found.push(seen);
                }
            }
        }
    }

    /// A question that the caller asks for, as it is kept and as they see it, where it exists for them.
    async fn one(&self, look: &Look<'_>, id: QuestionId) -> Result<(SavedQuestion, SeenQuestion), GateError> {
        let kept = self.wardens.questions.question(&self.app.workspace, id).await?.ok_or_else(|| missing(id))?;
        let seen = self.found(look, kept.clone(), true).await?.ok_or_else(|| missing(id))?;
        Ok((kept, seen))
    }

    /// A question as the caller sees it, where it exists for them. To administrators it does not matter whom it is for,
    /// where they ask for it.
    pub(super) async fn found(
        &self,
        look: &Look<'_>,
        mut question: SavedQuestion,
        asked_for: bool,
    ) -> Result<Option<SeenQuestion>, GateError> {
        let (own, administers) = (question.owner == *look.reader(), look.administers()?);
        let is_for_them = question.content.audience.includes(look.principal()) || (asked_for && administers);
        if !own && !is_for_them {
            return Ok(None);
        }
        // What they wrote themselves is no secret, unless they show what is good for some products alone.
        let is_no_secret = look.sees_everything() || (own && look.is_for_all_products());
        if !is_no_secret {
            let Some(columns) = self.promised(look, question.content.sql.as_str()).await? else { return Ok(None) };
            let has_all = |chart: &ChartSettings| chart.columns().all(|name| columns.iter().any(|known| known == name));
            question.content.chart = question.content.chart.filter(has_all);
        }
        Ok(Some(shown(question, own, administers)))
    }
}

fn shown(question: SavedQuestion, own: bool, administers: bool) -> SeenQuestion {
    let SavedQuestion { id, owner, created_at, changed_at, content } = question;
    let QuestionContent { title, description, sql, purpose, chart, audience } = content;
    SeenQuestion {
        id,
        title,
        description,
        sql,
        purpose,
        chart,
        owner,
        audience: (own || administers).then_some(audience),
        created_at,
        changed_at,
        may_change: own,
        may_remove: own || administers,
    }
}

fn missing(id: QuestionId) -> GateError {
    GateError::NotFound { what: "question", name: id.to_string() }
}
