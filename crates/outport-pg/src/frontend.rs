//! What clients send, read with care: nothing here may panic, whatever the bytes are.
//!
//! The decoders of `pgwire` 0.41 take counts and lengths on trust, so that a short message ends the task with a panic.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};

/// The first message of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The client wants TLS.
    Tls,
    /// The client wants encryption by GSSAPI.
    Gss,
    /// The client wants a statement on another connection stopped.
    Cancel {
        /// Which connection.
        process: i32,
        /// What proves that it is theirs.
        secret: Bytes,
    },
    /// The client begins a session.
    Start {
        /// The minor version of protocol 3.
        minor: u16,
        /// `user`, `database`, `options` and settings.
        parameters: BTreeMap<String, String>,
    },
}

/// Codes that stand in the place of a version.
const CANCEL: u32 = 80_877_102;
const TLS: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

impl Opening {
    /// Reads a first message, without its length. `None` where it is not one, or is of a version other than 3.
    pub(crate) fn read(mut body: Bytes) -> Option<Self> {
        match body.try_get_u32().ok()? {
            CANCEL => {
                let process = body.try_get_i32().ok()?;
                (4..=256).contains(&body.len()).then_some(Self::Cancel { process, secret: body })
            }
            TLS if body.is_empty() => Some(Self::Tls),
            GSS if body.is_empty() => Some(Self::Gss),
            version if version >> 16 == 3 => {
                let mut parameters = BTreeMap::new();
                loop {
                    let name = text(&mut body)?;
                    if name.is_empty() {
                        break;
                    }
                    let value = text(&mut body)?;
                    parameters.insert(name, value);
                }
                Some(Self::Start { minor: u16::try_from(version & 0xffff).unwrap_or_default(), parameters })
            }
            _ => None,
        }
    }
}

/// What a name in `Describe` and `Close` is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A prepared statement.
    Statement,
    /// A portal.
    Portal,
}

/// A message of a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// The password that was asked for.
    Password(String),
    /// Statements to be run, by the simple protocol.
    Query(String),
    /// A statement to be prepared.
    Parse {
        /// Its name; empty for the unnamed one.
        name: String,
        /// Its text.
        sql: String,
        /// The ids of the types of its parameters; 0 where the server is to tell.
        types: Vec<u32>,
    },
    /// Values for a prepared statement.
    Bind(Bind),
    /// What would come of a statement or portal.
    Describe(Target, String),
    /// Rows of a portal.
    Execute {
        /// Its name.
        portal: String,
        /// The most rows; 0 for all.
        limit: u32,
    },
    /// A statement or portal is not needed any more.
    Close(Target, String),
    /// The end of a group of messages.
    Sync,
    /// Send what there is.
    Flush,
    /// The end.
    Terminate,
    /// Part of `COPY … FROM STDIN`, which this door never asks for.
    Copy,
}

/// Values for a prepared statement.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Bind {
    /// The portal to be made.
    pub(crate) portal: String,
    /// The statement.
    pub(crate) statement: String,
    /// How the values are written.
    pub(crate) parameter_formats: Vec<i16>,
    /// The values.
    pub(crate) parameters: Vec<Option<Bytes>>,
    /// How the results are to be written.
    pub(crate) result_formats: Vec<i16>,
}

impl Message {
    /// Whether an error in it is followed by skipping everything up to the next `Sync`.
    pub(crate) fn is_extended(&self) -> bool {
        match self {
            Self::Parse { .. }
            | Self::Bind(_)
            | Self::Describe(..)
            | Self::Execute { .. }
            | Self::Close(..)
            | Self::Flush => true,
            Self::Password(_) | Self::Query(_) | Self::Sync | Self::Terminate | Self::Copy => false,
        }
    }

