//! Who calls: the credential and what else the headers of a call say.

use arrow_flight::{BasicAuth, HandshakeRequest};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use outport_app::{
    gate::{Caller, Gate},
    identity::Credential,
};
use outport_model::principal::{Door, Purpose};
use prost::Message;
use tonic::{Extensions, Status, metadata::MetadataMap};

use crate::{
    connection::Peer,
    session::Sessions,
    status::{misread, status},
};

/// The header that says what the data is read for.
pub(crate) const PURPOSE: &str = "outport-purpose";

const AUTHORIZATION: &str = "authorization";

const AUTHORIZATION_OF_HANDSHAKE: &str = "auth-token-bin";

/// The clients in Go leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest name of a program that is put on record.
const LONGEST_CLIENT: usize = 200;

/// A credential was shown in a way that is not known.
#[derive(Debug)]
struct Unread;

/// What a call says of itself.
#[derive(Debug)]
pub(crate) struct Call {
    credential: Result<Option<Credential>, Unread>,
    purpose: Result<Option<Purpose>, Status>,
    client: Option<String>,
    from: String,
}

impl Call {
    /// What the headers of a call say.
    pub(crate) fn read(headers: &MetadataMap, extensions: &Extensions) -> Self {
        let client = headers.get("user-agent").and_then(|value| value.to_str().ok());
        Self {
            credential: credential(headers),
            purpose: purpose(headers),
            client: client.map(|name| name.chars().take(LONGEST_CLIENT).collect()),
            from: extensions.get::<Peer>().map(|Peer(address)| address.to_string()).unwrap_or_default(),
        }
    }

    /// The same with what the message of a handshake shows, where the headers show nothing.
    pub(crate) fn or_shown_by(mut self, message: &HandshakeRequest) -> Self {
        if !self.shows_credential() && !message.payload.is_empty() {
            let shown = BasicAuth::decode(&*message.payload).ok();
            self.credential = Ok(shown.map(|BasicAuth { username, password }| password_or_token(username, password)));
        }
        self
    }

    /// Whether it shows anything at all.
    pub(crate) fn shows_credential(&self) -> bool {
        !matches!(self.credential, Ok(None))
    }

    /// Who calls. Whoever shows nothing, or nothing that can be read, is on record too.
    pub(crate) async fn caller(&self, gate: &Gate, sessions: &Sessions) -> Result<Caller, Status> {
        let credential = match &self.credential {
            Ok(Some(credential)) => credential,
            Ok(None) => return Err(self.unrecognised(gate, nothing_shown())),
            Err(Unread) => return Err(self.unrecognised(gate, malformed())),
        };
        let session = match credential {
            Credential::Bearer(bearer) => sessions.find(bearer, gate.app().clock.now()),
            Credential::Password { .. } | Credential::Code(_) => None,
        };
        let caller = match session {
            Some(caller) => Caller { client: self.client.clone(), ..caller },
            None => {
                let known = gate.authenticate(credential, &self.from, Door::Flight, self.client.clone()).await;
                known.map_err(|error| status(&error, None))?
            }
        };
        match &self.purpose {
            Ok(purpose) => Ok(Caller { purpose: purpose.clone(), ..caller }),
            Err(told) => Err(misread(gate.begin(&caller, "a purpose that is not understood"), told)),
        }
    }

    fn unrecognised(&self, gate: &Gate, told: Status) -> Status {
        gate.unrecognised(&self.from, Door::Flight, self.client.clone());
        told
    }

    /// Ends the session that the call shows; `false` where it shows none.
    pub(crate) fn end_session(&self, sessions: &Sessions) -> bool {
        matches!(&self.credential, Ok(Some(Credential::Bearer(bearer))) if sessions.end(bearer))
    }

    /// What the client is to show from now on: a token stays what it is, for a password a session begins.
    pub(crate) fn bearer(
        &self,
        caller: &Caller,
        gate: &Gate,
        sessions: &Sessions,
        length: chrono::TimeDelta,
    ) -> Result<String, Status> {
        match &self.credential {
            Err(Unread) | Ok(None | Some(Credential::Code(_))) => Err(nothing_shown()),
            Ok(Some(Credential::Bearer(bearer))) => Ok(bearer.clone()),
            Ok(Some(Credential::Password { password, .. })) if caller.token.is_some() => Ok(password.clone()),
            Ok(Some(Credential::Password { .. })) => {
                let now = gate.app().clock.now();
                Ok(sessions.begin(caller, now, now + length))
            }
        }
    }
}

