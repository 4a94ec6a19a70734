//! What an unknown address can cost: connections, time, and requests that mean two things.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw::{self, Answer, hear};
use crate::support::{PATIENCE, TestServer, within};
use core::num::NonZeroU32;
use shared::error::{ErrorCode, Problem};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Nobody is waited for longer, with some room for a busy machine.
const CUT: Duration = Duration::from_secs(13);

async fn open(address: SocketAddr) -> TcpStream {
    within(TcpStream::connect(address)).await.unwrap()
}

/// A connection that is let in and stays open.
async fn held(address: SocketAddr) -> TcpStream {
    let mut socket = open(address).await;
    let text = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"alive\n") {
        let read = within(socket.read_buf(&mut answer)).await.unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
    }
    socket
}

fn code(answer: &Answer) -> ErrorCode {
    serde_json::from_str::<Problem>(answer.body())
        .unwrap_or_else(|error| panic!("{error} in {answer:?}"))
        .code
}

async fn health(address: SocketAddr) -> Answer {
    raw::request(address, "GET /healthz", &[], "").await
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_refused_until_one_ends() {
    let server = TestServer::builder()
        .config(|config| config.limits.connections_per_address = NonZeroU32::new(2))
        .start()
        .await;
    let first = held(server.address).await;
    let _second = held(server.address).await;
    let refused = health(server.address).await;
    assert_eq!(refused.status(), 429, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("10"));
    assert!(matches!(code(&refused), ErrorCode::RateLimited { .. }));
    drop(first);
    let begun = Instant::now();
    while health(server.address).await.status() != 200 {
        assert!(begun.elapsed() < PATIENCE);
    }
}

#[tokio::test]
async fn an_address_that_connects_too_often_is_refused() {
    let server = TestServer::builder()
        .config(|config| config.limits.connection_rate = NonZeroU32::new(5))
        .start()
        .await;
    for _ in 0..5 {
        assert_eq!(health(server.address).await.status(), 200);
    }
    let refused = health(server.address).await;
    assert_eq!(refused.status(), 429, "{refused:?}");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_full_server_says_so() {
    let server = TestServer::builder()
        .config(|config| config.limits.max_connections = NonZeroU32::new(1).unwrap())
        .start()
        .await;
    let _only = held(server.address).await;
    let refused = health(server.address).await;
    assert_eq!((refused.status(), code(&refused)), (503, ErrorCode::Unavailable));
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test]
async fn a_live_connection_counts_as_long_as_it_lives() {
    let server = TestServer::builder()
        .config(|config| config.limits.connections_per_address = NonZeroU32::new(2))
        .start()
        .await;
    let anna = server.person("anna").await;
    drop(anna.api.http);
    let bearer = format!("Bearer {}", anna.api.token.unwrap());
    let text = format!(
        "GET /api/v1/ws HTTP/1.1\r\nhost: {}\r\nauthorization: {bearer}\r\n\
         connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.address,
    );
    let mut live = Vec::new();
    let begun = Instant::now();
    // The connection that registered may still be ending.
    while live.len() < 2 {
        assert!(begun.elapsed() < PATIENCE);
        let mut socket = open(server.address).await;
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        within(socket.read_exact(&mut head)).await.unwrap();
        if &head == b"HTTP/1.1 101" {
            live.push(socket);
        }
    }
    assert_eq!(health(server.address).await.status(), 429);
}

#[tokio::test]
async fn behind_a_proxy_live_connections_are_counted_for_each_person() {
    let server = TestServer::builder()
        .config(|config| {
            config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            config.limits.connections_per_address = NonZeroU32::new(1);
        })
        .start()
        .await;
    let anna = server.person("anna").await;
    let bearer = format!("Bearer {}", anna.api.token.unwrap());
    let dial = async |from: &str| {
        let text = format!(
            "GET /api/v1/ws HTTP/1.1\r\nhost: {}\r\nauthorization: {bearer}\r\n\
             x-forwarded-for: {from}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            server.address,
        );
        let mut socket = open(server.address).await;
        socket.write_all(text.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        within(socket.read_exact(&mut head)).await.unwrap();
        (String::from_utf8_lossy(&head).into_owned(), socket)
    };
    let (first, _kept) = dial("203.0.113.1").await;
    assert_eq!(first, "HTTP/1.1 101");
    let (other, _kept) = dial("203.0.113.2").await;
    assert_eq!(other, "HTTP/1.1 101");
    let (forged, _kept) = dial("192.0.2.9, 203.0.113.1").await;
    assert_eq!(forged, "HTTP/1.1 429");
}

#[tokio::test]
async fn whoever_never_says_what_they_want_is_cut() {
    let server = TestServer::start().await;
    let begun = Instant::now();
    let silent = raw::talk(server.address, "");
    let slow = raw::talk(server.address, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ");
    let trickle = async {
        let mut socket = open(server.address).await;
        socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        let mut ticks = tokio::time::interval(Duration::from_millis(500));
        loop {
            ticks.tick().await;
            if socket.write_all(b"x: y\r\n").await.is_err() {
                return;
            }
            assert!(begun.elapsed() < CUT);
        }
    };
    let mut idle = held(server.address).await;
    tokio::join!(silent, slow, trickle);
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());

    // Whoever has asked before may rest a while, as browsers and proxies do.
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    assert_eq!(hear(&mut idle).await.status(), 200);
}

/// More of them than may be at the door at once.
#[tokio::test]
async fn hundreds_who_say_nothing_keep_nobody_out() {
    let server = TestServer::builder()
        .config(|config| config.limits.connections_per_address = None)
        .start()
        .await;
    let mut silent = Vec::new();
    for _ in 0..600 {
        silent.push(open(server.address).await);
    }
    let text =
        format!("GET /healthz HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
    for _ in 0..20 {
        assert_eq!(raw::talk(server.address, &text).await.status(), 200);
    }
}

#[tokio::test]
async fn whoever_begins_a_second_request_and_does_not_go_on_is_cut() {
    let server = TestServer::start().await;
    let mut socket = held(server.address).await;
    let begun = Instant::now();
    socket.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    assert_eq!(hear(&mut socket).await.0, "");
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn whoever_opens_a_live_connection_and_says_nothing_is_cut() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let begun = Instant::now();
    anna.dial().await.end().await;
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = TestServer::start().await;
    let begun = Instant::now();
    let text = format!(
        "POST /api/v1/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{\"nick\"",
        server.address,
    );
    let answer = raw::talk(server.address, &text).await;
    assert_eq!(answer.status(), 408, "{answer:?}");
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn whoever_never_reads_the_answer_is_cut() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(folder.path().join("large.js"), vec![b' '; 64 * 1024 * 1024]).unwrap();
    let server = TestServer::builder()
        .config(|config| {
            config.http.assets = Some(folder.path().to_owned());
            config.limits.max_connections = NonZeroU32::new(1).unwrap();
        })
        .start()
        .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut reader = within(socket.connect(server.address)).await.unwrap();
    let text = format!("GET /large.js HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    reader.write_all(text.as_bytes()).await.unwrap();
    let mut first = [0; 1];
    within(reader.read_exact(&mut first)).await.unwrap();
    // There is a place for one: it is free once the one who doesn't read has been cut.
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(250));
    while health(server.address).await.status() != 200 {
        ticks.tick().await;
        assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
    }
    assert!(begun.elapsed() > Duration::from_secs(5), "{:?}", begun.elapsed());
    // The kernel does not go on to offer what it had.
    let ended = within(reader.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_err(), "{ended:?}");
}

#[tokio::test]
async fn a_request_that_could_mean_two_things_is_refused() {
    let server = TestServer::start().await;
    let host = format!("host: {}\r\n", server.address);
    for head in [
        format!("POST /api/v1/login HTTP/1.1\r\n{host}content-length: 3\r\ncontent-length: 4\r\n"),
        format!("POST /api/v1/login HTTP/1.1\r\n{host}content-length: 3, 4\r\n"),
        format!("POST /api/v1/login HTTP/1.1\r\n{host}content-length: +3\r\n"),
        format!("POST /api/v1/login HTTP/1.1\r\n{host}content-length: -1\r\n"),
        format!("POST /api/v1/login HTTP/1.1\r\n{host}transfer-encoding: chunked, identity\r\n"),
        format!("POST /api/v1/login HTTP/1.1\r\n{host}transfer-encoding: xchunked\r\n"),
        format!("POST /api/v1/login HTTP/1.1\r\n{host}transfer-encoding : chunked\r\n"),
        format!("POST /api/v1/login HTTP/1.0\r\n{host}transfer-encoding: chunked\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{host}host: evil.test\r\n"),
        "GET /healthz HTTP/1.1\r\n".to_owned(),
        format!("GET /healthz HTTP/1.1\r\n{host}x\0y: z\r\n"),
        format!("GET /healthz\u{b}HTTP/1.1\r\n{host}"),
    ] {
        let answer = raw::talk(server.address, &format!("{head}connection: close\r\n\r\n")).await;
        assert_eq!((answer.status(), answer.count()), (400, 1), "{head:?}: {answer:?}");
    }
}

#[tokio::test]
async fn an_answer_before_the_body_is_the_last_of_its_connection() {
    let server = TestServer::start().await;
    for line in ["POST /api/v1/commands", "POST /api/v1/nowhere", "PUT /api/v1/rooms"] {
        let text = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: 2\r\n\r\n",
            server.address,
        );
        let answer = raw::talk(server.address, &text).await;
        assert_eq!(answer.header("connection"), Some("close"), "{line}: {answer:?}");
    }
}

#[tokio::test]
async fn nothing_is_smuggled_behind_a_body_of_two_lengths() {
    let server = TestServer::start().await;
    let hidden = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    for lengths in [
        format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", hidden.len() + 5),
        format!("transfer-encoding: chunked\r\ncontent-length: {}\r\n", hidden.len() + 5),
    ] {
        let text = format!(
            "POST /api/v1/login HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             {lengths}\r\n0\r\n\r\n{hidden}",
            server.address,
        );
        let answer = raw::talk(server.address, &text).await;
        assert_eq!((answer.status(), answer.count()), (400, 1), "{answer:?}");
        assert!(!answer.0.contains("alive"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = TestServer::start().await;
    let text = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    let mut socket = open(server.address).await;
    // The refusal may come before all of it is written.
    let _ = socket.write_all(text.as_bytes()).await;
    let answer = hear(&mut socket).await;
    assert!(matches!(answer.status(), 431 | 0), "{answer:?}");
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(500));
    assert_eq!(raw::talk(server.address, &many).await.status(), 431);
}

#[tokio::test]
async fn a_server_that_ends_lets_requests_finish_and_takes_no_new_ones() {
    let server = TestServer::start().await;
    let mut socket = open(server.address).await;
    let body = r#"{"nick":"anna","password":"correct horse battery"}"#;
    let (head, tail) = body.split_at(10);
    let text = format!(
        "POST /api/v1/register HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        server.address,
        body.len(),
    );
    socket.write_all(text.as_bytes()).await.unwrap();
    // The server asks for the body: it is at the request now.
    let mut go_on = [0; 25];
    within(socket.read_exact(&mut go_on)).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let idle = held(server.address).await;
    server.shut_down();
    let begun = Instant::now();
    while TcpStream::connect(server.address).await.is_ok() {
        assert!(begun.elapsed() < PATIENCE);
    }
    socket.write_all(tail.as_bytes()).await.unwrap();
    let answer = hear(&mut socket).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    drop(idle);
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_that_ends_waits_at_most_five_seconds() {
    let server = TestServer::start().await;
    let mut socket = open(server.address).await;
    let text = format!(
        "POST /api/v1/register HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\nexpect: 100-continue\r\n\r\n",
        server.address,
    );
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    within(socket.read_exact(&mut go_on)).await.unwrap();
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() <= Duration::from_secs(5), "{:?}", begun.elapsed());
}
