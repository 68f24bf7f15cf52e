//! A client that sends whatever a test wants, message by message.

use std::net::SocketAddr;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection.
pub(crate) struct Raw(pub(crate) TcpStream);

/// A message of the server: its kind and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) kind: char,
    pub(crate) body: Bytes,
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Connected, and signed in as ann.
    pub(crate) async fn signed_in(address: SocketAddr) -> (Self, (i32, i32)) {
        let mut raw = Self::connect(address).await;
        raw.start(&[("user", "ann"), ("database", "dev")]).await;
        assert_eq!(raw.answer().await.kind, 'R');
        raw.send(b'p', b"ann's secret\0").await;
        let answers = raw.answers().await;
        let mut key = answers.iter().find(|answer| answer.kind == 'K').unwrap().body.clone();
        (raw, (key.get_i32(), key.get_i32()))
    }

    pub(crate) async fn start(&mut self, parameters: &[(&str, &str)]) {
        let mut body = BytesMut::new();
        body.put_u32(3 << 16);
        for (name, value) in parameters {
            body.put_slice(format!("{name}\0{value}\0").as_bytes());
        }
        body.put_u8(0);
        self.send_untyped(&body).await;
    }

    pub(crate) async fn send_untyped(&mut self, body: &[u8]) {
        self.0.write_u32(u32::try_from(body.len() + 4).unwrap()).await.unwrap();
        self.0.write_all(body).await.unwrap();
    }

    pub(crate) async fn send(&mut self, kind: u8, body: &[u8]) {
        self.0.write_u8(kind).await.unwrap();
        self.send_untyped(body).await;
    }

    /// The next message; `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Answer> {
        let kind = char::from(self.0.read_u8().await.ok()?);
        let length = self.0.read_u32().await.ok()?;
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer { kind, body: body.into() })
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.next().await.expect("a message")
    }

    /// Every message up to the next `ReadyForQuery`, and that one.
    pub(crate) async fn answers(&mut self) -> Vec<Answer> {
        let mut answers = vec![self.answer().await];
        while answers.last().unwrap().kind != 'Z' {
            answers.push(self.answer().await);
        }
        answers
    }

    /// The kinds of all messages up to the next `ReadyForQuery`.
    pub(crate) async fn kinds(&mut self) -> String {
        self.answers().await.iter().map(|answer| answer.kind).collect()
    }
}

impl Answer {
    /// A field of an error.
    pub(crate) fn field(&self, wanted: u8) -> Option<String> {
        assert_eq!(self.kind, 'E', "{self:?}");
        let mut fields = self.body.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        fields.find(|field| field[0] == wanted).map(|field| String::from_utf8(field[1..].to_vec()).unwrap())
    }

    /// Severity and SQLSTATE of an error.
    pub(crate) fn error(&self) -> (String, String) {
        (self.field(b'S').unwrap(), self.field(b'C').unwrap())
    }

    /// The text that the body begins with.
    pub(crate) fn text(&self) -> String {
        let end = self.body.iter().position(|byte| *byte == 0).unwrap_or(self.body.len());
        String::from_utf8(self.body[..end].to_vec()).unwrap()
    }
}
