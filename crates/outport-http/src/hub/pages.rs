//! Serves the files of the hub.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::assets::File;
use crate::{known::knows, problem::Problem, state::Doors};

/// What a page may load and call: what is here, and nothing of anyone else. Styles are files, or set by scripts through
/// the object model; no page of another site may show it within its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// A file whose name says what is in it is kept for a year; of every other the browser asks whether it is still the
/// same.
const KEPT: [&str; 2] = ["no-cache", "public, max-age=31536000, immutable"];

/// How an answer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// Where the hub begins.
pub(super) async fn start() -> Redirect {
    Redirect::temporary("/hub/")
}

/// The page.
pub(super) async fn index(State(doors): State<Arc<Doors>>, headers: HeaderMap) -> Result<Response, Problem> {
    serve(&doors, "", &headers)
}

/// What is at a path of the hub.
pub(super) async fn page(
    State(doors): State<Arc<Doors>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    serve(&doors, &path, &headers)
}

fn serve(doors: &Doors, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let missing = || Problem::of_status(StatusCode::NOT_FOUND);
    let hub = doors.options.hub.as_ref().ok_or_else(missing)?;
    let file = if path.is_empty() { Some(hub.index()) } else { hub.at(path) };
    Ok(answer(file.ok_or_else(missing)?, headers))
}

fn answer(file: &File, headers: &HeaderMap) -> Response {
    let (coding, bytes) = coded(file, headers);
    let tag = format!("\"{}-{}\"", file.tag, coding.as_str());
    let mut response = if knows(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = bytes.into_response();
        set(&mut response, header::CONTENT_TYPE, file.asset.media_type);
        if coding != Coding::Identity {
            set(&mut response, header::CONTENT_ENCODING, coding.as_str());
        }
        response
    };
    let kept = KEPT[usize::from(file.is_hashed())];
    let own_window = HeaderName::from_static("cross-origin-opener-policy");
    for (name, value) in [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, kept),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (own_window, "same-origin"),
    ] {
        set(&mut response, name, value);
    }
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The shortest form of a file that the client can read.
fn coded(file: &File, headers: &HeaderMap) -> (Coding, &'static [u8]) {
    let forms = [(Coding::Brotli, file.asset.brotli), (Coding::Gzip, file.asset.gzip)];
    let read = |(coding, bytes): (Coding, Option<&'static [u8]>)| {
        bytes.filter(|_| accepts(headers, coding)).map(|bytes| (coding, bytes))
    };
    forms.into_iter().find_map(read).unwrap_or((Coding::Identity, file.asset.plain))
}

/// Whether `Accept-Encoding` names a coding, and not with the weight 0.
fn accepts(headers: &HeaderMap, coding: Coding) -> bool {
    let texts = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding.as_str()));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_only_used_where_it_is_read() {
        let accepts = |text: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, text.parse().unwrap())]);
            [Coding::Brotli, Coding::Gzip].map(|coding| accepts(&headers, coding))
        };
        assert_eq!(accepts("gzip, deflate, br, zstd"), [true, true]);
        assert_eq!(accepts("GZIP;q=0.5"), [false, true]);
        assert_eq!(accepts("br;q=0, gzip ; q=0.000"), [false, false]);
        assert_eq!(accepts("br; q=much"), [false, false]);
        assert_eq!(accepts("identity, brotli"), [false, false]);
        assert_eq!(accepts(""), [false, false]);
    }
}
