//! What was given, wherever: every option absent or present, before defaults.

use super::{
    Config, ConfigError, DataConfig, LogConfig, MetricsConfig, Network, Origin, TlsConfig,
};
use crate::deflate::Compression;
use clap::{Args, ValueEnum};
use core::net::SocketAddr;
use core::num::{NonZeroU32, NonZeroUsize};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The options of `serve`, which are the keys of the configuration file too.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Read options from this TOML file; its keys are the names of the options
    #[arg(long, env = "HUBBUB_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "HUBBUB_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// The folder of everything durable; made if it isn't there [default: ./data]
    #[arg(long, env = "HUBBUB_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// The address people type, such as <https://chat.example.org>; unless given, it is taken
    /// from each request
    #[arg(long, env = "HUBBUB_PUBLIC_URL", value_name = "URL", value_parser = parse_public_url)]
    pub public_url: Option<Origin>,

    /// Speak HTTPS with this certificate and its chain (PEM)
    #[arg(long, env = "HUBBUB_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, env = "HUBBUB_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Believe the X-Forwarded-For, -Proto and -Host of this address or network; may be repeated
    #[arg(long, env = "HUBBUB_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub trusted_proxy: Option<Vec<Network>>,

    /// Serve the page from this folder instead of the one inside the program
    #[arg(long, env = "HUBBUB_ASSETS", value_name = "DIR")]
    pub assets: Option<PathBuf>,

    /// Whether frames and answers are compressed for whoever can read them so [default: on]
    #[arg(long, env = "HUBBUB_COMPRESSION", value_name = "MODE")]
    pub compression: Option<Compression>,

    /// Messages a person and second [default: 10]
    #[arg(long, env = "HUBBUB_MESSAGE_RATE", value_name = "NUMBER")]
    pub message_rate: Option<NonZeroU32>,

    /// Messages a person may send at once after a pause [default: 30]
    #[arg(long, env = "HUBBUB_MESSAGE_BURST", value_name = "NUMBER")]
    pub message_burst: Option<NonZeroU32>,

    /// Live connections a person; one more closes the oldest [default: 16]
    #[arg(long, env = "HUBBUB_CONNECTIONS_PER_USER", value_name = "NUMBER")]
    pub connections_per_user: Option<NonZeroUsize>,

    /// Open connections an address [default: 512; no limit for this machine itself]
    #[arg(long, env = "HUBBUB_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    pub connections_per_address: Option<NonZeroU32>,

    /// New connections an address and minute [default: 1200; no limit for this machine itself]
    #[arg(long, env = "HUBBUB_CONNECTION_RATE", value_name = "NUMBER")]
    pub connection_rate: Option<NonZeroU32>,

    /// Open connections in all [default: 20000]
    #[arg(long, env = "HUBBUB_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<NonZeroU32>,

    /// Serve Prometheus metrics on this address to whoever can reach it; unless given, /metrics
    /// asks for an administrator's token
    #[arg(long, env = "HUBBUB_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// How log lines look [default: plain]
    #[arg(long, env = "HUBBUB_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What is logged: a level, or directives such as `backend=debug` [default: info]
    #[arg(long, env = "HUBBUB_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

/// The options of the commands that only need the data.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceOptions {
    /// Read options from this TOML file; its keys are the names of the options
    #[arg(long, env = "HUBBUB_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The folder of everything durable [default: ./data]
    #[arg(long, env = "HUBBUB_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people: one line each.
    #[default]
    Plain,
    /// For programs: one JSON object a line.
    Json,
}

