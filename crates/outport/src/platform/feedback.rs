//! What people say about products.

use outport_app::{
    feedback::FeedbackFilter,
    gate::{Caller, FeedbackEdit, FeedbackOrder, FeedbackThread, RatingOrder, Ratings, SeenFeedback},
};
use outport_model::{
    feedback::{FeedbackId, Writing},
    name::ProductName,
    principal::PrincipalId,
};

use super::{Home, Platform};
use crate::{
    cli::{as_user, nobody_else},
    failure::Failure,
    remote::Server,
};

/// Where it is said, and by whom.
enum Way<'a> {
    Home(&'a Home, Box<Caller>),
    Server(&'a Server),
}

impl Platform {
    /// What is said about products, newest first.
    pub(crate) async fn list_feedback(
        &self,
        who: Option<&PrincipalId>,
        filter: &FeedbackFilter,
        limit: usize,
    ) -> Result<Vec<SeenFeedback>, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.list_feedback(&caller, filter, None, limit).await?.0),
            Way::Server(server) => server.list_feedback(filter, limit).await,
        }
    }

    /// One with everything that was said to it.
    pub(crate) async fn feedback(&self, who: Option<&PrincipalId>, id: FeedbackId) -> Result<FeedbackThread, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.feedback(&caller, id).await?),
            Way::Server(server) => server.feedback(id).await,
        }
    }

    /// Puts a question, a problem or a request on record.
    pub(crate) async fn give_feedback(
        &self,
        who: Option<&PrincipalId>,
        order: FeedbackOrder,
    ) -> Result<FeedbackThread, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.give_feedback(&caller, order).await?),
            Way::Server(server) => server.give_feedback(&order).await,
        }
    }

    /// Says something to one.
    pub(crate) async fn reply_to_feedback(
        &self,
        who: Option<&PrincipalId>,
        id: FeedbackId,
        text: Writing,
    ) -> Result<FeedbackThread, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.reply_to_feedback(&caller, id, text).await?),
            Way::Server(server) => server.reply_to_feedback(id, &text).await,
        }
    }

    /// Corrects one, or says how far it has come and whom it is for.
    pub(crate) async fn change_feedback(
        &self,
        who: Option<&PrincipalId>,
        id: FeedbackId,
        edit: FeedbackEdit,
    ) -> Result<FeedbackThread, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.change_feedback(&caller, id, edit).await?),
            Way::Server(server) => server.change_feedback(id, &edit).await,
        }
    }

    /// Votes for one, or takes the vote back.
    pub(crate) async fn vote_for_feedback(
        &self,
        who: Option<&PrincipalId>,
        id: FeedbackId,
        counts: bool,
    ) -> Result<SeenFeedback, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.vote_for_feedback(&caller, id, counts).await?),
            Way::Server(server) => server.vote_for_feedback(id, counts).await,
        }
    }

    /// Rates a product.
    pub(crate) async fn rate(
        &self,
        who: Option<&PrincipalId>,
        product: &ProductName,
        order: RatingOrder,
    ) -> Result<Ratings, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.rate(&caller, product, order).await?),
            Way::Server(server) => server.rate(product, &order).await,
        }
    }

    /// How a product is rated.
    pub(crate) async fn ratings(&self, who: Option<&PrincipalId>, product: &ProductName) -> Result<Ratings, Failure> {
        match self.of(who).await? {
            Way::Home(home, caller) => Ok(home.gate.product_ratings(&caller, product).await?),
            Way::Server(server) => server.ratings(product).await,
        }
    }

    async fn of(&self, who: Option<&PrincipalId>) -> Result<Way<'_>, Failure> {
        match self {
            Self::Home(home) => Ok(Way::Home(home, Box::new(as_user(&home.gate, who).await?))),
            Self::Server(server) => {
                nobody_else(who.is_some())?;
                Ok(Way::Server(server))
            }
        }
    }
}
