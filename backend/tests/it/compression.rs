//! What is sent and taken in fewer bytes: deflated frames, and answers in the encoding one can read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Person, TestServer, within};
use crate::websocket::{
    BINARY, CONTINUATION, DEFLATED, FINAL, HEARTBEAT, NONSENSE, PING, PONG, TEXT, Wire, frame,
};
use backend::deflate::{Compression, WHOLE_WINDOW, deflate};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, HeaderMap, IF_NONE_MATCH, VARY,
};
use shared::api::{EVENTS, OPENAPI, STREAM};
use shared::id::RoomId;
use shared::limit;
use shared::room::RoomKind;

const OFFER: &str = "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
const ERROR: &[u8] = br#"{"type":"error","error":{"code":"bad_frame"}}"#;

/// A message that is answered and gets shorter by deflating.
fn nonsense() -> Vec<u8> {
    format!(r#"{{"type":"shout","text":"{}"}}"#, "Cast off! 起锚！".repeat(40)).into_bytes()
}

fn short(message: &[u8]) -> Vec<u8> {
    deflate(message, WHOLE_WINDOW).unwrap()
}

async fn deflating(server: &TestServer, person: &Person) -> Wire {
    Wire::offering(server, person, OFFER).await
}

/// The first byte and the payload of the frame, as it came, that tells of this message.
async fn raw_event(wire: &mut Wire, text: &str) -> (u8, Vec<u8>) {
    loop {
        let (first, payload) = wire.raw_frame().await.unwrap();
        let whole = if first & DEFLATED == 0 {
            payload.clone()
        } else {
            backend::deflate::inflate(&payload, 1_000_000).unwrap()
        };
        if String::from_utf8(whole).unwrap().contains(text) {
            return (first, payload);
        }
    }
}

#[tokio::test]
async fn frames_are_deflated_for_whoever_offers_it_the_same_for_all_and_for_nobody_else() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = ines.create_room("Launch week", RoomKind::Open).await;
    let offers = [
        (OFFER, Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")),
        (
            "sec-websocket-extensions: permessage-deflate; server_no_context_takeover\r\n",
            Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        ),
        (
            "sec-websocket-extensions: permessage-deflate; server_max_window_bits=9\r\n",
            Some(
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
                  server_max_window_bits=9",
            ),
        ),
        ("sec-websocket-extensions: permessage-deflate; mystery\r\n", None),
        ("", None),
    ];
    let mut heard = Vec::new();
    for (lines, agreed) in offers {
        let mut wire = Wire::offering(&server, &ines, lines).await;
        assert_eq!(wire.agreed.as_deref(), agreed);
        wire.send(FINAL | TEXT, br#"{"type":"resume"}"#).await;
        assert!(wire.next(TEXT).await.starts_with(br#"{"type":"resumed""#));
        heard.push(wire);
    }
    let text = ["The mooring lines, please."; 20].join(" ");
    ines.say(room, &text).await.unwrap();
    let mut long = Vec::new();
    for wire in &mut heard {
        long.push(raw_event(wire, &text).await);
        // Too short to gain by it.
        wire.send(FINAL | TEXT, NONSENSE).await;
        assert_eq!(raw_event(wire, "bad_frame").await, (FINAL | TEXT, ERROR.to_vec()));
    }
    let [first, other, narrow, refused, plain]: [_; 5] = long.try_into().unwrap();
    assert_eq!((first.0, &first), (FINAL | DEFLATED | TEXT, &other));
    assert!(first.1.len() * 2 < plain.1.len(), "{} of {}", first.1.len(), plain.1.len());
    assert_eq!((narrow.0, plain.0), (FINAL | DEFLATED | TEXT, FINAL | TEXT));
    assert_eq!(refused, plain);

    let server = TestServer::builder()
        .config(|config| config.http.compression = Compression::Off)
        .start()
        .await;
    let ines = server.person("ines").await;
    assert_eq!(deflating(&server, &ines).await.agreed, None);
}

#[tokio::test]
async fn what_comes_deflated_is_read_whole_and_in_fragments_with_pings_between_them() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let mut wire = deflating(&server, &ines).await;
    let message = short(&nonsense());
    for _ in 0..2 {
        wire.send(FINAL | DEFLATED | TEXT, &message).await;
        assert_eq!(wire.next(TEXT).await, ERROR);
    }
    wire.send(DEFLATED | TEXT, &message[..3]).await;
    wire.send(FINAL | PING, b"still there?").await;
    assert_eq!(wire.next(PONG).await, b"still there?");
    for byte in &message[3..] {
        wire.send(CONTINUATION, &[*byte]).await;
    }
    wire.send(FINAL | CONTINUATION, b"").await;
    assert_eq!(wire.next(TEXT).await, ERROR);
    // Byte by byte, and what is not deflated, also in fragments.
    for byte in frame(FINAL | DEFLATED | TEXT, &message) {
        wire.bytes(&[byte]).await;
    }
    assert_eq!(wire.next(TEXT).await, ERROR);
    wire.send(TEXT, &NONSENSE[..2]).await;
    wire.send(FINAL | CONTINUATION, &NONSENSE[2..]).await;
    assert_eq!(wire.next(TEXT).await, ERROR);
    wire.send(FINAL | DEFLATED | TEXT, &short(&vec![b' '; limit::FRAME_BYTES])).await;
    assert_eq!(wire.next(TEXT).await, ERROR);
    wire.answers().await;
}

#[tokio::test]
async fn a_deflated_bomb_is_refused_and_whoever_breaks_the_rules_of_deflating_is_told_so() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let bomb = short(&vec![b' '; 10 * 1024 * 1024]);
    assert!(bomb.len() < 20_000);
    let in_parts = {
        let (first, rest) = bomb.split_at(bomb.len() / 2);
        [frame(DEFLATED | TEXT, first), frame(FINAL | CONTINUATION, rest)].concat()
    };
    let too_much = {
        let half = vec![0xaa; limit::FRAME_BYTES / 2 + 1];
        [frame(DEFLATED | TEXT, &half), frame(FINAL | CONTINUATION, &half)].concat()
    };
    let message = short(&nonsense());
    let half = &message[..message.len() / 2];
    let unmasked = [&[FINAL | DEFLATED | TEXT, 5][..], &message[..5]].concat();
    let not_text = short(&[b"caf\xff".as_slice(); 100].concat());
    let cases: [(&str, Vec<u8>, u16); 12] = [
        ("a bomb", frame(FINAL | DEFLATED | TEXT, &bomb), 1009),
        ("a bomb in parts", in_parts, 1009),
        ("too much before it is inflated", too_much, 1009),
        ("a byte too many", frame(FINAL | DEFLATED | TEXT, &short(&vec![b' '; 131_073])), 1009),
        ("what is not deflated", frame(FINAL | DEFLATED | TEXT, &[0xff; 40]), 1007),
        ("what is no text once inflated", frame(FINAL | DEFLATED | TEXT, &not_text), 1007),
        ("not masked", unmasked, 1002),
        ("a deflated ping", frame(FINAL | DEFLATED | PING, b"x"), 1002),
        ("another reserved bit", frame(FINAL | DEFLATED | 0x20 | TEXT, &message), 1002),
        (
            "a part that says that it is deflated",
            [frame(DEFLATED | TEXT, half), frame(FINAL | DEFLATED | CONTINUATION, half)].concat(),
            1002,
        ),
        (
            "another message within one",
            [frame(DEFLATED | TEXT, half), frame(FINAL | TEXT, HEARTBEAT)].concat(),
            1002,
        ),
        ("binary", frame(FINAL | DEFLATED | BINARY, &message), 1003),
    ];
    for (what, bytes, code) in cases {
        let mut wire = deflating(&server, &ines).await;
        wire.bytes(&bytes).await;
        assert_eq!(wire.end().await, code, "{what}");
    }
    // Without having agreed on it.
    let mut wire = Wire::open_as(&server, &ines).await;
    wire.send(FINAL | DEFLATED | TEXT, &message).await;
    assert_eq!(wire.end().await, 1002);
}

/// What is answered to whoever reads this encoding.
async fn asked(person: &Person, path: &str, accepted: &str) -> (HeaderMap, Vec<u8>) {
    let request = person.api.request(shared::api::Method::Get, path, &());
    let response = within(request.header(ACCEPT_ENCODING, accepted).send()).await.unwrap();
    let headers = response.headers().clone();
    (headers, within(response.bytes()).await.unwrap().to_vec())
}

async fn talk(person: &Person) -> RoomId {
    let room = person.create_room("Launch week", RoomKind::Open).await;
    for number in 0..20 {
        person
            .say(room, &format!("The mooring lines, please, for the {number}th time."))
            .await
            .unwrap();
    }
    room
}

#[tokio::test]
async fn answers_are_compressed_for_whoever_reads_them_so_and_each_form_has_its_tag() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = talk(&ines).await;
    let path = format!("/api/v1/rooms/{room}/messages");
    let (plain, whole) = asked(&ines, &path, "identity").await;
    assert!(plain.get(CONTENT_ENCODING).is_none());
    let mut tags = vec![plain[ETAG].clone()];
    for (accepted, encoding) in [("gzip, deflate, br, zstd", "zstd"), ("gzip", "gzip")] {
        for path in [path.as_str(), OPENAPI, "/api/v1/poll?wait=0"] {
            let (headers, body) = asked(&ines, path, accepted).await;
            assert_eq!(headers[CONTENT_ENCODING], encoding, "{path}");
            assert_eq!(headers[VARY], "accept-encoding");
            assert!(body.len() < 60_000, "{path}: {}", body.len());
        }
        let (headers, body) = asked(&ines, &path, accepted).await;
        assert!(body.len() * 3 < whole.len(), "{} of {}", body.len(), whole.len());
        assert_eq!(headers[CONTENT_LENGTH], body.len().to_string());
        if encoding == "gzip" {
            let mut inflated = Vec::new();
            let mut reader = flate2::read::GzDecoder::new(&body[..]);
            std::io::Read::read_to_end(&mut reader, &mut inflated).unwrap();
            assert_eq!(inflated, whole);
        }
        let again = ines.api.request(shared::api::Method::Get, &path, &());
        let again = again.header(ACCEPT_ENCODING, accepted).header(IF_NONE_MATCH, &headers[ETAG]);
        assert_eq!(within(again.send()).await.unwrap().status(), 304);
        tags.push(headers[ETAG].clone());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
    // Too short to gain by it; nothing else in the way is changed.
    let (headers, _) = asked(&ines, "/api/v1/me", "gzip").await;
    assert!(headers.get(CONTENT_ENCODING).is_none());

    let server = TestServer::builder()
        .config(|config| config.http.compression = Compression::Off)
        .start()
        .await;
    let (headers, _) = asked(&server.person("ines").await, OPENAPI, "gzip").await;
    assert!(headers.get(CONTENT_ENCODING).is_none());
}

#[tokio::test]
async fn what_stays_open_is_neither_compressed_nor_held_back() {
    let server = TestServer::start().await;
    let ines = server.person("ines").await;
    let room = talk(&ines).await;
    for path in [EVENTS, STREAM, "/transports/frame"] {
        let request = ines.api.request(shared::api::Method::Get, path, &());
        let request = request.header(ACCEPT_ENCODING, "gzip, deflate, br, zstd");
        let mut response = within(request.send()).await.unwrap();
        assert!(response.headers().get(CONTENT_ENCODING).is_none(), "{path}");
        let mut text = String::new();
        let mut wanted = String::from("\"resumed\"");
        for number in 0..3 {
            // Each message is here before the next one is sent.
            while !text.contains(&wanted) {
                let chunk = within(response.chunk()).await.unwrap().unwrap();
                text.push_str(str::from_utf8(&chunk).unwrap());
            }
            wanted = format!("number {number} by {}", path.len());
            ines.say(room, &wanted).await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_pages_files_stay_in_the_forms_they_have() {
    let folder = tempfile::TempDir::new().unwrap();
    let document = "<!doctype html>".repeat(200);
    for (name, text) in
        [("index.html", document.as_str()), ("index.html.br", "as brotli"), ("a.json", &document)]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let server = TestServer::builder()
        .config(|config| config.http.assets = Some(folder.path().to_owned()))
        .start()
        .await;
    let ines = server.person("ines").await;
    let (headers, body) = asked(&ines, "/", "gzip, br, zstd").await;
    assert_eq!((headers[CONTENT_ENCODING].to_str().unwrap(), &body[..]), ("br", &b"as brotli"[..]));
    for path in ["/", "/a.json"] {
        let (headers, body) = asked(&ines, path, "gzip, zstd").await;
        assert!(headers.get(CONTENT_ENCODING).is_none());
        assert_eq!(body, document.as_bytes());
    }
}
