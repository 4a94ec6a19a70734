//! Whether the time a refused sign-in takes tells if there is such an account.

use crate::server::Server;
use crate::wire;
use anyhow::{Result, ensure};
use core::net::{Ipv4Addr, SocketAddrV4};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use shared::api::{Endpoint as _, Login, LoginRequest, Register, RegisterRequest};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Wrong passwords an account may have before its answers are delayed.
const GUESSES: usize = 5;
/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What refusals took, in milliseconds: of accounts there are, and of such there are not.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    pub(crate) known: Vec<f64>,
    pub(crate) unknown: Vec<f64>,
}

/// Makes so many accounts and guesses at each of them, and at as many that do not exist, by turns.
pub(crate) fn guess(server: &Server, accounts: usize) -> Result<Refusals> {
    let mut caller = Caller { server: server.address, calls: 0 };
    for account in 0..accounts {
        let request = RegisterRequest {
            nick: format!("person{account:05}"),
            password: "correct horse battery".to_owned(),
            ..RegisterRequest::default()
        };
        let (status, _) = caller.post(Register::ROUTE, &serde_json::to_string(&request)?)?;
        ensure!(status == 200, "registering was answered with {status}");
    }
    // What is made once, for the first of its kind, is not what is compared.
    caller.refused("nobody")?;
    caller.refused("person00000")?;
    let mut refusals = Refusals::default();
    for guess in 1..GUESSES {
        for account in 0..accounts {
            let (known, unknown) = (format!("person{account:05}"), format!("nobody{account:05}"));
            // Neither is always the first.
            if (guess + account) % 2 == 0 {
                refusals.known.push(caller.refused(&known)?);
                refusals.unknown.push(caller.refused(&unknown)?);
            } else {
                refusals.unknown.push(caller.refused(&unknown)?);
                refusals.known.push(caller.refused(&known)?);
            }
        }
    }
    Ok(refusals)
}

/// Asks each time from another address, as limits are an address's.
struct Caller {
    server: SocketAddrV4,
    calls: u32,
}

impl Caller {
    /// How many milliseconds it took to hear that the password is wrong.
    fn refused(&mut self, nick: &str) -> Result<f64> {
        let request = LoginRequest {
            nick: nick.to_owned(),
            password: "not this one".to_owned(),
            token: false,
        };
        let (status, took) = self.post(Login::ROUTE, &serde_json::to_string(&request)?)?;
        ensure!(status == 401, "a wrong password was answered with {status}");
        Ok(took.as_secs_f64() * 1e3)
    }

    fn post(&mut self, path: &str, body: &str) -> Result<(u16, Duration)> {
        self.calls += 1;
        let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + self.calls);
        let socket = rustix::net::socket_with(
            AddressFamily::INET,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        rustix::net::bind(&socket, &SocketAddrV4::new(address, 0))?;
        rustix::net::connect(&socket, &self.server)?;
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        let begin = Instant::now();
        stream.write_all(
            format!(
                "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                self.server,
                body.len(),
            )
            .as_bytes(),
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok((wire::status(&answer)?, begin.elapsed()))
    }
}
