//! An identity provider: an HTTP server with keys, and JWTs that are signed with them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use outport_identity::{KeySource, Provider, SigningAlgorithm};
use outport_test::fixture::moment;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A key that signs.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    secret: EncodingKey,
}

pub(crate) fn rsa_one() -> Key {
    rsa("one", include_bytes!("keys/rsa-one.pem"))
}

pub(crate) fn rsa_two() -> Key {
    rsa("two", include_bytes!("keys/rsa-two.pem"))
}

fn rsa(id: &'static str, pem: &[u8]) -> Key {
    Key { id, algorithm: Algorithm::RS256, secret: EncodingKey::from_rsa_pem(pem).unwrap() }
}

pub(crate) fn p256() -> Key {
    let secret = EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem")).unwrap();
    Key { id: "curve", algorithm: Algorithm::ES256, secret }
}

pub(crate) fn ed25519() -> Key {
    let secret = EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem")).unwrap();
    Key { id: "edwards", algorithm: Algorithm::EdDSA, secret }
}

impl Key {
    /// The public part.
    pub(crate) fn public(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.secret, self.algorithm).unwrap();
        key.common.key_id = Some(self.id.to_owned());
        key.common.key_algorithm = None;
        serde_json::to_value(key).unwrap()
    }

    /// A JWT with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.id, self.algorithm, claims)
    }

    pub(crate) fn sign_as(&self, id: &str, algorithm: Algorithm, claims: &Value) -> String {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(algorithm) };
        jsonwebtoken::encode(&header, claims, &self.secret).unwrap()
    }
}

/// A JWT with a header of one's own, signed by nobody.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

/// A JWT that is signed with a secret that both sides know.
pub(crate) fn with_secret(id: &str, secret: &[u8], claims: &Value) -> String {
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// What the server answers.
#[derive(Clone)]
pub(crate) enum Answer {
    Keys(Vec<Value>),
    Text(String),
    Status(u16, &'static str),
    /// A body without a length, so that only its end tells how long it is.
    Endless,
    /// The connection breaks.
    Nothing,
}

/// A server that tells the keys.
pub(crate) struct Issuer {
    pub(crate) provider: Provider,
    pub(crate) address: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    pub(crate) async fn new(name: &str, keys: &[Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/keys", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new(Answer::Keys(keys.iter().map(Key::public).collect())));
        let asked = Arc::new(AtomicUsize::new(0));
        tokio::spawn(serve(listener, Arc::clone(&answer), Arc::clone(&asked)));
        let issuer = format!("https://{name}.example.com");
        let source = KeySource::from(address.clone());
        let mut provider = Provider::new(name.parse().unwrap(), issuer, "outport", source);
        provider.algorithms.insert(SigningAlgorithm::EdDsa);
        Self { provider, address, answer, asked }
    }

    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(crate) fn has(&self, keys: &[Key]) {
        self.answers(Answer::Keys(keys.iter().map(Key::public).collect()));
    }

    /// How often it was asked for the keys.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Claims of `ada` that end this many seconds after the first moment.
    pub(crate) fn claims(&self, end: i64) -> Value {
        json!({"iss": self.provider.issuer, "aud": "outport", "sub": "ada", "exp": moment(end).timestamp()})
    }
}

async fn serve(listener: TcpListener, answer: Arc<Mutex<Answer>>, asked: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => break,
            }
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let answer = answer.lock().unwrap().clone();
        // The client may be gone, for good reason.
        let _ = stream.write_all(&response(answer)).await;
    }
}

fn response(answer: Answer) -> Vec<u8> {
    let whole = |status: u16, header: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n{header}connection: close\r\n\r\n{body}")
            .into_bytes()
    };
    match answer {
        Answer::Keys(keys) => whole(200, "", &json!({ "keys": keys }).to_string()),
        Answer::Text(text) => whole(200, "", &text),
        Answer::Status(status, header) => whole(status, header, ""),
        Answer::Endless => {
            let mut response = b"HTTP/1.1 200 -\r\nconnection: close\r\n\r\n{\"keys\": [".to_vec();
            response.resize(300 * 1024, b' ');
            response.extend_from_slice(b"]}");
            response
        }
        Answer::Nothing => Vec::new(),
    }
}
