//! The server itself: TLS, and how it stops.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use outport_app::gate::Limits;
use outport_flight::Options;
use outport_model::audit::RequestResult;
use tokio::net::TcpStream;
use tonic::{
    Code,
    transport::{Certificate, ClientTlsConfig, Endpoint},
};

use crate::world::{Client, PASSWORD, World, query, soon, status, ticket};

const SQL: &str = "SELECT * FROM shop_sales.daily";

/// A server's identity for `localhost`, and the certificate that vouches for it.
fn identity() -> (Arc<rustls::ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), made.cert.pem())
}

#[tokio::test]
async fn tls_is_spoken_where_there_is_an_identity() {
    let (config, certificate) = identity();
    let world = World::with(Options::default(), Some(config), Limits::default()).await;
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(certificate)).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", world.address)).unwrap().tls_config(tls).unwrap();
    let mut client = Client::new(endpoint.connect().await.unwrap());
    client.handshake("ada", PASSWORD).await.unwrap();
    assert_eq!(query(&mut client, SQL).await.unwrap()[0].num_rows(), 3);
}

#[tokio::test]
async fn whoever_does_not_speak_tls_keeps_nobody_waiting() {
    let (config, certificate) = identity();
    let world = World::with(Options::default(), Some(config), Limits::default()).await;
    let silent = TcpStream::connect(world.address).await.unwrap();
    let plain = Endpoint::from_shared(format!("http://{}", world.address)).unwrap();
    let mut stranger = Client::new(plain.connect_lazy());
    soon(stranger.handshake("ada", PASSWORD)).await.unwrap_err();
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(certificate)).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", world.address)).unwrap().tls_config(tls).unwrap();
    let mut client = Client::new(soon(endpoint.connect()).await.unwrap());
    soon(client.handshake("ada", PASSWORD)).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn a_server_stops_once_nothing_flows() {
    let mut world = World::new().await;
    let mut client = world.client("ada").await;
    query(&mut client, SQL).await.unwrap();
    world.shutdown.cancel();
    soon(&mut world.server).await.unwrap().unwrap();
    assert!(TcpStream::connect(world.address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn what_flows_too_long_is_cut_off_when_a_server_stops() {
    let options = Options { drain: Duration::ZERO, ..Options::default() };
    let mut world = World::with(options, None, Limits::default()).await;
    let mut client = world.client("ada").await;
    let info = client.execute("SELECT endless".to_owned(), None).await.unwrap();
    let mut rows = client.do_get(ticket(&info)).await.unwrap();
    soon(rows.next()).await.unwrap().unwrap();
    world.shutdown.cancel();
    assert_eq!(status(soon(rows.next()).await.unwrap()).code(), Code::Unavailable);
    soon(&mut world.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn headers_are_only_so_long() {
    let world = World::new().await;
    let mut client = world.client("ada").await;
    client.set_header("x-long", "x".repeat(64 << 10));
    soon(client.execute(SQL.to_owned(), None)).await.unwrap_err();
    let mut other = world.client("ada").await;
    soon(query(&mut other, SQL)).await.unwrap();
}

#[tokio::test]
async fn there_are_only_so_many_connections() {
    let options = Options { connections: 1, ..Options::default() };
    let world = World::with(options, None, Limits::default()).await;
    let first = world.client("ada").await;
    let endpoint = Endpoint::from_shared(format!("http://{}", world.address)).unwrap();
    let mut second = Client::new(endpoint.connect_lazy());
    let waits = tokio::time::timeout(Duration::from_millis(100), second.handshake("ada", PASSWORD)).await;
    assert!(waits.is_err(), "there is no room");
    drop(first);
    soon(second.handshake("ada", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn who_accepts_nothing_stops_the_query() {
    let options = Options { message_bytes: 16 << 10, stall: Duration::from_millis(50), ..Options::default() };
    let world = World::with(options, None, Limits::default()).await;
    let window = 65_535;
    let endpoint = Endpoint::from_shared(format!("http://{}", world.address)).unwrap();
    let endpoint = endpoint.initial_stream_window_size(window).initial_connection_window_size(window);
    let mut client = Client::new(endpoint.connect().await.unwrap());
    client.handshake("ada", PASSWORD).await.unwrap();
    let info = client.execute("SELECT many".to_owned(), None).await.unwrap();
    let mut rows = client.do_get(ticket(&info)).await.unwrap();
    soon(rows.next()).await.unwrap().unwrap();
    let stopped = async {
        while !world.records().iter().any(|record| record.result == RequestResult::Cancelled) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon(stopped).await;
    let broken = soon(async {
        loop {
            if let Err(error) = rows.next().await.expect("the rows are broken off") {
                break Err::<(), _>(error);
            }
        }
    });
    assert_eq!(status(broken.await).code(), Code::Cancelled);
}
