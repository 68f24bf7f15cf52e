//! What a client has already is not sent again: `ETag` and `If-None-Match` of RFC 9110, for what is only read.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use outport_model::audit::RequestId;
use serde::Serialize;

use crate::{problem::Problem, query::REQUEST};

/// A document, or that it is still the one that the client has, with the id under which the request is on record. The mark
/// is of what this caller is told and of nothing else.
pub(crate) fn reply(id: RequestId, headers: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    let document = serde_json::to_vec(value).map_err(|_| Problem::internal().with_request(id))?;
    let tag = format!("\"{}\"", &blake3::hash(&document).to_hex()[..32]);
    // Weak: the same document has several codings.
    let about = [(REQUEST, id.to_string()), (header::ETAG, format!("W/{tag}"))];
    Ok(if knows(headers, &tag) {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        (about, [(header::CONTENT_TYPE, "application/json")], document).into_response()
    })
}

/// Whether the client has what this mark is of.
pub(crate) fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let texts = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    texts
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_sent_again() {
        let knows =
            |text: &str| knows(&HeaderMap::from_iter([(header::IF_NONE_MATCH, text.parse().unwrap())]), "\"a-br\"");
        for known in ["\"a-br\"", "W/\"a-br\"", "\"x\", \"a-br\"", "*"] {
            assert!(knows(known), "{known}");
        }
        for other in ["\"a\"", "\"a-gzip\"", "a-br", ""] {
            assert!(!knows(other), "{other}");
        }
    }
}
