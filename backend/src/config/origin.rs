//! Where a page comes from, as browsers compare it: scheme, host and port.

use core::fmt;
use core::str::FromStr;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Two of them are equal exactly when a browser says that they are the same origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    scheme: Scheme,
    /// In small letters; an IPv6 address with its brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// Of a scheme and what a `Host` header says.
    pub fn of_host(scheme: Scheme, authority: &str) -> Result<Self, NotAnOrigin> {
        let wrong = || NotAnOrigin(authority.to_owned());
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address stand within brackets.
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| wrong())?),
            Some(_) | None => (authority, scheme.port()),
        };
        let plain = |host: &str| {
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        let bracketed = |host: &str| {
            host.strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'))
                .is_some_and(|host| host.parse::<core::net::Ipv6Addr>().is_ok())
        };
        if host.is_empty() || !(plain(host) || bracketed(host)) {
            return Err(wrong());
        }
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// As a connection is opened to it: an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// As a `Host` header says it.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address such as https://chat.example.org, without a path")]
pub struct NotAnOrigin(String);

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAnOrigin(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let scheme = if scheme.eq_ignore_ascii_case("http") {
            Scheme::Http
        } else if scheme.eq_ignore_ascii_case("https") {
            Scheme::Https
        } else {
            return Err(wrong());
        };
        Self::of_host(scheme, rest).map_err(|_| wrong())
    }
}

/// A configured address may end in the one slash that people copy along.
impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.strip_suffix('/').unwrap_or(&text).parse()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_port_may_be_said_or_left_out() {
        assert_eq!(origin("https://Chat.Example.org"), origin("https://chat.example.org:443"));
        assert_eq!(origin("http://[::1]"), origin("http://[::1]:80"));
        assert_eq!(origin("https://chat.example.org:443").to_string(), "https://chat.example.org");
    }

    #[test]
    fn lookalikes_are_other_origins() {
        let own = origin("https://chat.example.org");
        for other in [
            "http://chat.example.org",
            "https://chat.example.org:444",
            "https://chat.example.org.evil.test",
            "https://evilchat.example.org",
            "https://example.org",
        ] {
            assert_ne!(own, origin(other), "{other}");
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "null",
            "",
            "https://",
            "https://:443",
            "https://a.test/",
            "https://a.test/path",
            "https://a.test?q",
            "https://user@a.test",
            "https://a.test:port",
            "https://a.test:99999",
            "ftp://a.test",
            "chat.example.org",
            "https://[::1",
            "https://a b",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_configured_address_may_end_in_a_slash() {
        let configured = Origin::try_from("https://chat.example.org/".to_owned()).unwrap();
        assert_eq!(configured, origin("https://chat.example.org"));
    }
}
