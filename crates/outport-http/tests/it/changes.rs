//! `GET /v1/changes/{product}`.

use axum::{
    Router,
    body::{Body, BodyDataStream},
};
use futures::StreamExt;
use http::{Request, StatusCode};
use outport_app::identity::{Authenticated, Token, TokenScope};
use outport_model::{audit::RequestResult, principal::Door};
use outport_test::{fixture, store::PutUser};
use serde_json::Value;
use tower::Service;

use crate::support::{ADA, Home, get, release, request, send, with};

/// The events of a stream.
pub(crate) struct Events(BodyDataStream);

impl Events {
    async fn of(router: &Router, token: &str, last: Option<&str>) -> Self {
        let mut asked = request(token, "GET", "/v1/changes/shop", "");
        if let Some(last) = last {
            asked = with(asked, "last-event-id", last);
        }
        Self::asked(router, asked).await
    }

    /// The events that a request is answered with.
    pub(crate) async fn asked(router: &Router, asked: Request<Body>) -> Self {
        let response = router.clone().call(asked).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    /// The name, the id and the data of the next event; nothing after the last one.
    pub(crate) async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            let piece = self.0.next().await?.unwrap();
            let text = std::str::from_utf8(&piece).unwrap();
            let field = |name: &str| {
                text.lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            };
            if !field("event").is_empty() {
                let data = serde_json::from_str(&field("data")).unwrap();
                return Some((field("event"), field("id"), data));
            }
        }
    }
}

#[tokio::test]
async fn a_client_is_told_of_the_current_release_and_of_those_after() {
    let home = Home::new().await;
    let router = home.router();
    let mut events = Events::of(&router, ADA, None).await;
    let (name, id, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), id.as_str()), ("release", "1"));
    assert_eq!(data["product"], "shop");
    assert_eq!(data["tables"], serde_json::json!(["daily"]));
    assert!(data["publishedAt"].is_string());
    release(&home, "shop", 2).await;
    let (name, id, _) = events.next().await.unwrap();
    assert_eq!((name.as_str(), id.as_str()), ("release", "2"));
    drop(events);
    // The stream notices as soon as it is its turn.
    while home.records().is_empty() {
        tokio::task::yield_now().await;
    }
    let [record] = home.records().try_into().unwrap();
    assert_eq!((record.door, record.result), (Door::Changes, RequestResult::Cancelled));
}

#[tokio::test]
async fn a_client_that_was_away_misses_nothing() {
    let home = Home::new().await;
    let router = home.router();
    release(&home, "shop", 2).await;
    release(&home, "shop", 3).await;
    let mut events = Events::of(&router, ADA, Some("1")).await;
    assert_eq!(events.next().await.unwrap().1, "2");
    assert_eq!(events.next().await.unwrap().1, "3");
    let mut ahead = Events::of(&router, ADA, Some("9")).await;
    let (name, id, _) = ahead.next().await.unwrap();
    assert_eq!((name.as_str(), id.as_str()), ("rollback", "3"));
    let wrong = send(&router, with(get("/v1/changes/shop"), "last-event-id", "x")).await;
    assert_eq!(wrong.problem()["status"], 400);
}

#[tokio::test]
async fn what_may_not_be_read_has_no_changes() {
    let home = Home::new().await;
    let router = home.router();
    for product in ["vault", "dark", "nosuch"] {
        let reply = send(&router, get(&format!("/v1/changes/{product}"))).await;
        assert_eq!(reply.problem()["detail"], format!("there is no product `{product}`"));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token() {
    let home = Home::new().await;
    let router = home.router();
    let (id, owner) = (fixture::token_id("t1"), fixture::principal("ada", &["analysts"]));
    let (scope, token) = (TokenScope::default(), Some(id.clone()));
    let authenticated = Authenticated { principal: owner.clone(), scope, until: None, token, local_user: false };
    home.authenticator.accept_as("short-lived", authenticated);
    let tokens = &home.gate.wardens().tokens;
    let token = Token {
        id: id.clone(),
        owner: owner.id,
        label: "test".to_owned(),
        digest: [0; 32],
        scope: TokenScope::default(),
        created_at: fixture::moment(0),
        expires_at: fixture::moment(1_000),
        revoked_at: None,
        last_used_at: None,
    };
    home.gate.wardens().users.put_user(&fixture::user("ada")).await.unwrap();
    tokens.add_token(&token).await.unwrap();
    let mut events = Events::of(&router, "short-lived", None).await;
    assert_eq!(events.next().await.unwrap().1, "1");
    assert!(tokens.revoke_token(&id, fixture::moment(100)).await.unwrap());
    let (name, _, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["status"]), ("end", &serde_json::json!(401)));
    assert!(events.next().await.is_none());
    assert!(matches!(home.records().pop().unwrap().result, RequestResult::Refused { .. }));
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let home = Home::new().await;
    let stop = tokio_util::sync::CancellationToken::new();
    let router = home.router_with(|options| options.stopping = stop.clone());
    let mut events = Events::of(&router, ADA, None).await;
    assert_eq!(events.next().await.unwrap().1, "1");
    stop.cancel();
    let (name, _, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), &data["status"]), ("end", &serde_json::json!(503)));
    assert!(events.next().await.is_none());
    assert_eq!(home.records().pop().unwrap().result, RequestResult::Answered);
}
