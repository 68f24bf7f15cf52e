//! Which hosts and pages requests may name, so that no page that someone happens to look at can reach the server by the
//! name of another host (DNS rebinding).

use url::Url;

use crate::Options;

/// The names of this machine for itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The hosts that requests may be sent to: the configured one, and this machine itself.
pub(super) fn hosts(options: &Options) -> Vec<String> {
    let configured = options.public_url.as_ref().and_then(Url::host_str);
    LOOPBACK.into_iter().chain(configured).map(str::to_owned).collect()
}

/// The origins of pages that may send requests: the configured ones; where nothing is configured, pages of this machine.
pub(super) fn origins(options: &Options) -> Vec<String> {
    let others = options.cors_origins.iter().filter_map(|origin| Url::parse(origin).ok());
    let configured: Vec<String> =
        options.public_url.iter().cloned().chain(others).filter_map(|url| origin(&url)).collect();
    if !configured.is_empty() {
        return configured;
    }
    LOOPBACK.into_iter().map(|host| format!("http://{host}:*")).collect()
}

/// The origin of an address, always with its port.
fn origin(url: &Url) -> Option<String> {
    Some(format!("{}://{}:{}", url.scheme(), url.host_str()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_configured_may_be_named() {
        let mut options = Options::default();
        assert_eq!(hosts(&options), ["localhost", "127.0.0.1", "[::1]"]);
        assert_eq!(origins(&options), ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"]);
        options.public_url = Some("https://data.example.org/".parse().unwrap());
        options.cors_origins = vec!["http://app.example.org:8080".to_owned()];
        assert_eq!(hosts(&options).last().unwrap(), "data.example.org");
        assert_eq!(origins(&options), ["https://data.example.org:443", "http://app.example.org:8080"]);
    }
}
