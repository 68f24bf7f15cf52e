//! Whether a page of this server sends a request. A browser says so, and no page can make it say something else.

use http::{HeaderMap, HeaderName, Uri, header};
use url::Url;

/// The header in which a browser says from where a request comes (Fetch Metadata).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a page of this server sends a request; `None` where nothing is said of a page, as of what someone types into
/// the address bar, and of programs. `public` is where clients reach the server, where that is configured.
pub(super) fn is_own_page(headers: &HeaderMap, uri: &Uri, public: Option<&Url>) -> Option<bool> {
    if let Some(site) = headers.get(SITE) {
        return match site.as_bytes() {
            b"same-origin" => Some(true),
            b"none" => None,
            _ => Some(false),
        };
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next()?;
    let own = origin.to_str().is_ok_and(|origin| origins.next().is_none() && is_own(origin, headers, uri, public));
    Some(own)
}

fn is_own(origin: &str, headers: &HeaderMap, uri: &Uri, public: Option<&Url>) -> bool {
    if public.is_some_and(|public| public.origin().ascii_serialization() == origin) {
        return true;
    }
    // In HTTP/2 the host is a part of the address.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
    // A proxy in front may end TLS, so that the scheme is not known here.
    let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    named.zip(host).is_some_and(|(named, host)| named.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(headers: &[(&'static str, &str)]) -> Option<bool> {
        let public = "https://data.example.org/".parse().unwrap();
        let named = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        is_own_page(&named.collect(), &Uri::from_static("/v1/session"), Some(&public))
    }

    #[test]
    fn the_browser_says_where_a_request_comes_from() {
        assert_eq!(says(&[("sec-fetch-site", "same-origin")]), Some(true));
        for other in ["same-site", "cross-site", "Same-Origin", "", "same-origin, cross-site"] {
            assert_eq!(says(&[("sec-fetch-site", other)]), Some(false), "{other}");
        }
        assert_eq!(says(&[("sec-fetch-site", "none")]), None);
        let own = ("origin", "https://data.example.org");
        assert_eq!(says(&[("sec-fetch-site", "cross-site"), own]), Some(false), "the stricter one holds");
    }

    #[test]
    fn older_browsers_say_the_origin() {
        let host = ("host", "localhost:7411");
        for own in ["http://localhost:7411", "https://localhost:7411", "https://data.example.org"] {
            assert_eq!(says(&[host, ("origin", own)]), Some(true), "{own}");
        }
        let others = [
            "http://localhost",
            "http://localhost:7411.example.org",
            "null",
            "",
            "localhost:7411",
            "ftp://localhost:7411",
        ];
        for other in others {
            assert_eq!(says(&[host, ("origin", other)]), Some(false), "{other}");
        }
        assert_eq!(says(&[("origin", "http://localhost:7411")]), Some(false), "no host is named");
        assert_eq!(says(&[host]), None);
    }

    #[test]
    fn two_origins_are_none() {
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            headers.append(header::ORIGIN, "https://data.example.org".parse().unwrap());
        }
        let public = "https://data.example.org".parse().unwrap();
        assert_eq!(is_own_page(&headers, &Uri::from_static("/"), Some(&public)), Some(false));
    }
}
