//! Real connections.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use arrow::array::RecordBatch;
use futures::{SinkExt, StreamExt, channel::mpsc};
use outport_app::engine::EngineError;
use outport_http::Options;
use outport_model::audit::RequestResult;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::support::{ADA, Home, rows, schema};

const CERTIFICATE: &[u8] = include_bytes!("fixtures/localhost.crt");
const KEY: &[u8] = include_bytes!("fixtures/localhost.key");

struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start(home: &Home, tls: Option<Arc<rustls::ServerConfig>>, change: impl FnOnce(&mut Options)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let served = outport_http::serve(listener, tls, Arc::clone(&home.gate), home.options(change), shutdown.clone());
        Self { address, shutdown, task: tokio::spawn(served) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

fn asked(format: &str) -> String {
    format!(
        "POST /v1/sql?format={format} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADA}\r\nContent-Length: 8\r\n\r\nSELECT 1"
    )
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(end) {
        let mut piece = [0; 1024];
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "ended before {end:?}: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(read).unwrap()
}

/// Everything until the other end closes or breaks off.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8_lossy(&read).into_owned()
}

fn by_hand(home: &Home) -> mpsc::Sender<Result<RecordBatch, EngineError>> {
    let (sender, receiver) = mpsc::channel(0);
    let receiver = Mutex::new(Some(receiver));
    home.answer_with(move |_| Ok((schema(), receiver.lock().unwrap().take().expect("one query").boxed())));
    sender
}

#[tokio::test]
async fn requests_are_answered_and_the_address_is_told() {
    let home = Home::new().await;
    home.answer(vec![rows(&[(1, None, None)])]);
    let server = Server::start(&home, None, |_| ()).await;
    let mut stream = server.connect().await;
    stream.write_all(asked("ndjson").as_bytes()).await.unwrap();
    let reply = read_until(&mut stream, "\r\n0\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
    assert!(reply.contains("{\"id\":1,"), "{reply}");
    assert_eq!(home.authenticator.attempts(), ["127.0.0.1"]);
    server.stop().await;
}

#[tokio::test]
async fn requests_are_answered_over_tls() {
    let home = Home::new().await;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::from_pem_slice(KEY).unwrap())
        .unwrap();
    let server = Server::start(&home, Some(Arc::new(config)), |_| ()).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client.clone()));
    let name = || ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name(), server.connect().await).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let mut stream = connector.connect(name(), server.connect().await).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut reply = String::new();
    let _ = stream.read_to_string(&mut reply).await;
    assert!(reply.ends_with("{\"status\":\"alive\"}"), "{reply}");
    server.shutdown.cancel();
}

#[tokio::test]
async fn half_an_answer_has_no_end() {
    let home = Home::new().await;
    let mut engine = by_hand(&home);
    let server = Server::start(&home, None, |_| ()).await;
    let mut stream = server.connect().await;
    stream.write_all(asked("csv").as_bytes()).await.unwrap();
    engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
    let begun = read_until(&mut stream, "1,,").await;
    assert!(begun.to_lowercase().contains("transfer-encoding: chunked"), "{begun}");
    engine.send(Err(EngineError::Sealed { table: "t".to_owned(), reason: "r".to_owned() })).await.unwrap();
    let rest = read_all(&mut stream).await;
    assert!(!rest.contains("\r\n0\r\n"), "{rest:?}");
    server.stop().await;
}

#[tokio::test]
async fn who_hangs_up_stops_the_query() {
    let home = Home::new().await;
    let mut engine = by_hand(&home);
    let server = Server::start(&home, None, |_| ()).await;
    let mut stream = server.connect().await;
    stream.write_all(asked("csv").as_bytes()).await.unwrap();
    engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
    read_until(&mut stream, "1,,").await;
    drop(stream);
    // The engine's stream is gone once nobody can send to it any more.
    while engine.send(Ok(rows(&[(2, None, None)]))).await.is_ok() {}
    server.stop().await;
    assert_eq!(home.records()[0].result, RequestResult::Cancelled);
}