fn nothing_shown() -> Status {
    Status::unauthenticated("no credential was sent; connect with a user name and a password or an API token")
}

fn malformed() -> Status {
    Status::unauthenticated(
        "the header `authorization` is neither `Bearer <token>` nor `Basic <name:password in base64>`",
    )
}

fn credential(headers: &MetadataMap) -> Result<Option<Credential>, Unread> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(token_of_handshake(headers)) };
    let (scheme, value) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Unread)?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Some(Credential::Bearer(value.to_owned())));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Unread);
    }
    let decoded = BASE64.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or(Unread)?;
    let (user, password) = decoded.split_once(':').ok_or(Unread)?;
    Ok(Some(password_or_token(user.to_owned(), password.to_owned())))
}

/// Older clients show what the handshake gave in a header of its own.
fn token_of_handshake(headers: &MetadataMap) -> Option<Credential> {
    let bytes = headers.get_bin(AUTHORIZATION_OF_HANDSHAKE)?.to_bytes().ok()?;
    String::from_utf8(bytes.into()).ok().map(Credential::Bearer)
}

/// A token says whose it is, so that the name may be left out.
fn password_or_token(user: String, password: String) -> Credential {
    if user.is_empty() { Credential::Bearer(password) } else { Credential::Password { user, password } }
}

fn purpose(headers: &MetadataMap) -> Result<Option<Purpose>, Status> {
    let Some(value) = headers.get(PURPOSE) else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| "it is not UTF-8".to_owned());
    let purpose = text.and_then(|text| text.parse::<Purpose>().map_err(|error| error.to_string()));
    purpose
        .map(Some)
        .map_err(|reason| Status::invalid_argument(format!("the header `{PURPOSE}` is not a purpose: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Call {
        let mut map = MetadataMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Call::read(&map, &Extensions::new())
    }

    fn shown(authorization: &str) -> Option<(Option<String>, String)> {
        match read(&[("authorization", authorization)]).credential.ok()?? {
            Credential::Password { user, password } => Some((Some(user), password)),
            Credential::Bearer(bearer) => Some((None, bearer)),
            Credential::Code(_) => None,
        }
    }

    #[test]
    fn credentials_are_read_as_clients_write_them() {
        let basic = |text: &str| BASE64.encode(text);
        assert_eq!(shown("Bearer abc"), Some((None, "abc".to_owned())));
        assert_eq!(shown("bearer  abc "), Some((None, "abc".to_owned())));
        assert_eq!(shown(&format!("Basic {}", basic("ada:a:b"))), Some((Some("ada".to_owned()), "a:b".to_owned())));
        assert_eq!(shown(&format!("basic {}", basic(":token"))), Some((None, "token".to_owned())));
        assert_eq!(shown("Basic YWRhOmE"), Some((Some("ada".to_owned()), "a".to_owned())), "without padding");
        for wrong in ["Bearer", "Digest abc", "Basic ???", "Basic YWRh"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn older_clients_show_what_the_handshake_gave() {
        let mut headers = MetadataMap::new();
        headers.insert_bin(AUTHORIZATION_OF_HANDSHAKE, tonic::metadata::MetadataValue::from_bytes(b"abc"));
        let call = Call::read(&headers, &Extensions::new());
        assert!(matches!(call.credential, Ok(Some(Credential::Bearer(bearer))) if bearer == "abc"));
    }

    #[test]
    fn a_handshake_may_show_its_credential_in_its_message() {
        let shown = BasicAuth { username: "ada".to_owned(), password: "secret".to_owned() };
        let message = HandshakeRequest { protocol_version: 0, payload: shown.encode_to_vec().into() };
        let call = read(&[]);
        assert!(!call.shows_credential());
        assert!(matches!(call.or_shown_by(&message).credential, Ok(Some(Credential::Password { .. }))));
        let call = read(&[("authorization", "Bearer abc")]).or_shown_by(&message);
        assert!(matches!(call.credential, Ok(Some(Credential::Bearer(_)))), "the header comes first");
        let call = read(&[("authorization", "Digest abc")]).or_shown_by(&message);
        assert!(matches!(call.credential, Err(Unread)), "also where it cannot be read");
    }

    #[test]
    fn a_purpose_is_one_line() {
        assert_eq!(read(&[(PURPOSE, " churn ")]).purpose.unwrap().unwrap().as_str(), "churn");
        assert_eq!(read(&[(PURPOSE, " ")]).purpose.unwrap_err().code(), tonic::Code::InvalidArgument);
        assert!(read(&[]).purpose.unwrap().is_none());
    }
}
