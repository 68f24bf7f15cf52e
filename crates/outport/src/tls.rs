//! The certificate that every door shows.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

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

fn unusable(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Argument {
        message: format!("`{}` cannot be used for TLS: {error}", file.display()),
        help: "name a certificate chain and its private key, both in PEM".to_owned(),
    }
}
