//! The certificate that every door shows, and which addresses need one.

use std::{net::SocketAddr, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use url::{Host, Url};

use crate::{configuration::Serve, failure::Failure};

/// The TLS configuration of the settings; `None` where they name no certificate. What is named and cannot be used is a
/// failure: nothing is served in the clear that was to be encrypted.
pub(crate) fn server(settings: &Serve) -> Result<Option<Arc<ServerConfig>>, Failure> {
    let (certificate, key) = match (&settings.certificate, &settings.key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => {
            return Err(Failure::Argument {
                message: "`[serve]` names a certificate without its key, or a key without its certificate".to_owned(),
                help: "set both `certificate` and `key`".to_owned(),
            });
        }
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unusable(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private));
    config.map(|config| Some(Arc::new(config))).map_err(|error| unusable(certificate, &error))
}

/// That nobody can read on the way what comes to an address, which is credentials and rows: it is this machine's alone, the
/// doors are encrypted, or the settings say that something in front of them is.
pub(crate) fn protects(settings: &Serve, encrypted: bool, address: SocketAddr) -> Result<(), Failure> {
    if encrypted || settings.behind_tls_proxy || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(Failure::Argument {
        message: format!(
            "`{address}` is open to other machines, and there is no certificate: credentials would come in the clear"
        ),
        help:
            "set `certificate` and `key` in `[serve]`; or listen on a loopback address, such as 127.0.0.1; or, where a \
               proxy in front ends TLS, set `behind_tls_proxy = true`"
                .to_owned(),
    })
}

/// Whether what is sent to an address never leaves this machine.
pub(crate) fn stays_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn unusable(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Argument {
        message: format!("`{}` cannot be used for TLS: {error}", file.display()),
        help: "name a certificate chain and its private key, both in PEM".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../outport-http/tests/it/fixtures");

    fn named(certificate: Option<&str>, key: Option<&str>) -> Serve {
        let path = |name: Option<&str>| name.map(|name| Path::new(FIXTURES).join(name));
        Serve { certificate: path(certificate), key: path(key), ..Serve::default() }
    }

    #[test]
    fn other_machines_are_served_where_nobody_listens_in() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (plain, proxied) = (Serve::default(), Serve { behind_tls_proxy: true, ..Serve::default() });
        for here in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(protects(&plain, false, address(here)).is_ok(), "{here}");
        }
        for elsewhere in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:192.0.2.1]:1", "[2001:db8::1]:1"] {
            let refused = protects(&plain, false, address(elsewhere)).unwrap_err();
            assert!(refused.to_string().contains(elsewhere), "{refused}");
            assert!(refused.help().unwrap().contains("behind_tls_proxy"), "{elsewhere}");
            assert!(protects(&plain, true, address(elsewhere)).is_ok(), "{elsewhere}");
            assert!(protects(&proxied, false, address(elsewhere)).is_ok(), "{elsewhere}");
        }
    }

    #[test]
    fn what_is_named_is_used_or_nothing_is_served() {
        assert!(server(&named(None, None)).unwrap().is_none());
        assert!(server(&named(Some("localhost.crt"), Some("localhost.key"))).unwrap().is_some());
        for (certificate, key) in [
            (Some("localhost.crt"), None),
            (None, Some("localhost.key")),
            (Some("nothing.crt"), Some("localhost.key")),
            (Some("localhost.crt"), Some("nothing.key")),
            // A key is no certificate, and a certificate no key.
            (Some("localhost.key"), Some("localhost.key")),
            (Some("localhost.crt"), Some("localhost.crt")),
        ] {
            assert!(server(&named(certificate, key)).is_err(), "{certificate:?}, {key:?}");
        }
    }
}
