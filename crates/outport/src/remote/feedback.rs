//! What people say about products, on a server.

use outport_app::{
    feedback::FeedbackFilter,
    gate::{FeedbackEdit, FeedbackOrder, FeedbackThread, RatingOrder, Ratings, SeenFeedback},
};
use outport_model::{
    feedback::{FeedbackId, FeedbackKind, FeedbackState, Writing},
    name::ProductName,
    principal::PrincipalId,
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Server;
use crate::failure::Failure;

impl Server {
    /// What is said about products, newest first.
    pub(crate) async fn list_feedback(
        &self,
        filter: &FeedbackFilter,
        limit: usize,
    ) -> Result<Vec<SeenFeedback>, Failure> {
        let narrowed = [
            ("product", filter.product.as_ref().map(ProductName::as_str)),
            ("kind", filter.kind.map(FeedbackKind::as_str)),
            ("state", filter.state.map(FeedbackState::as_str)),
            ("assignee", filter.assignee.as_ref().map(PrincipalId::as_str)),
            ("author", filter.author.as_ref().map(PrincipalId::as_str)),
        ];
        self.some(&["feedback"], &narrowed, limit).await
    }

    /// One with everything that was said to it.
    pub(crate) async fn feedback(&self, id: FeedbackId) -> Result<FeedbackThread, Failure> {
        self.get(&["feedback", &id.to_string()]).await
    }

    /// Puts a question, a problem or a request on record.
    pub(crate) async fn give_feedback(&self, order: &FeedbackOrder) -> Result<FeedbackThread, Failure> {
        let FeedbackOrder { subject, kind, title, text } = order;
        let order = json!({
            "product": subject.product,
            "table": subject.table,
            "column": subject.column,
            "kind": kind,
            "title": title,
            "text": text,
        });
        self.post(&["feedback"], &order).await
    }

    /// Says something to one.
    pub(crate) async fn reply_to_feedback(&self, id: FeedbackId, text: &Writing) -> Result<FeedbackThread, Failure> {
        self.post(&["feedback", &id.to_string(), "replies"], &json!({"text": text})).await
    }

    /// Corrects one, or says how far it has come and whom it is for.
    pub(crate) async fn change_feedback(&self, id: FeedbackId, edit: &FeedbackEdit) -> Result<FeedbackThread, Failure> {
        let members = [
            ("title", edit.title.as_ref().map(|title| json!(title))),
            ("text", edit.text.as_ref().map(|text| json!(text))),
            ("state", edit.state.map(|state| json!(state))),
            ("assignee", edit.assignee.as_ref().map(|assignee| json!(assignee))),
        ];
        let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let order = Value::Object(members.collect::<Map<_, _>>());
        let request = self.request(Method::PATCH, &["feedback", &id.to_string()]).json(&order);
        let response = self.send(request).await?;
        self.read(response).await
    }

    /// Votes for one, or takes the vote back.
    pub(crate) async fn vote_for_feedback(&self, id: FeedbackId, counts: bool) -> Result<SeenFeedback, Failure> {
        let method = if counts { Method::PUT } else { Method::DELETE };
        let response = self.send(self.request(method, &["feedback", &id.to_string(), "vote"])).await?;
        self.read(response).await
    }

    /// Rates a product.
    pub(crate) async fn rate(&self, product: &ProductName, order: &RatingOrder) -> Result<Ratings, Failure> {
        let order = json!({"csat": order.csat, "nps": order.nps, "text": order.text});
        let response = self.put(&["feedback", "ratings", product.as_str()], &order).await?;
        self.read(response).await
    }

    /// How a product is rated.
    pub(crate) async fn ratings(&self, product: &ProductName) -> Result<Ratings, Failure> {
        self.get(&["feedback", "ratings", product.as_str()]).await
    }
}
