//! A running server in the place of the home: the client of the management API (`docs/doors/management.md`).
//!
//! - [`Settings`]: which server, and what is shown to it;
//! - `client`: requests and answers; `problem`: what an error of the server is here;
//! - `people`, `access` and `feedback`: users, tokens, requests, agreements, policies, what people say;
//! - `bundles`: what is sent of bundles; `task`: applies and runs, followed to their end; `rows`: answers to queries.
//!
//! **Invariant**: a token is sent to nobody but the server that was named, over TLS or to the same machine.

mod access;
mod bundles;
mod client;
mod feedback;
mod people;
mod problem;
mod rows;
mod task;

use std::path::PathBuf;

use url::Url;

pub(crate) use self::{
    access::PolicyTrial,
    bundles::{Change, SentDocuments, change, documents},
    client::Server,
    people::Seen,
};
use crate::{failure::Failure, tls};

/// Which server, and what is shown to it.
#[derive(Clone)]
pub(crate) struct Settings {
    url: Url,
    token: String,
    /// Certificates in PEM of whoever vouches for the server, beside those that the machine trusts.
    authorities: Option<PathBuf>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Settings {
    /// Checks what was set. The token is in a file, or in `OUTPORT_TOKEN`: on a command line others could see it.
    pub(crate) fn new(url: &str, token_file: Option<PathBuf>, authorities: Option<PathBuf>) -> Result<Self, Failure> {
        let url = address(url)?;
        let token = match token_file {
            Some(file) => std::fs::read_to_string(&file).map_err(|error| {
                argument(format!("`{}`: {error}", file.display()), "name a file that has the token")
            })?,
            None => std::env::var("OUTPORT_TOKEN").unwrap_or_default(),
        };
        let token = token.trim().to_owned();
        if token.is_empty() || token.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let message = format!("there is no token for `{url}`");
            return Err(argument(message, "set `OUTPORT_TOKEN`, or name a file with `--token-file`"));
        }
        Ok(Self { url, token, authorities })
    }
}

/// The address of a server, to which a token can be sent.
fn address(text: &str) -> Result<Url, Failure> {
    let form = "write it like `https://data.example.org`";
    let url =
        Url::parse(text).map_err(|error| argument(format!("`{text}` is no address of a server: {error}"), form))?;
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || !bare {
        return Err(argument(format!("`{text}` is no address of a server"), form));
    }
    if url.scheme() == "http" && !tls::stays_here(&url) {
        let message = format!("`{text}` is another machine, and `http` would show everyone between the token");
        return Err(argument(message, "use `https`; `http` is only for a server on this machine"));
    }
    Ok(url)
}

fn argument(message: String, help: &str) -> Failure {
    Failure::Argument { message, help: help.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_sent_encrypted_or_to_this_machine() {
        for right in [
            "https://data.example.org",
            "https://x/outport",
            "http://127.0.0.1:7411",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "data.example.org",
            "http://data.example.org",
            "http://10.0.0.1:7411",
            "http://localhost.example.org",
            "ftp://data.example.org",
            "https://ann:secret@data.example.org",
            "https://data.example.org/?x=1",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
