//! The server's own certificate.

use crate::config::TlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {option} {path}: {source}")]
    Unreadable {
        option: &'static str,
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "--tls-cert {0} holds no certificate; it must be PEM, beginning with -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate(PathBuf),
    #[error(
        "--tls-key {0} holds no private key; it must be PEM, beginning with -----BEGIN PRIVATE KEY-----"
    )]
    NoKey(PathBuf),
    #[error("--tls-key {key} is not the key of the first certificate in --tls-cert {certificate}")]
    NotItsKey { certificate: PathBuf, key: PathBuf },
    #[error("the certificate cannot be used: {0}")]
    Unusable(rustls::Error),
}

/// TLS 1.2 and 1.3 with this certificate.
pub fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, TlsError> {
    let certificates = certificates(&config.certificate)?;
    let key = key(&config.key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::NotItsKey {
                certificate: config.certificate.clone(),
                key: config.key.clone(),
            },
            error => TlsError::Unusable(error),
        })?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable("--tls-cert", path, error))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate(path.to_owned()));
    }
    Ok(certificates)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey(path.to_owned()),
        error => unreadable("--tls-key", path, error),
    })
}

fn unreadable(option: &'static str, path: &Path, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => TlsError::Unreadable { option, path, source: source.into() },
        error => TlsError::Unreadable { option, path, source: error.to_string().into() },
    }
}