impl Options {
    /// With what the configuration file says, if there is one, and defaults for the rest.
    ///
    /// # Errors
    /// When the file is missing or wrong, or when two options contradict each other.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        match self.config.as_deref() {
            Some(path) => {
                let file = read(path)?;
                self.or(file).into_config()
            }
            None => self.into_config(),
        }
    }

    /// What is absent here is as in `other`.
    fn or(self, other: Self) -> Self {
        Self {
            config: self.config.or(other.config),
            listen: self.listen.or(other.listen),
            data_dir: self.data_dir.or(other.data_dir),
            public_url: self.public_url.or(other.public_url),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            trusted_proxy: self.trusted_proxy.or(other.trusted_proxy),
            assets: self.assets.or(other.assets),
            compression: self.compression.or(other.compression),
            message_rate: self.message_rate.or(other.message_rate),
            message_burst: self.message_burst.or(other.message_burst),
            connections_per_user: self.connections_per_user.or(other.connections_per_user),
            connections_per_address: self.connections_per_address.or(other.connections_per_address),
            connection_rate: self.connection_rate.or(other.connection_rate),
            max_connections: self.max_connections.or(other.max_connections),
            metrics_listen: self.metrics_listen.or(other.metrics_listen),
            log_format: self.log_format.or(other.log_format),
            log: self.log.or(other.log),
        }
    }

    fn into_config(self) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let http = &mut config.http;
        http.listen = self.listen.unwrap_or(http.listen);
        http.tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsConfig { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(ConfigError::CertificateWithoutKey),
            (None, Some(_)) => return Err(ConfigError::KeyWithoutCertificate),
        };
        let plain = self.public_url.as_ref().is_some_and(|url| url.scheme() == super::Scheme::Http);
        if plain && http.tls.is_some() {
            return Err(ConfigError::PlainPublicUrlWithTls);
        }
        http.public_url = self.public_url;
        http.trusted_proxies = self.trusted_proxy.unwrap_or_default();
        http.assets = self.assets;
        http.compression = self.compression.unwrap_or_default();

        config.data =
            self.data_dir.map_or_else(DataConfig::default, |folder| DataConfig { folder });

        let limits = &mut config.limits;
        limits.message_rate = self.message_rate.unwrap_or(limits.message_rate);
        limits.message_burst = self.message_burst.unwrap_or(limits.message_burst);
        limits.connections_per_user =
            self.connections_per_user.map_or(limits.connections_per_user, NonZeroUsize::get);
        limits.connections_per_address = self.connections_per_address;
        limits.connection_rate = self.connection_rate;
        limits.max_connections = self.max_connections.unwrap_or(limits.max_connections);

        // Port 0 is any free one, twice.
        let shared_port =
            self.metrics_listen == Some(config.http.listen) && config.http.listen.port() != 0;
        if shared_port {
            return Err(ConfigError::MetricsOnTheSameAddress(config.http.listen));
        }
        config.metrics = MetricsConfig { listen: self.metrics_listen };

        let default = LogConfig::default();
        config.log = LogConfig {
            format: self.log_format.unwrap_or(default.format),
            filter: self.log.unwrap_or(default.filter),
        };
        if let Err(wrong) = config.log.filter.parse::<tracing_subscriber::filter::Targets>() {
            return Err(ConfigError::LogFilter(wrong.to_string()));
        }
        Ok(config)
    }
}

impl PlaceOptions {
    /// Where the data is.
    pub fn resolve(self) -> Result<DataConfig, ConfigError> {
        let options =
            Options { config: self.config, data_dir: self.data_dir, ..Options::default() };
        options.resolve().map(|config| config.data)
    }
}

fn read(path: &Path) -> Result<Options, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| ConfigError::Malformed {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn parse_public_url(text: &str) -> Result<Origin, super::origin::NotAnOrigin> {
    Origin::try_from(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Options, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn nothing_given_is_a_working_configuration() {
        let config = Options::default().resolve().unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert!(!config.http.is_readable_on_the_way());
    }

    #[test]
    fn every_option_can_stand_in_the_file() {
        let options = file(
            r#"
            listen = "0.0.0.0:80"
            data-dir = "/srv/hubbub"
            public-url = "https://chat.example.org/"
            tls-cert = "cert.pem"
            tls-key = "key.pem"
            trusted-proxy = ["10.0.0.0/8", "::1"]
            assets = "dist"
            compression = "off"
            message-rate = 5
            message-burst = 6
            connections-per-user = 7
            connections-per-address = 8
            connection-rate = 9
            max-connections = 10
            metrics-listen = "127.0.0.1:9100"
            log-format = "json"
            log = "backend=debug"
            "#,
        )
        .unwrap();
        let config = options.into_config().unwrap();
        assert_eq!(config.data.folder, Path::new("/srv/hubbub"));
        assert_eq!(config.http.trusted_proxies.len(), 2);
        assert_eq!(config.limits.connection_rate, NonZeroU32::new(9));
        assert_eq!(config.http.compression, Compression::Off);
        assert_eq!(config.log.format, LogFormat::Json);
    }

    #[test]
    fn the_nearer_word_wins() {
        let near = Options { message_rate: NonZeroU32::new(1), ..Options::default() };
        let far = file("message-rate = 2\nmessage-burst = 3").unwrap();
        let config = near.or(far).into_config().unwrap();
        assert_eq!(config.limits.message_rate.get(), 1);
        assert_eq!(config.limits.message_burst.get(), 3);
        assert_eq!(config.limits.connections_per_user, 16);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let wrong = file("mesage-rate = 2").unwrap_err().to_string();
        assert!(wrong.contains("mesage-rate"), "{wrong}");
    }

    #[test]
    fn contradictions_are_refused_with_a_sentence() {
        let of = |text| file(text).unwrap().into_config().unwrap_err().to_string();
        assert!(of("tls-cert = 'c'").contains("--tls-key"));
        assert!(of("tls-key = 'k'").contains("--tls-cert"));
        assert!(
            of("tls-cert = 'c'\ntls-key = 'k'\npublic-url = 'http://a.test'").contains("https")
        );
        assert!(of("metrics-listen = '127.0.0.1:8080'").contains("port of their own"));
        assert!(of("log = 'backend=loud'").contains("--log"));
    }
}
