//! JSON pointers (RFC 6901).

use std::borrow::Cow;

/// A key as one segment of a pointer.
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { Cow::Owned(key.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(key) }
}

/// The pointer to a child of the node at `parent`.
pub fn join(parent: &str, key: impl AsRef<str>) -> String {
    format!("{parent}/{}", escape(key.as_ref()))
}

/// The pointer to the parent and the last segment as a key; `None` for the root.
pub fn split(pointer: &str) -> Option<(&str, String)> {
    pointer.rsplit_once('/').map(|(parent, last)| (parent, unescape(last)))
}

/// The segments of a pointer, as keys.
pub fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(unescape)
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
