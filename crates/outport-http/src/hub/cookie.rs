//! How a browser keeps a session: as a cookie that no script reads and no other site sends.

use axum::extract::Request;
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, header};
use outport_app::gate::SESSION;

/// The names of the cookie of a session: over plain connections, and over encrypted ones, where browsers let nobody but
/// this very host set a cookie with such a name.
const NAMES: [&str; 2] = ["outport_session", "__Host-outport_session"];

/// The name of the cookie of someone who is on the way to an identity provider and back.
pub(super) const FLOW: &str = "outport_sign_in";

/// The only paths that are told of them.
const FLOW_PATH: &str = "/v1/session";

/// A session that a request shows, and nothing else.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    /// This one, of a page of this server.
    Session {
        /// What was kept.
        secret: String,
        /// Whether the browser reaches the server by an encrypted connection.
        secure: bool,
    },
    /// One that another page sends along, for whatever the browser lets it: it is in nobody's name.
    Foreign,
}

/// The session of a request. Whoever sends `Authorization` means that, and no cookie.
///
/// What changes nothing may also come of no page at all: of an address that someone opens.
pub(super) fn shown(request: &Request, own: Option<bool>, secure: bool) -> Option<Shown> {
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) {
        return None;
    }
    let secret = value(headers, name(secure))?.to_owned();
    let accepted = own.unwrap_or(request.method().is_safe());
    Some(if accepted { Shown::Session { secret, secure } } else { Shown::Foreign })
}

fn name(secure: bool) -> &'static str {
    NAMES[usize::from(secure)]
}

/// The value of the one cookie with the name; of several nobody knows which is meant.
pub(super) fn value<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value);
    values.next().filter(|value| !value.is_empty() && values.next().is_none())
}

/// Lets the browser keep a session; `secure` where it reaches the server by an encrypted connection.
pub(super) fn kept(secret: &str, secure: bool) -> Option<HeaderValue> {
    HeaderValue::from_str(&session(secret, SESSION.num_seconds(), secure)).ok()
}

/// Has the browser forget its session.
pub(crate) fn forgotten(secure: bool) -> Option<HeaderValue> {
    HeaderValue::from_str(&session("", 0, secure)).ok()
}

fn session(secret: &str, seconds: i64, secure: bool) -> String {
    let (name, secure) = (name(secure), if secure { "; Secure" } else { "" });
    format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Lets the browser keep where someone is on the way to. It is sent along when the provider's page sends them back.
pub(super) fn flow(sealed: &str, secure: bool, lasting: TimeDelta) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = lasting.num_seconds();
    let text = format!("{FLOW}={sealed}; Path={FLOW_PATH}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Has the browser forget it.
pub(super) fn flow_forgotten() -> HeaderValue {
    HeaderValue::from_static("outport_sign_in=; Path=/v1/session; Max-Age=0; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_has_the_name() {
        let find = |texts: &[&str]| {
            let mut headers = HeaderMap::new();
            for text in texts {
                headers.append(header::COOKIE, text.parse().unwrap());
            }
            value(&headers, name(false)).map(str::to_owned)
        };
        assert_eq!(find(&["outport_session=a_1"]).as_deref(), Some("a_1"));
        assert_eq!(find(&["theme=dark;outport_session=a=b ; x"]).as_deref(), Some("a=b"));
        assert_eq!(find(&["theme=dark", "outport_session=a"]).as_deref(), Some("a"));
        for none in
            [&[][..], &["outport_session="], &["Outport_Session=a"], &["my_outport_session=a"], &["outport_session"]]
        {
            assert_eq!(find(none), None, "{none:?}");
        }
        assert_eq!(find(&["outport_session=a; outport_session=b"]), None);
        assert_eq!(find(&["outport_session=a", "outport_session=a"]), None);
    }

    #[test]
    fn what_forgets_has_the_name_of_what_is_kept() {
        let head = |value: &HeaderValue| value.to_str().unwrap().split('=').next().unwrap().to_owned();
        for secure in [false, true] {
            assert_eq!(head(&kept("x", secure).unwrap()), head(&forgotten(secure).unwrap()));
        }
        let flow = flow("x", false, TimeDelta::minutes(1)).unwrap();
        let part = |value: &HeaderValue, part: usize| value.to_str().unwrap().split("; ").nth(part).unwrap().to_owned();
        assert_eq!((head(&flow), part(&flow, 1)), (head(&flow_forgotten()), part(&flow_forgotten(), 1)));
    }
}
