//! Faults F22 to F24: what is sent only to do harm costs no more than its bytes. That frames which break
//! the rules end with the right code (F21) is held in `websocket` and `compression`.

#[cfg(target_os = "linux")]
use crate::figures::Memory;
use crate::figures::{Form, measured};
use crate::raw;
use crate::support::{TestServer, within};
use crate::websocket::{CONTINUATION, FINAL, HEARTBEAT, MASK, PING, PONG, TEXT, Wire, frame};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use shared::error::{ErrorCode, Problem};
use shared::limit;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What the long form lets the server take for all that is sent to harm it, the test's own part
/// included.
#[cfg(target_os = "linux")]
const HARM_MIB: f64 = 32.0;

/// Does a harm so often, and looks what memory it cost; it grows by itself only in the beginning.
async fn often(times: usize, what: &str, mut harm: impl AsyncFnMut()) {
    harm().await;
    #[cfg(target_os = "linux")]
    let memory = Memory::here();
    for _ in 1..times {
        harm().await;
    }
    measured(format!("{times} times {what}"));
    #[cfg(target_os = "linux")]
    Form::chosen().at_most("memory +", memory.grown(), HARM_MIB, "MiB");
}

#[tokio::test]
async fn f22_a_length_that_nobody_can_have_is_refused_by_the_length_alone() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let lengths = [1_u64 << 63, u64::MAX, (1 << 63) - 1, 1 << 32, limit::FRAME_BYTES as u64 + 1];
    let firsts = [FINAL | TEXT, TEXT, FINAL | CONTINUATION];
    often(Form::chosen().of(1, 20), "15 lengths that nobody can have", async || {
        // At once: each is waited for until the server has given up hearing a goodbye.
        let heads = lengths.iter().flat_map(|length| firsts.map(|first| (length, first)));
        let ends = heads.map(async |(length, first)| {
            let mut wire = Wire::open_as(&server, &ines).await;
            let head = [&[first, 0x80 | 0x7f][..], &length.to_be_bytes(), &MASK].concat();
            wire.bytes(&head).await;
            let code = wire.end().await;
            assert!(matches!(code, 1002 | 1009), "{length}: {code}");
        });
        join_all(ends).await;
    })
    .await;
}

#[tokio::test]
async fn f22_a_message_in_a_million_fragments_of_a_byte_ends_where_a_frame_would() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    often(Form::chosen().of(1, 20), "a million fragments of a byte", async || {
        let mut wire = Wire::open_as(&server, &ines).await;
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
    })
    .await;
}

#[tokio::test]
async fn f22_a_flood_of_pings_stops_where_its_answers_are_not_taken_and_nothing_is_lost() {
    const PINGS: usize = 400_000;
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let many = frame(FINAL | PING, &[b'x'; 125]).repeat(100);
    often(Form::chosen().of(1, 5), "pings until none is taken any more", async || {
        let mut wire = Wire::open_as(&server, &ines).await;
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
    })
    .await;
}

#[tokio::test]
async fn f23_a_body_is_never_inflated() {
    const MEGABYTE: usize = 1024 * 1024;
    let server = TestServer::start().await;
    // A file of gzip may have several parts, one after the other. A thousandth of it all.
    let megabytes = Form::chosen().of(10, 10 * 1024);
    let part = {
        let mut part = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..10 {
            part.write_all(&vec![b' '; MEGABYTE]).unwrap();
        }
        part.finish().unwrap()
    };
    let bomb = part.repeat(megabytes / 10);
    assert!(bomb.len() < megabytes * 2_000);
    let mut statuses = BTreeSet::new();
    let what = format!("{} kB of gzip for {megabytes} MiB, five ways", bomb.len() / 1_000);
    often(Form::chosen().of(1, 10), &what, async || {
        for encoding in ["gzip", "deflate", "br", "zstd", "x-gzip, gzip"] {
            let head = format!(
                "POST /api/v1/login HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
                 content-type: application/json\r\ncontent-encoding: {encoding}\r\n\
                 content-length: {}\r\n\r\n",
                server.address,
                bomb.len()
            );
            let mut socket = within(TcpStream::connect(server.address)).await.unwrap();
            socket.write_all(head.as_bytes()).await.unwrap();
            let (mut reader, mut writer) = socket.split();
            // One that is too long by itself may be refused before all of it is sent.
            let (_, answer) = tokio::join!(writer.write_all(&bomb), async {
                let mut bytes = Vec::new();
                // A reset ends an answer too: what came before it counts.
                let _ = within(reader.read_to_end(&mut bytes)).await;
                raw::Answer(String::from_utf8(bytes).unwrap())
            });
            let (status, refusal) = if bomb.len() > limit::BODY_BYTES {
                (413, ErrorCode::TooLong { limit: limit::BODY_BYTES })
            } else {
                (400, ErrorCode::BadFrame)
            };
            assert_eq!(answer.status(), status, "{encoding}: {answer:?}");
            let problem: Problem = serde_json::from_str(answer.body()).unwrap();
            assert_eq!(problem.code, refusal);
            statuses.insert(status);
        }
    })
    .await;
    measured(format!("answered {statuses:?}"));
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
    // All that they begin with means nothing either; one heartbeat in it would.
    let begun = wrong.iter().flat_map(|text| text.char_indices().map(|(at, _)| &text[..at]));
    let begun = begun.filter(|text| text.trim_end().as_bytes() != HEARTBEAT);
    let begun = begun.take(Form::chosen().of(0, usize::MAX));
    let mut refused = 0;
    for text in deep.iter().map(String::as_str).chain(wrong).chain(begun) {
        refused += 1;
        wire.send(FINAL | TEXT, text.as_bytes()).await;
        let answer = String::from_utf8(wire.next(TEXT).await).unwrap();
        let start: String = text.chars().take(80).collect();
        assert!(answer.contains(r#""code":"bad_frame""#), "{start}: {answer}");
    }
    measured(format!("{refused} texts refused on one connection"));
    // Half of a pair as bytes is no text at all, which ends the connection.
    wire.send(FINAL | TEXT, HEARTBEAT).await;
    wire.answers().await;
    wire.send(FINAL | TEXT, b"{\"type\":\"\xed\xa0\x80\"}").await;
    assert_eq!(wire.end().await, 1007);
}
