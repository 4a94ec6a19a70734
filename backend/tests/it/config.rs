//! The program itself: what it is told, by whom, and what it says when that cannot be.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn hubbub(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// What the program says when it does not start.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    refusal_of(hubbub(folder, arguments))
}

fn refusal_of(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(!said.contains("panicked") && !said.contains("Error {"), "{said}");
    said
}

/// A server that runs until it is dropped.
struct Running {
    child: Child,
    address: SocketAddr,
    /// Everything it has logged until it said where it listens.
    said: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended: {said}");
            said.push_str(&line);
            if let Some((_, rest)) = line.split_once("serving on http") {
                let rest = rest.trim_start_matches('s').trim_start_matches("://");
                let end = rest.find([' ', '"', '\n']).unwrap();
                break rest[..end].parse().unwrap();
            }
        };
        // A pipe that nobody empties would stop the server one day.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Self { child, address, said }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn nothing_has_to_be_said() {
    let folder = TempDir::new().unwrap();
    let server = Running::start(hubbub(folder.path(), &["--listen", "127.0.0.1:0"]));
    let answer = raw::request(server.address, "GET /readyz", &[], "").await;
    assert_eq!(answer.status(), 200);
    assert!(folder.path().join("data").is_dir());
    assert!(!server.said.contains("WARN"), "{}", server.said);
}

#[test]
fn the_program_says_its_version_and_how_it_is_used() {
    let folder = TempDir::new().unwrap();
    let version = hubbub(folder.path(), &["--version"]).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    assert_eq!(version, format!("hubbub {}\n", env!("CARGO_PKG_VERSION")));
    let help = hubbub(folder.path(), &["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for option in [
        "listen",
        "data-dir",
        "public-url",
        "tls-cert",
        "tls-key",
        "trusted-proxy",
        "assets",
        "message-rate",
        "message-burst",
        "connections-per-user",
        "connections-per-address",
        "connection-rate",
        "max-connections",
        "config",
        "log-format",
        "metrics-listen",
    ] {
        assert!(help.contains(&format!("--{option} ")), "{option}");
        let variable = format!("HUBBUB_{}=", option.to_uppercase().replace('-', "_"));
        assert!(help.contains(&variable), "{variable}");
    }
}

#[tokio::test]
async fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = TempDir::new().unwrap();
    let file = "listen = '127.0.0.1:1'\ndata-dir = 'from-file'\nlog-format = 'json'\n";
    std::fs::write(folder.path().join("hubbub.toml"), file).unwrap();
    let mut command =
        hubbub(folder.path(), &["serve", "--config", "hubbub.toml", "--listen", "127.0.0.1:0"]);
    command.env("HUBBUB_LISTEN", "127.0.0.1:2").env("HUBBUB_DATA_DIR", "from-environment");
    let server = Running::start(command);
    assert!(folder.path().join("from-environment").is_dir());
    assert!(!folder.path().join("from-file").exists());
    assert!(server.said.starts_with('{'), "{}", server.said);
}

#[test]
fn each_wrong_setting_is_told_in_a_sentence() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    std::fs::write(path.join("file"), "").unwrap();
    std::fs::write(path.join("typo.toml"), "lisen = 1").unwrap();
    std::fs::write(path.join("broken.toml"), "listen = ").unwrap();
    for (arguments, expected) in [
        (&["--listen", taken.as_str()][..], "another program has this port"),
        (&["--listen", "192.0.2.1:0"], "no such address"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--listen", "127.0.0.1:0", "--data-dir", "file/data"], "data folder"),
        (&["--tls-cert", "c.pem"], "without --tls-key"),
        (&["--tls-key", "k.pem"], "without --tls-cert"),
        (
            &["--listen", "127.0.0.1:0", "--tls-cert", "c", "--tls-key", "k"],
            "cannot read --tls-cert c",
        ),
        (&["--tls-cert", "c", "--tls-key", "k", "--public-url", "http://a.test"], "https only"),
        (&["--public-url", "chat.example.org"], "https://chat.example.org"),
        (&["--public-url", "https://chat.example.org/path"], "without a path"),
        (&["--trusted-proxy", "10.0.0.0/33"], "neither an address"),
        (&["--assets", "nowhere", "--listen", "127.0.0.1:0"], "cannot read --assets nowhere"),
        (&["--assets", ".", "--listen", "127.0.0.1:0"], "no index.html"),
        (&["--message-rate", "0"], "--message-rate"),
        (&["--max-connections", "many"], "--max-connections"),
        (&["--config", "missing.toml"], "cannot read the configuration file missing.toml"),
        (&["--config", "typo.toml"], "lisen"),
        (&["--config", "broken.toml"], "broken.toml is wrong"),
        (&["--log", "backend=loud"], "--log is wrong"),
        (&["--metrics-listen", "127.0.0.1:8080"], "a port of their own"),
        (&["--listen", "127.0.0.1:0", "--metrics-listen", &taken], "another program has this port"),
        (&["--unknown"], "--unknown"),
    ] {
        let said = refusal(path, arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let said = refusal(path, &["--config", "typo.toml"]);
    assert_eq!(said.matches("unknown field").count(), 1, "{said}");
    let mut command = hubbub(path, &[]);
    command.env("HUBBUB_CONNECTION_RATE", "fast");
    assert!(refusal_of(command).contains("--connection-rate"));
}

#[test]
fn one_folder_is_one_servers() {
    let folder = TempDir::new().unwrap();
    let _first = Running::start(hubbub(folder.path(), &["--listen", "127.0.0.1:0"]));
    let said = refusal(folder.path(), &["--listen", "127.0.0.1:0"]);
    assert!(said.contains("in use by another hubbub"), "{said}");
}

#[test]
fn listening_beyond_this_machine_in_the_clear_is_warned_about() {
    let folder = TempDir::new().unwrap();
    let warned = |arguments: &[&str]| {
        let arguments = [&["--listen", "0.0.0.0:0"], arguments].concat();
        Running::start(hubbub(folder.path(), &arguments)).said.contains("can be read")
    };
    assert!(warned(&[]));
    assert!(!warned(&["--trusted-proxy", "10.0.0.0/8"]));
}

#[test]
fn a_signal_ends_the_server_well_and_soon() {
    for name in ["-TERM", "-INT"] {
        let folder = TempDir::new().unwrap();
        let mut server = Running::start(hubbub(folder.path(), &["--listen", "127.0.0.1:0"]));
        let begun = Instant::now();
        server.signal(name);
        let status = server.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn metrics_may_have_an_address_of_their_own() {
    let folder = TempDir::new().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = free.to_string();
    let arguments = ["--listen", "127.0.0.1:0", "--metrics-listen", &address];
    let server = Running::start(hubbub(folder.path(), &arguments));
    raw::request(server.address, "GET /readyz", &[], "").await;
    let answer = raw::request(free, "GET /metrics", &[], "").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.body().contains("hubbub_http_requests_total"), "{answer:?}");
    assert_eq!(raw::request(free, "GET /api/v1/site", &[], "").await.status(), 404);
    assert_eq!(raw::request(server.address, "GET /metrics", &[], "").await.status(), 401);
}
