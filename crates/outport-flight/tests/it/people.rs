//! Who is let in.

use arrow_flight::{Action, sql::client::FlightSqlServiceClient};
use chrono::TimeDelta;
use futures::TryStreamExt;
use outport_app::identity::{Authenticated, TokenScope, TokenStore};
use outport_model::{
    audit::RequestResult,
    principal::{Door, PrincipalKind},
};
use outport_test::{fixture, store::PutUser};
use tonic::Code;

use crate::world::{PASSWORD, World, query, soon, status};

const SQL: &str = "SELECT * FROM shop_sales.daily";

#[tokio::test]
async fn a_password_begins_a_session() {
    let world = World::new().await;
    let mut client = world.stranger().await;
    let payload = client.handshake("ada", PASSWORD).await.unwrap();
    let bearer = client.token().unwrap().clone();
    assert_eq!(payload, bearer.as_bytes());
    assert_ne!(bearer, PASSWORD);
    query(&mut client, SQL).await.unwrap();
    assert_eq!(world.known.attempts(), ["127.0.0.1"], "the password is checked once");
    assert!(world.last_record().client.unwrap().starts_with("a test"));
}

#[tokio::test]
async fn a_session_ends_after_its_time() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    world.clock.advance(TimeDelta::hours(8) - TimeDelta::seconds(1));
    query(&mut client, SQL).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(status(query(&mut client, SQL).await).code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_session_ends_when_its_client_says_so() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let closed: Vec<_> = client.do_action(Action::new("CloseSession", "")).await.unwrap().try_collect().await.unwrap();
    assert_eq!(closed.len(), 1);
    assert_eq!(status(query(&mut client, SQL).await).code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_user_who_is_locked_out_is_out_at_once() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    let info = client.execute(SQL.to_owned(), None).await.unwrap();
    let principal = fixture::principal("ada", &["analysts"]);
    let locked = outport_app::identity::User { principal, disabled: true, ..fixture::user("ada") };
    world.store.put_user(&locked).await.unwrap();
    let refused = status(crate::world::fetch(&mut client, info).await);
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(!refused.message().contains("disabled"), "{}", refused.message());
    let RequestResult::Refused { reason } = world.last_record().result else { panic!("refused") };
    assert!(reason.contains("the user is disabled"), "{reason}");
    assert_eq!(status(query(&mut client, SQL).await).code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_on_record() {
    let world = World::new().await;
    let mut client = world.stranger().await;
    let refused = client.handshake("ada", "wrong").await.unwrap_err().to_string();
    assert!(refused.contains("the credential is not accepted"), "{refused}");
    let record = world.last_record();
    assert_eq!((record.door, record.principal), (Door::Flight, None));
    assert!(matches!(record.result, RequestResult::Refused { .. }));
}

#[tokio::test]
async fn whoever_shows_nothing_gets_nothing() {
    let world = World::new().await;
    let mut client = world.stranger().await;
    assert_eq!(status(query(&mut client, SQL).await).code(), Code::Unauthenticated);
    assert_eq!(status(client.get_catalogs().await).code(), Code::Unauthenticated);
    assert_eq!(status(client.prepare(SQL.to_owned(), None).await).code(), Code::Unauthenticated);
    assert_eq!(status(client.execute_update("DELETE".to_owned(), None).await).code(), Code::Unauthenticated);
    assert_eq!(status(client.begin_transaction().await).code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_credential_that_cannot_be_read_is_refused_and_on_record() {
    let world = World::new().await;
    for shown in ["Digest abc", "Basic ???", "Bearer", "Basic YWRh"] {
        let mut client = world.stranger().await;
        client.set_header("authorization", shown);
        let refused = status(query(&mut client, SQL).await);
        assert_eq!(refused.code(), Code::Unauthenticated, "{shown}");
        assert!(refused.message().contains("neither `Bearer <token>` nor"), "{}", refused.message());
    }
    // Those that are alike are counted within a minute, so that there is one record yet.
    let [record] = world.records().try_into().unwrap();
    assert_eq!((record.door, record.principal), (Door::Flight, None));
    assert_eq!(record.request, "authenticate from 127.0.0.1");
    assert!(matches!(record.result, RequestResult::Refused { .. }));
}

#[tokio::test]
async fn a_name_and_password_may_come_with_every_call() {
    let world = World::new().await;
    let mut client = world.stranger().await;
    client.set_header("authorization", "Basic YWRhOmNvcnJlY3QgaG9yc2U=");
    query(&mut client, SQL).await.unwrap();
    assert_eq!(world.known.attempts().len(), 2);
}

#[tokio::test]
async fn a_token_stays_a_token() {
    let world = World::new().await;
    let token = outport_app::identity::Token { expires_at: fixture::moment(10_000), ..fixture::token("t1", "ada") };
    world.store.add_token(&token).await.unwrap();
    world.known.accept_as(
        "token-1",
        Authenticated {
            principal: fixture::principal("ada", &["analysts"]),
            scope: TokenScope::default(),
            until: None,
            token: Some(token.id.clone()),
            local_user: true,
        },
    );
    for name in ["ada", ""] {
        let mut client = world.stranger().await;
        client.handshake(name, "token-1").await.unwrap();
        assert_eq!(client.token().unwrap(), "token-1");
        query(&mut client, SQL).await.unwrap();
    }
    let mut client = world.stranger().await;
    client.set_token("token-1".to_owned());
    let info = client.execute(SQL.to_owned(), None).await.unwrap();
    world.store.revoke_token(&token.id, fixture::moment(1)).await.unwrap();
    assert_eq!(status(crate::world::fetch(&mut client, info).await).code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_token_opens_the_doors_that_it_is_for() {
    let world = World::new().await;
    let doors = Some([Door::Sql].into());
    world.known.accept_as(
        "token-2",
        Authenticated {
            principal: fixture::principal("ada", &["analysts"]),
            scope: TokenScope { doors, products: None },
            until: None,
            token: None,
            local_user: false,
        },
    );
    let mut client = world.stranger().await;
    client.set_token("token-2".to_owned());
    assert_eq!(status(query(&mut client, SQL).await).code(), Code::Unauthenticated);
}

#[tokio::test]
async fn someone_whom_a_provider_vouches_for_needs_no_user_here() {
    let world = World::new().await;
    let mut principal = fixture::principal("corp:eve", &["analysts"]);
    principal.kind = PrincipalKind::Service;
    world.known.accept_bearer("a.jwt.x", principal);
    let mut client = world.stranger().await;
    client.set_token("a.jwt.x".to_owned());
    query(&mut client, SQL).await.unwrap();
    assert_eq!(world.last_record().principal.unwrap().as_str(), "corp:eve");
}

#[tokio::test]
async fn the_purpose_is_on_record() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    client.set_header("outport-purpose", "churn analysis");
    query(&mut client, SQL).await.unwrap();
    assert_eq!(world.last_record().purpose.unwrap().as_str(), "churn analysis");
    client.set_header("outport-purpose", " ");
    assert_eq!(status(query(&mut client, SQL).await).code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_handshake_in_the_old_way_is_understood() {
    use arrow_flight::{BasicAuth, HandshakeRequest};
    use prost::Message;
    let world = World::new().await;
    let mut client = world.stranger().await;
    let shown = BasicAuth { username: "ada".to_owned(), password: PASSWORD.to_owned() };
    let message = HandshakeRequest { protocol_version: 0, payload: shown.encode_to_vec().into() };
    let answer = client.inner_mut().handshake(futures::stream::iter([message])).await.unwrap();
    let answer: Vec<_> = answer.into_inner().try_collect().await.unwrap();
    let mut client: FlightSqlServiceClient<_> = world.stranger().await;
    client.set_token(String::from_utf8(answer[0].payload.to_vec()).unwrap());
    soon(query(&mut client, SQL)).await.unwrap();
}
