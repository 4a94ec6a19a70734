//! Encryption by the server itself.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw::Answer;
use crate::support::{PASSWORD, TestServer, within};
use backend::config::TlsConfig;
use backend::listener::tls;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

fn write(folder: &Path) -> (TlsConfig, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["chat.test".to_owned()]).unwrap();
    let config = TlsConfig { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&config.certificate, cert.pem()).unwrap();
    std::fs::write(&config.key, signing_key.serialize_pem()).unwrap();
    (config, cert.der().clone())
}

async fn connect(address: SocketAddr, trusted: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("chat.test").unwrap();
    within(TlsConnector::from(Arc::new(config)).connect(name, socket)).await.unwrap()
}

async fn ask(address: SocketAddr, trusted: &CertificateDer<'static>, text: &str) -> Answer {
    let mut stream = connect(address, trusted).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let _ = within(stream.read_to_end(&mut bytes)).await;
    Answer(String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn the_server_speaks_https_and_binds_the_cookie_to_it() {
    let folder = TempDir::new().unwrap();
    let (config, certificate) = write(folder.path());
    let server = TestServer::builder().config(|all| all.http.tls = Some(config)).start().await;
    let body = format!(r#"{{"nick":"anna","password":"{PASSWORD}"}}"#);
    let register = format!(
        "POST /api/v1/register HTTP/1.1\r\nhost: chat.test\r\norigin: https://chat.test\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len(),
    );
    let answer = ask(server.address, &certificate, &register).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-hubbub_session=") && set.ends_with("; Secure"), "{set}");

    let cookie = set.split(';').next().unwrap();
    let upgrade = |origin: &str| {
        format!(
            "GET /api/v1/ws HTTP/1.1\r\nhost: chat.test\r\ncookie: {cookie}\r\n\
             origin: {origin}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    };
    let mut live = connect(server.address, &certificate).await;
    live.write_all(upgrade("https://chat.test").as_bytes()).await.unwrap();
    let mut head = [0; 12];
    within(live.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    let mut refused = connect(server.address, &certificate).await;
    refused.write_all(upgrade("http://chat.test").as_bytes()).await.unwrap();
    within(refused.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 403");
}

#[tokio::test]
async fn whoever_does_not_encrypt_gets_no_answer() {
    let folder = TempDir::new().unwrap();
    let (config, _) = write(folder.path());
    let server = TestServer::builder().config(|all| all.http.tls = Some(config)).start().await;
    let answer =
        crate::raw::talk(server.address, "GET /healthz HTTP/1.1\r\nhost: chat.test\r\n\r\n").await;
    assert!(!answer.0.contains("HTTP/1.1"), "{answer:?}");
}

/// How a conversation begins, as somebody who knows this version of TLS and no later one, and these
/// ways to encrypt.
fn client_hello(version: [u8; 2], suites: &[[u8; 2]]) -> Vec<u8> {
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    let with_length = |bytes: Vec<u8>| [length(&bytes), bytes].concat();
    let extension =
        |number: u8, body: &[u8]| [vec![0, number], with_length(body.to_vec())].concat();
    let extensions = [
        // `x25519` and `secp256r1`; their points uncompressed; ECDSA and RSA with SHA-256; and that
        // the session's keys are bound to the hellos.
        extension(10, &[0, 4, 0, 0x1d, 0, 0x17]),
        extension(11, &[1, 0]),
        extension(13, &[0, 6, 4, 3, 4, 1, 8, 4]),
        extension(23, &[]),
    ];
    let hello = [
        version.to_vec(),
        vec![7; 32],
        vec![0], // No earlier session.
        with_length(suites.concat()),
        vec![1, 0], // No compression.
        with_length(extensions.concat()),
    ]
    .concat();
    let message = [vec![1, 0], with_length(hello)].concat();
    [vec![22, 3, 1], with_length(message)].concat()
}

/// The first record that is answered.
async fn answer_to(server: &TestServer, hello: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(hello).await.unwrap();
    let mut head = [0; 5];
    within(socket.read_exact(&mut head)).await.unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    within(socket.read_exact(&mut body)).await.unwrap();
    [&head[..1], &body].concat()
}

#[tokio::test]
async fn no_tls_before_1_2_is_spoken_and_none_of_its_broken_ways_to_encrypt() {
    const ALERT: u8 = 21;
    const FATAL: u8 = 2;
    const HANDSHAKE_FAILURE: u8 = 40;
    const PROTOCOL_VERSION: u8 = 70;
    const SERVER_HELLO: [u8; 2] = [22, 2];
    const TLS_1_2: [u8; 2] = [3, 3];
    const ECDHE_ECDSA_AES_128_GCM: [u8; 2] = [0xc0, 0x2b];
    let folder = TempDir::new().unwrap();
    let (config, _) = write(folder.path());
    let server = TestServer::builder().config(|all| all.http.tls = Some(config)).start().await;
    let said = async |version, suites: &[[u8; 2]]| {
        answer_to(&server, &client_hello(version, suites)).await
    };
    // With what there is now, so that it is the version that is refused.
    for old in [[3, 0], [3, 1], [3, 2]] {
        let answer = said(old, &[ECDHE_ECDSA_AES_128_GCM]).await;
        assert_eq!(answer, [ALERT, FATAL, PROTOCOL_VERSION], "{old:?}");
    }
    // Without an exchange of keys; CBC; 3DES; RC4; without any encryption; for export.
    let broken = [[0, 0x2f], [0xc0, 9], [0xc0, 8], [0xc0, 7], [0xc0, 6], [0, 3]];
    for suite in broken {
        let answer = said(TLS_1_2, &[suite]).await;
        assert_eq!(answer, [ALERT, FATAL, HANDSHAKE_FAILURE], "{suite:?}");
    }
    let answer = said(TLS_1_2, &[&broken[..], &[ECDHE_ECDSA_AES_128_GCM]].concat()).await;
    assert_eq!(answer[..2], SERVER_HELLO, "the one that is sound is taken");
}

#[test]
fn certificates_and_keys_that_cannot_be_used_are_named() {
    let folder = TempDir::new().unwrap();
    let (good, _) = write(folder.path());
    let other = TempDir::new().unwrap();
    let (stranger, _) = write(other.path());
    let refusal = |certificate: &Path, key: &Path| {
        let config = TlsConfig { certificate: certificate.to_owned(), key: key.to_owned() };
        tls::acceptor(&config).err().unwrap().to_string()
    };
    let missing = folder.path().join("missing.pem");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();

    assert!(refusal(&missing, &good.key).contains("cannot read --tls-cert"));
    assert!(refusal(&good.certificate, &missing).contains("cannot read --tls-key"));
    assert!(refusal(&empty, &good.key).contains("holds no certificate"));
    assert!(refusal(&good.certificate, &empty).contains("holds no private key"));
    assert!(refusal(&good.certificate, &good.certificate).contains("holds no private key"));
    assert!(refusal(&good.certificate, &stranger.key).contains("is not the key of"));
    assert!(tls::acceptor(&good).is_ok());
}
