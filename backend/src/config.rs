//! What can be set, from the command line, the environment and a file; the only reader of the
//! environment. The same name serves all three: `--data-dir`, `HUBBUB_DATA_DIR`, `data-dir = …`.
//! A flag wins over the environment, the environment over the file, the file over the default,
//! and without any of them the server works.

mod network;
mod options;
mod origin;
#[cfg(feature = "planted")]
mod planted;

pub use self::network::Network;
pub use self::options::{LogFormat, Options, PlaceOptions};
pub use self::origin::{NotAnOrigin, Origin, Scheme};
#[cfg(feature = "planted")]
pub use self::planted::planted;

use crate::deflate::Compression;
use core::net::{Ipv4Addr, SocketAddr};
use core::num::NonZeroU32;
use std::path::PathBuf;

/// Everything `serve` needs to know. [`Config::default`] is what no configuration means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub http: HttpConfig,
    pub data: DataConfig,
    pub limits: LimitsConfig,
    pub log: LogConfig,
    pub metrics: MetricsConfig,
}

/// Where and as what the server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// `HUBBUB_LISTEN`, 127.0.0.1:8080.
    pub listen: SocketAddr,
    /// `HUBBUB_PUBLIC_URL`; absent: what each request says.
    pub public_url: Option<Origin>,
    /// `HUBBUB_TLS_CERT` and `HUBBUB_TLS_KEY`; absent: plain HTTP.
    pub tls: Option<TlsConfig>,
    /// `HUBBUB_TRUSTED_PROXY`, separated by commas; empty: `X-Forwarded-…` mean nothing.
    pub trusted_proxies: Vec<Network>,
    /// `HUBBUB_COMPRESSION`, `on`.
    pub compression: Compression,
    /// `HUBBUB_ASSETS`; absent: the page inside the program.
    pub assets: Option<PathBuf>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            tls: None,
            trusted_proxies: Vec::new(),
            compression: Compression::default(),
            assets: None,
        }
    }
}

impl HttpConfig {
    /// Whether what is sent can be read on the way: plain HTTP, reachable from other machines,
    /// and nothing in front that could have encrypted it.
    pub fn is_readable_on_the_way(&self) -> bool {
        self.tls.is_none() && self.trusted_proxies.is_empty() && !self.listen.ip().is_loopback()
    }

    /// Whether the address belongs to a proxy whose `X-Forwarded-…` are believed.
    pub fn trusts(&self, address: core::net::IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }
}

/// The server's own certificate, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// With the chain up to the authority, the server's own first.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Where everything durable is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataConfig {
    /// `HUBBUB_DATA_DIR`, `data`.
    pub folder: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { folder: PathBuf::from("data") }
    }
}

/// How much one person, one address and all together may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Messages a person and second, over all connections. `HUBBUB_MESSAGE_RATE`, 10.
    pub message_rate: NonZeroU32,
    /// Messages a person may send at once after a pause. `HUBBUB_MESSAGE_BURST`, 30.
    pub message_burst: NonZeroU32,
    /// Live connections a person. `HUBBUB_CONNECTIONS_PER_USER`, 16.
    pub connections_per_user: usize,
    /// Open connections an address. `HUBBUB_CONNECTIONS_PER_ADDRESS`; absent: 512, and no limit
    /// for this machine itself.
    pub connections_per_address: Option<NonZeroU32>,
    /// New connections an address and minute. `HUBBUB_CONNECTION_RATE`; absent: 1,200, and no
    /// limit for this machine itself.
    pub connection_rate: Option<NonZeroU32>,
    /// Open connections in all. `HUBBUB_MAX_CONNECTIONS`, 20,000.
    pub max_connections: NonZeroU32,
}

impl LimitsConfig {
    pub const CONNECTIONS_PER_ADDRESS: NonZeroU32 = number(512);
    pub const CONNECTION_RATE: NonZeroU32 = number(1_200);
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            message_rate: number(10),
            message_burst: number(30),
            connections_per_user: 16,
            connections_per_address: None,
            connection_rate: None,
            max_connections: number(20_000),
        }
    }
}

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `HUBBUB_LOG_FORMAT`, `plain`.
    pub format: LogFormat,
    /// What is logged, as directives of `tracing`: `info`, `backend=debug`. `HUBBUB_LOG`, `info`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Plain, filter: "info".to_owned() }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsConfig {
    /// An address of their own for the metrics, without any sign-in. `HUBBUB_METRICS_LISTEN`;
    /// absent: `/metrics` of the server itself, for administrators' tokens only.
    pub listen: Option<SocketAddr>,
}

/// Why the configuration cannot be used: a sentence for whoever wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the configuration file {path} is wrong: {source}")]
    Malformed { path: PathBuf, source: Box<toml::de::Error> },
    #[error("--tls-cert was given without --tls-key; a certificate is of no use without its key")]
    CertificateWithoutKey,
    #[error("--tls-key was given without --tls-cert; a key is of no use without its certificate")]
    KeyWithoutCertificate,
    #[error(
        "--public-url says http:, but --tls-cert makes the server speak https only; \
         give the https: address, or leave one of the two out"
    )]
    PlainPublicUrlWithTls,
    #[error("--metrics-listen and --listen are both {0}; give the metrics a port of their own")]
    MetricsOnTheSameAddress(SocketAddr),
    #[error("--log is wrong: {0}; give a level such as info, or directives such as backend=debug")]
    LogFilter(String),
}