#[tokio::test]
async fn who_takes_nothing_stops_the_query() {
    let home = Home::new().await;
    let mut engine = by_hand(&home);
    let server = Server::start(&home, None, |options| options.stall_time = Duration::from_millis(50)).await;
    let mut stream = server.connect().await;
    stream.write_all(asked("csv").as_bytes()).await.unwrap();
    let wide = "x".repeat(1 << 20);
    while engine.send(Ok(rows(&[(1, Some(&wide), None)]))).await.is_ok() {}
    let read = read_all(&mut stream).await;
    assert!(!read.ends_with("\r\n0\r\n\r\n"));
    assert_eq!(home.records()[0].result, RequestResult::Cancelled);
    server.stop().await;
}

#[tokio::test]
async fn slow_heads_are_not_waited_for() {
    let home = Home::new().await;
    let server = Server::start(&home, None, |options| options.receive_time = Duration::from_millis(50)).await;
    for beginning in ["", "PRI * HT", "GET /health HTTP/1.1\r\nHost:"] {
        let mut stream = server.connect().await;
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let read = read_all(&mut stream).await;
        assert!(!read.contains(" 200 "), "{beginning:?}: {read}");
    }
    server.stop().await;
}

#[tokio::test]
async fn connections_without_requests_are_closed() {
    let home = Home::new().await;
    let mut engine = by_hand(&home);
    let server = Server::start(&home, None, |options| options.idle_time = Duration::from_millis(50)).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let read = read_all(&mut stream).await;
    assert!(read.contains("alive"), "{read}");
    // What takes its time is not idle.
    let mut stream = server.connect().await;
    stream.write_all(asked("ndjson").as_bytes()).await.unwrap();
    engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
    read_until(&mut stream, "\"id\":1").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    engine.send(Ok(rows(&[(2, None, None)]))).await.unwrap();
    engine.close_channel();
    read_until(&mut stream, "\r\n0\r\n\r\n").await;
    server.stop().await;
}

#[tokio::test]
async fn heads_have_a_greatest_size() {
    let home = Home::new().await;
    let server = Server::start(&home, None, |_| ()).await;
    let mut stream = server.connect().await;
    let head = format!("GET /health HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
    let _ = stream.write_all(head.as_bytes()).await;
    let read = read_all(&mut stream).await;
    assert!(read.is_empty() || read.starts_with("HTTP/1.1 431"), "{read}");
    server.stop().await;
}

#[tokio::test]
async fn answers_under_way_are_ended_before_the_server_is() {
    let home = Home::new().await;
    let mut engine = by_hand(&home);
    let server = Server::start(&home, None, |_| ()).await;
    let mut stream = server.connect().await;
    stream.write_all(asked("ndjson").as_bytes()).await.unwrap();
    engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
    read_until(&mut stream, "\"id\":1").await;
    let mut idle = server.connect().await;
    server.shutdown.cancel();
    assert_eq!(read_all(&mut idle).await, "", "a connection without a request is closed");
    engine.send(Ok(rows(&[(2, None, None)]))).await.unwrap();
    engine.close_channel();
    let rest = read_all(&mut stream).await;
    assert!(rest.contains("\"id\":2") && rest.ends_with("\r\n0\r\n\r\n"), "{rest:?}");
    server.task.await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn what_does_not_end_in_time_is_broken_off() {
    let home = Home::new().await;
    let mut engine = by_hand(&home);
    let server = Server::start(&home, None, |options| options.drain_time = Duration::from_millis(50)).await;
    let mut stream = server.connect().await;
    stream.write_all(asked("json").as_bytes()).await.unwrap();
    engine.send(Ok(rows(&[(1, None, None)]))).await.unwrap();
    read_until(&mut stream, "\"id\":1").await;
    server.stop().await;
    let rest = read_all(&mut stream).await;
    assert!(!rest.contains("\r\n0\r\n"), "{rest:?}");
}
