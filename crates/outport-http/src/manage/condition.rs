//! What has to be on record for a change to be made: `If-Match` and `If-None-Match` of RFC 9110.
//!
//! Whoever changes what they have looked at sends the `ETag` that it had. Where someone else was faster, nothing is changed.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use outport_app::{
    gate::SeenQuestion,
    identity::{User, WorkspacePolicies},
};
use serde_json::{Value, json};

use crate::problem::Problem;

/// The mark of what is on record, which is another one as soon as anything of that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag(String);

impl Tag {
    /// That of a user; of a password it tells that there is a new one.
    pub(super) fn of_user(user: &User) -> Self {
        Self::of(&json!([user, user.password_hash]))
    }

    /// That of a policy file.
    pub(super) fn of_policies(policies: &WorkspacePolicies) -> Self {
        Self::of(&json!(policies))
    }

    /// That of a saved question.
    pub(super) fn of_question(question: &SeenQuestion) -> Self {
        Self::of(&json!(question))
    }

    fn of(value: &Value) -> Self {
        let hash = blake3::hash(value.to_string().as_bytes()).to_hex();
        Self(format!("\"{}\"", &hash[..32]))
    }

    /// As the header of an answer.
    pub(super) fn header(&self) -> [(HeaderName, HeaderValue); 1] {
        let value = HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        [(header::ETAG, value)]
    }
}

/// What a client wants to be on record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Whatever it is.
    Anything,
    /// Nothing.
    Nothing,
    /// Something.
    Something,
    /// What has one of these marks.
    OneOf(Vec<Tag>),
}

impl Condition {
    /// What the headers of a request say.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let matching = tags(headers, &header::IF_MATCH)?;
        let unlike = tags(headers, &header::IF_NONE_MATCH)?;
        match (matching, unlike) {
            (None, None) => Ok(Self::Anything),
            (Some(matching), None) if matching == [Tag("*".to_owned())] => Ok(Self::Something),
            (Some(matching), None) => Ok(Self::OneOf(matching)),
            (None, Some(unlike)) if unlike == [Tag("*".to_owned())] => Ok(Self::Nothing),
            _ => Err(Problem::bad_request("the condition is not understood here")
                .with_help("send `If-Match` with the `ETag` that you have, or `If-None-Match: *` for what is new")),
        }
    }

    /// Whether it is met by what is on record.
    pub(super) fn is_met(&self, found: Option<&Tag>) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => found.is_none(),
            Self::Something => found.is_some(),
            Self::OneOf(tags) => found.is_some_and(|found| tags.contains(found)),
        }
    }
}

/// The marks in a header; `None` where it is not there.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Vec<Tag>>, Problem> {
    let mut tags: Option<Vec<Tag>> = None;
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| Problem::bad_request(format!("the header `{name}` cannot be read")))?;
        // Marks that are made here have no comma; those with one are none of them, in whatever pieces.
        let all = text.split(',').map(|tag| Tag(tag.trim().to_owned()));
        tags.get_or_insert_default().extend(all);
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sent: &[(HeaderName, &'static str)]) -> Result<Condition, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name, HeaderValue::from_static(value));
        }
        Condition::of(&headers)
    }

    #[test]
    fn conditions_are_as_clients_write_them() {
        let (known, other) = (Tag("\"a\"".to_owned()), Tag("\"b\"".to_owned()));
        let met = |sent: &[(HeaderName, &'static str)]| {
            let condition = read(sent).unwrap();
            [Some(&known), Some(&other), None].map(|found| condition.is_met(found))
        };
        assert_eq!(met(&[]), [true, true, true]);
        assert_eq!(met(&[(header::IF_MATCH, "*")]), [true, true, false]);
        assert_eq!(met(&[(header::IF_MATCH, "\"a\"")]), [true, false, false]);
        assert_eq!(met(&[(header::IF_MATCH, "\"x\", \"a\"")]), [true, false, false]);
        assert_eq!(met(&[(header::IF_MATCH, "\"x\""), (header::IF_MATCH, "\"b\"")]), [false, true, false]);
        // A weak mark is not good enough for a change.
        assert_eq!(met(&[(header::IF_MATCH, "W/\"a\"")]), [false, false, false]);
        assert_eq!(met(&[(header::IF_NONE_MATCH, "*")]), [false, false, true]);
        assert!(read(&[(header::IF_NONE_MATCH, "\"a\"")]).is_err());
        assert!(read(&[(header::IF_MATCH, "\"a\""), (header::IF_NONE_MATCH, "*")]).is_err());
    }
}
