//! Faults F22 to F24: what is sent only to do harm costs no more than its bytes. That frames which break
//! the rules end with the right code (F21) is held in `websocket` and `compression`.

use crate::raw;
use crate::support::{TestServer, within};
use crate::websocket::{CONTINUATION, FINAL, HEARTBEAT, MASK, PING, PONG, TEXT, Wire, frame};
use flate2::Compression;
use flate2::write::GzEncoder;
use shared::error::{ErrorCode, Problem};
use shared::limit;
use std::io::Write as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

#[tokio::test]
async fn f22_a_length_that_nobody_can_have_is_refused_by_the_length_alone() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    for length in [1_u64 << 63, u64::MAX, (1 << 63) - 1, 1 << 32, limit::FRAME_BYTES as u64 + 1] {
        for first in [FINAL | TEXT, TEXT, FINAL | CONTINUATION] {
            let mut wire = Wire::open_as(&server, &ines).await;
            let head = [&[first, 0x80 | 0x7f][..], &length.to_be_bytes(), &MASK].concat();
            wire.bytes(&head).await;
            let code = wire.end().await;
            assert!(matches!(code, 1002 | 1009), "{length}: {code}");
        }
    }
}

#[tokio::test]
async fn f22_a_message_in_a_million_fragments_of_a_byte_ends_where_a_frame_would() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    wire.send(TEXT, b" ").await;
    let (mut reader, mut writer) = wire.socket.split();
    let many = frame(CONTINUATION, b" ").repeat(1_000);
    let writing = async {
        for _ in 0..1_000 {
            // It may be cut before all of it is written.
            if writer.write_all(&many).await.is_err() {
                break;
            }
        }
    };
    let heard = async {
        let mut bytes = Vec::new();
        let _ = reader.read_to_end(&mut bytes).await;
        bytes
    };
    let ((), heard) = within(async { tokio::join!(writing, heard) }).await;
    let close = [&[FINAL | 8, 9][..], &1009_u16.to_be_bytes(), b"too_big"].concat();
    assert!(heard.windows(close.len()).any(|window| window == close), "{heard:?}");
}

#[tokio::test]
async fn f22_a_flood_of_pings_stops_where_its_answers_are_not_taken_and_nothing_is_lost() {
    const PINGS: usize = 400_000;
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    let many = frame(FINAL | PING, &[b'x'; 125]).repeat(100);
    let mut sent = 0;
    // Until nothing is taken any more: what the kernels of both ends hold, and no more.
    while sent < PINGS * 131 / many.len() {
        if timeout(Duration::from_secs(3), wire.socket.writable()).await.is_err() {
            break;
        }
        match timeout(Duration::from_secs(3), wire.socket.write_all(&many)).await {
            Ok(written) => written.unwrap(),
            // Cut within a ping: the rest of it is not known.
            Err(_) => break,
        }
        sent += 1;
    }
    assert!(sent * 100 < PINGS, "the server took {sent} hundred pings without being heard");
    for _ in 0..sent * 100 {
        assert_eq!(wire.next(PONG).await.len(), 125);
    }
}

#[tokio::test]
async fn f23_a_body_is_never_inflated() {
    let server = TestServer::start().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let megabyte = vec![b' '; 1024 * 1024];
    for _ in 0..10 {
        bomb.write_all(&megabyte).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 20_000);
    for encoding in ["gzip", "deflate", "br", "zstd", "x-gzip, gzip"] {
        let mut request = format!(
            "POST /api/v1/login HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-encoding: {encoding}\r\n\
             content-length: {}\r\n\r\n",
            server.address,
            bomb.len()
        )
        .into_bytes();
        request.extend_from_slice(&bomb);
        let mut socket = within(tokio::net::TcpStream::connect(server.address)).await.unwrap();
        socket.write_all(&request).await.unwrap();
        let answer = raw::hear(&mut socket).await;
        assert_eq!(answer.status(), 400, "{encoding}: {answer:?}");
        let problem: Problem = serde_json::from_str(answer.body()).unwrap();
        assert_eq!(problem.code, ErrorCode::BadFrame);
    }
}

#[tokio::test]
async fn f24_json_that_means_nothing_or_two_things_is_refused_and_the_connection_lives() {
    let server = TestServer::start().await;
    let mut wire = Wire::open(&server).await;
    let deep = [
        format!("{}{}", "[".repeat(60_000), "]".repeat(60_000)),
        format!("{}1{}", r#"{"type":"#.repeat(10_000), "}".repeat(10_000)),
        format!(r#"{{"type":"resume","rooms":{}{}}}"#, "[".repeat(500), "]".repeat(500)),
        format!(r#"{{"type":"command","id":1,"command":{}{}}}"#, "[".repeat(500), "]".repeat(500)),
    ];
    let wrong = [
        r#"{"type":"resume","user":1,"user":2}"#,
        r#"{"type":"resume","rooms":{},"rooms":{}}"#,
        r#"{"type":"heartbeat","type":"resume"}"#,
        r#"{"type":"command","id":1,"id":2,"command":{"type":"mark_all_read"}}"#,
        r#"{"type":NaN}"#,
        r#"{"type":"resume","user":NaN}"#,
        r#"{"type":"resume","user":-Infinity}"#,
        r#"{"type":"resume","user":1e999}"#,
        r#"{"type":"resume","user":-1}"#,
        r#"{"type":"resume","user":18446744073709551616}"#,
        r#"{"type":"\ud800"}"#,
        r#"{"type":"\udfff\ud800"}"#,
        r#"{"type":"heartbeat"} trailing"#,
        r#"{"type":"heartbeat",}"#,
        r"{'type':'heartbeat'}",
        "{\"type\":\"heart\nbeat\"}",
        "\u{feff}{\"type\":\"heartbeat\"}",
        "{\"type\":\"heartbeat\"}\u{0}",
        r#"["heartbeat"]"#,
        r#""heartbeat""#,
        "\u{2028}",
    ];
    for text in deep.iter().map(String::as_str).chain(wrong) {
        wire.send(FINAL | TEXT, text.as_bytes()).await;
        let answer = String::from_utf8(wire.next(TEXT).await).unwrap();
        let start: String = text.chars().take(80).collect();
        assert!(answer.contains(r#""code":"bad_frame""#), "{start}: {answer}");
    }
    // Half of a pair as bytes is no text at all, which ends the connection.
    wire.send(FINAL | TEXT, HEARTBEAT).await;
    wire.answers().await;
    wire.send(FINAL | TEXT, b"{\"type\":\"\xed\xa0\x80\"}").await;
    assert_eq!(wire.end().await, 1007);
}