    /// Reads a message, without its length. `None` where it is not one.
    pub(crate) fn read(kind: u8, mut body: Bytes) -> Option<Self> {
        let body = &mut body;
        let message = match kind {
            b'p' => Self::Password(text(body)?),
            b'Q' => Self::Query(text(body)?),
            b'P' => {
                let (name, sql) = (text(body)?, text(body)?);
                let types = list(body, |body| body.try_get_u32().ok())?;
                Self::Parse { name, sql, types }
            }
            b'B' => Self::Bind(bind(body)?),
            b'D' => Self::Describe(target(body)?, text(body)?),
            b'E' => {
                let portal = text(body)?;
                // A negative limit is none, as it is for PostgreSQL.
                let limit = u32::try_from(body.try_get_i32().ok()?).unwrap_or(0);
                Self::Execute { portal, limit }
            }
            b'C' => Self::Close(target(body)?, text(body)?),
            b'S' => Self::Sync,
            b'H' => Self::Flush,
            b'X' => Self::Terminate,
            b'd' | b'c' | b'f' => return Some(Self::Copy),
            _ => return None,
        };
        body.is_empty().then_some(message)
    }
}

fn bind(body: &mut Bytes) -> Option<Bind> {
    let format = |body: &mut Bytes| body.try_get_i16().ok();
    Some(Bind {
        portal: text(body)?,
        statement: text(body)?,
        parameter_formats: list(body, format)?,
        parameters: list(body, |body| match body.try_get_i32().ok()? {
            -1 => Some(None),
            length => {
                let length = usize::try_from(length).ok()?;
                (length <= body.len()).then(|| Some(body.split_to(length)))
            }
        })?,
        result_formats: list(body, format)?,
    })
}

fn target(body: &mut Bytes) -> Option<Target> {
    match body.try_get_u8().ok()? {
        b'S' => Some(Target::Statement),
        b'P' => Some(Target::Portal),
        _ => None,
    }
}

/// Text that ends with a zero byte.
fn text(body: &mut Bytes) -> Option<String> {
    let end = body.iter().position(|byte| *byte == 0)?;
    let text = body.split_to(end);
    body.advance(1);
    String::from_utf8(text.to_vec()).ok()
}

/// A count of 16 bits without a sign, and as many items. Memory grows with what was sent, not with what was announced.
fn list<T>(body: &mut Bytes, item: impl Fn(&mut Bytes) -> Option<T>) -> Option<Vec<T>> {
    let count = body.try_get_u16().ok()?;
    (0..count).map(|_| item(body)).collect()
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_start_has_its_parameters() {
        let body = Bytes::from_static(b"\0\x03\0\0user\0ann\0database\0main\0\0");
        let parameters = [("user", "ann"), ("database", "main")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(Opening::read(body), Some(Opening::Start { minor: 0, parameters: parameters.into() }));
    }

    #[test]
    fn requests_in_the_place_of_a_start_are_told_apart() {
        let request = |code: u32, rest: &[u8]| {
            let mut body = BytesMut::new();
            body.put_u32(code);
            body.put_slice(rest);
            Opening::read(body.freeze())
        };
        assert_eq!(request(TLS, b""), Some(Opening::Tls));
        assert_eq!(request(GSS, b""), Some(Opening::Gss));
        assert_eq!(request(TLS, b"more"), None);
        assert_eq!(request(2 << 16, b"\0"), None, "protocol 2");
        let secret = Bytes::from_static(b"1234");
        assert_eq!(request(CANCEL, b"\0\0\0\x071234"), Some(Opening::Cancel { process: 7, secret }));
        assert_eq!(request(CANCEL, b"\0\0\0\x07"), None, "no secret");
    }

    #[test]
    fn a_bind_that_announces_more_than_it_has_is_no_message() {
        assert_eq!(Message::read(b'B', Bytes::from_static(b"\0\0\0\0\xff\xff")), None);
        assert_eq!(Message::read(b'B', Bytes::from_static(b"\0\0\0\0\0\x01\x7f\xff\xff\xff\0\0")), None);
        let empty = Bytes::from_static(b"\0\0\0\0\0\0\0\0");
        assert_eq!(Message::read(b'B', empty), Some(Message::Bind(Bind::default())));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(kind: u8, body: Vec<u8>) {
            let _ = Message::read(kind, body.clone().into());
            let _ = Opening::read(body.into());
        }
    }
}
