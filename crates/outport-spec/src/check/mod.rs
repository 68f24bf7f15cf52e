//! Checks of documents beyond their schemas that need no other document.

pub(crate) mod secret;
