//! How connections begin: who is let in, and who is not.

use std::sync::Arc;

use outport_app::identity::{Authenticated, TokenScope};
use outport_model::principal::Door;
use outport_pg::Options;
use outport_test::fixture::principal;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Duration,
};

use crate::{
    home::{Home, Setting, ended, state},
    psql::Psql,
    raw::Raw,
};

/// A certificate of `localhost` that nobody vouches for.
pub(crate) fn tls() -> Arc<rustls::ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    // As a server of web pages would have it, whose certificate is shared.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

#[tokio::test]
async fn a_user_with_the_right_password_is_let_in() {
    let home = Home::new().await;
    let client = home.connect().await;
    let row = client.query_one("SELECT session_user, current_database()", &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("ann", "dev"));
    assert_eq!(home.authenticator.attempts(), ["127.0.0.1"]);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_on_record() {
    let home = Home::new().await;
    let error = home.connect_as(home.config().password("guess")).await.unwrap_err();
    assert_eq!(state(&error), "28P01");
    let records = home.records(1).await;
    assert_eq!((records[0].request.as_str(), ended(&records[0].result)), ("authenticate from 127.0.0.1", "refused"));
    assert_eq!((&records[0].principal, records[0].door), (&None, Door::Postgres));
    assert!(home.connect_as(home.config().user("nobody")).await.is_err());
}

#[tokio::test]
async fn a_token_that_is_for_another_door_is_refused() {
    let home = Home::new().await;
    let scope = TokenScope { doors: Some([Door::Sql].into()), products: None };
    let limited = Authenticated { principal: principal("ann", &[]), scope, until: None, token: None, local_user: true };
    home.authenticator.accept_as("token", limited.clone());
    // The double knows bearer tokens by their text; a password is told apart by its user.
    let error = home.connect_as(home.config().password("token")).await.unwrap_err();
    assert_eq!(state(&error), "28P01");
}

#[tokio::test]
async fn the_database_is_the_workspace() {
    let home = Home::new().await;
    let error = home.connect_as(home.config().dbname("other")).await.unwrap_err();
    assert_eq!(state(&error), "3D000");
    let database = error.as_db_error().unwrap();
    assert_eq!(database.message(), "there is no database `other`");
    assert_eq!(database.hint(), Some("the database is the workspace: connect with `dbname=dev`"));
    // Whoever is not let in does not learn what the workspace is called.
    let error = home.connect_as(home.config().dbname("other").password("guess")).await.unwrap_err();
    assert_eq!(state(&error), "28P01");
}

#[tokio::test]
async fn nothing_is_answered_before_the_password_and_after_a_refusal() {
    let home = Home::new().await;
    let mut raw = Raw::connect(home.address).await;
    raw.start(&[("user", "ann"), ("database", "dev")]).await;
    assert_eq!(raw.answer().await.kind, 'R');
    raw.send(b'Q', b"SELECT 1\0").await;
    assert_eq!(raw.answer().await.error(), ("FATAL".to_owned(), "08P01".to_owned()));
    assert_eq!(raw.next().await, None);

    let mut raw = Raw::connect(home.address).await;
    raw.start(&[("user", "ann"), ("database", "dev")]).await;
    assert_eq!(raw.answer().await.kind, 'R');
    raw.send(b'p', b"guess\0").await;
    // What is sent after the refusal finds nobody.
    raw.send(b'Q', b"SELECT * FROM sales.orders\0").await;
    assert_eq!(raw.answer().await.error(), ("FATAL".to_owned(), "28P01".to_owned()));
    assert_eq!(raw.next().await, None);
    assert_eq!(home.recorded(1).await, [("authenticate from 127.0.0.1".to_owned(), "refused")]);
}

#[tokio::test]
async fn what_is_no_message_ends_the_connection() {
    let home = Home::new().await;
    let mut raw = Raw::connect(home.address).await;
    raw.send_untyped(b"\0\x02\0\0user\0ann\0\0").await;
    assert_eq!(raw.answer().await.error().1, "08P01");
    assert_eq!(raw.next().await, None);
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'B', b"\0\0\xff\xff").await;
    assert_eq!(raw.answer().await.error(), ("FATAL".to_owned(), "08P01".to_owned()));
    assert_eq!(raw.next().await, None);
    // The server is there for others.
    home.connect().await.simple_query("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn newer_versions_of_the_protocol_are_negotiated() {
    let home = Home::new().await;
    let mut raw = Raw::connect(home.address).await;
    raw.send_untyped(b"\0\x03\x00\x02user\0ann\0database\0dev\0_pq_.more\0on\0\0").await;
    let answer = raw.answer().await;
    assert_eq!((answer.kind, answer.body.as_ref()), ('v', b"\0\x03\0\0\0\0\0\x01_pq_.more\0".as_slice()));
    assert_eq!(raw.answer().await.kind, 'R');
}

#[tokio::test]
async fn encryption_is_refused_where_there_is_no_certificate() {
    let home = Home::new().await;
    let mut raw = Raw::connect(home.address).await;
    for code in [80_877_104_u32, 80_877_103] {
        raw.send_untyped(&code.to_be_bytes()).await;
        assert_eq!(raw.0.read_u8().await.unwrap(), b'N');
    }
    raw.start(&[("user", "ann"), ("database", "dev")]).await;
    assert_eq!(raw.answer().await.kind, 'R');
}

#[tokio::test]
async fn connections_are_encrypted_where_there_is_a_certificate() {
    let home = Home::with(Setting { tls: Some(tls()), ..Setting::default() }).await;
    let shown = Psql::new(&home).with("PGSSLMODE", "require").run("SELECT 1 + 1").await;
    assert_eq!(shown.out, "2\n", "{}", shown.error);
    // From this machine it may go without.
    let shown = Psql::new(&home).with("PGSSLMODE", "disable").run("SELECT 1 + 1").await;
    assert_eq!(shown.out, "2\n", "{}", shown.error);
}

#[tokio::test]
async fn what_is_sent_before_the_handshake_does_not_count_as_encrypted() {
    let home = Home::with(Setting { tls: Some(tls()), ..Setting::default() }).await;
    let mut raw = Raw::connect(home.address).await;
    let mut injected = vec![0, 0, 0, 8];
    injected.extend(80_877_103_u32.to_be_bytes());
    injected.extend(b"\0\0\0\x0d\0\x03\0\0user\0");
    raw.0.write_all(&injected).await.unwrap();
    let mut rest = Vec::new();
    raw.0.read_to_end(&mut rest).await.ok();
    assert!(rest.is_empty() || rest == b"S", "{rest:?}");
}

#[tokio::test]
async fn who_does_not_sign_in_is_not_waited_for() {
    let options = Options { opening: Duration::from_millis(50), ..Options::default() };
    let home = Home::with(Setting { options, ..Setting::default() }).await;
    let mut raw = Raw::connect(home.address).await;
    assert_eq!(raw.next().await, None);
}

#[tokio::test]
async fn who_takes_too_long_for_the_password_is_told() {
    let options = Options { opening: Duration::from_millis(50), ..Options::default() };
    let home = Home::with(Setting { options, ..Setting::default() }).await;
    let mut raw = Raw::connect(home.address).await;
    raw.start(&[("user", "ann"), ("database", "dev")]).await;
    assert_eq!(raw.answer().await.kind, 'R');
    let told = raw.answer().await;
    assert_eq!(told.error(), ("FATAL".to_owned(), "57014".to_owned()));
    assert_eq!(told.field(b'M').unwrap(), "the sign-in was stopped: it took longer than 0.05 s");
    assert_eq!(told.field(b'H').unwrap(), "connect again, with the password or token at hand");
    assert_eq!(raw.next().await, None);
}

#[tokio::test]
async fn there_are_only_so_many_connections() {
    let options = Options { connections: 1, ..Options::default() };
    let home = Home::with(Setting { options, ..Setting::default() }).await;
    let first = home.connect().await;
    let error = home.connect_as(&home.config()).await.unwrap_err();
    assert_eq!(state(&error), "53300");
    first.simple_query("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn nobody_takes_the_connections_of_all() {
    let options = Options { connections_each: 1, ..Options::default() };
    let home = Home::with(Setting { options, ..Setting::default() }).await;
    let first = home.connect().await;
    let error = home.connect_as(&home.config()).await.unwrap_err();
    assert_eq!(state(&error), "53300");
    assert_eq!(error.as_db_error().unwrap().message(), "you have 1 connections already");
    first.simple_query("SELECT 1").await.unwrap();
    drop(first);
    // The server notices that it has gone at some time after that.
    while home.connect_as(&home.config()).await.is_err() {}
}

#[tokio::test]
async fn idle_connections_end_with_the_server() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    home.begin_to_stop();
    assert_eq!(raw.answer().await.error(), ("FATAL".to_owned(), "57P01".to_owned()));
    home.stop().await;
}

#[tokio::test]
async fn a_group_of_messages_is_done_before_the_server_ends() {
    let home = Home::new().await;
    let (mut raw, _) = Raw::signed_in(home.address).await;
    raw.send(b'P', b"\0SELECT 1\0\0\0").await;
    raw.send(b'H', b"").await;
    assert_eq!(raw.answer().await.kind, '1');
    home.begin_to_stop();
    raw.send(b'S', b"").await;
    assert_eq!(raw.answer().await.kind, 'Z');
    assert_eq!(raw.answer().await.error(), ("FATAL".to_owned(), "57P01".to_owned()));
    home.stop().await;
}
