//! The server itself: TLS, and how it stops.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use outport_app::gate::Limits;
use outport_flight::Options;
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
