//! The page's files, as a browser gets them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw;
use crate::support::TestServer;
use backend::assets::{Assets, AssetsError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::path::Path;
use tempfile::TempDir;

const SCRIPT: &str = "\nimport init from '/page-0123456789abcdef.js'; init();\n";

fn page() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "index.html",
        &format!("<!doctype html><script type=\"module\">{SCRIPT}</script><script src=x></script>"),
    );
    write("index.html.br", "document, brotli");
    write("page-0123456789abcdef.js", "script");
    write("page-0123456789abcdef.js.br", "script, brotli");
    write("page-0123456789abcdef.js.gz", "script, gzip");
    write("page-0123456789abcdef_bg.wasm", "wasm");
    write("icons/logo.svg", "<svg/>");
    write(".stamp", "not for browsers");
    folder
}

async fn start(folder: &Path) -> TestServer {
    let folder = folder.to_owned();
    TestServer::builder().config(|config| config.http.assets = Some(folder)).start().await
}

#[tokio::test]
async fn every_address_of_the_page_is_its_document_and_asked_for_anew() {
    let folder = page();
    let server = start(folder.path()).await;
    for path in ["/", "/login", "/rooms/0192/123", "/search?q=x", "/people/anna.b"] {
        let answer = raw::request(server.address, &format!("GET {path}"), &[], "").await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert!(answer.body().starts_with("<!doctype html>"));
    }
}

#[tokio::test]
async fn files_come_as_small_as_the_browser_reads_them() {
    let folder = page();
    let server = start(folder.path()).await;
    let get = async |accepted: &str| {
        let headers = [("accept-encoding", accepted)];
        raw::request(server.address, "GET /page-0123456789abcdef.js", &headers, "").await
    };
    let brotli = get("gzip, deflate, br, zstd").await;
    assert_eq!(brotli.body(), "script, brotli");
    assert_eq!(brotli.header("content-encoding"), Some("br"));
    assert_eq!(brotli.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(brotli.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(brotli.header("vary"), Some("accept-encoding"));
    let gzip = get("gzip").await;
    assert_eq!((gzip.body(), gzip.header("content-encoding")), ("script, gzip", Some("gzip")));
    let plain = get("identity").await;
    assert_eq!((plain.body(), plain.header("content-encoding")), ("script", None));
    let tags = [&brotli, &gzip, &plain].map(|answer| answer.header("etag").unwrap());
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");

    let wasm = raw::request(server.address, "GET /page-0123456789abcdef_bg.wasm", &[], "").await;
    assert_eq!(wasm.header("content-type"), Some("application/wasm"));
    let logo = raw::request(server.address, "GET /icons/logo.svg", &[], "").await;
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert_eq!(logo.header("cache-control"), Some("no-cache"));
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let folder = page();
    let server = start(folder.path()).await;
    let first = raw::request(server.address, "GET /icons/logo.svg", &[], "").await;
    let etag = first.header("etag").unwrap();
    let headers = [("if-none-match", etag)];
    let again = raw::request(server.address, "GET /icons/logo.svg", &headers, "").await;
    assert_eq!((again.status(), again.body()), (304, ""));
    assert_eq!(again.header("etag"), Some(etag));
}

#[tokio::test]
async fn asking_for_the_head_gets_the_head() {
    let folder = page();
    let server = start(folder.path()).await;
    let get = raw::request(server.address, "GET /icons/logo.svg", &[], "").await;
    let head = raw::request(server.address, "HEAD /icons/logo.svg", &[], "").await;
    assert_eq!((head.status(), head.body()), (200, ""));
    for name in ["content-length", "etag", "content-type", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
        assert!(head.header(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_file_of_the_page_is_not_served() {
    let folder = page();
    let server = start(folder.path()).await;
    std::fs::write(folder.path().parent().unwrap().join("hubbub-outside.txt"), "outside").unwrap();
    for path in [
        "/old-0123456789abcdef.js",
        "/page-0123456789abcdef.js.br",
        "/favicon.ico",
        "/../hubbub-outside.txt",
        "/..%2fhubbub-outside.txt",
        "/%2e%2e/hubbub-outside.txt",
        "//hubbub-outside.txt",
        "/icons/../../hubbub-outside.txt",
    ] {
        let answer = raw::request(server.address, &format!("GET {path}"), &[], "").await;
        assert_eq!(answer.status(), 404, "{path}: {answer:?}");
    }
    let answer = raw::request(server.address, "GET /.stamp", &[], "").await;
    assert!(!answer.body().contains("not for browsers"));
    std::fs::remove_file(folder.path().parent().unwrap().join("hubbub-outside.txt")).unwrap();
}

#[tokio::test]
async fn the_policy_allows_the_documents_own_script_by_its_hash() {
    let folder = page();
    let server = start(folder.path()).await;
    let answer = raw::request(server.address, "GET /", &[], "").await;
    let policy = answer.header("content-security-policy").unwrap();
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    assert!(
        policy.contains(&format!("script-src 'self' 'wasm-unsafe-eval' 'sha256-{hash}';")),
        "{policy}"
    );
}

#[test]
fn a_folder_without_a_page_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let empty = Assets::folder(folder.path()).unwrap_err();
    assert!(matches!(empty, AssetsError::NoDocument(_)));
    assert!(empty.to_string().contains("no index.html"), "{empty}");
    let missing = Assets::folder(&folder.path().join("nowhere")).unwrap_err();
    assert!(missing.to_string().contains("nowhere"), "{missing}");
}

#[tokio::test]
async fn whoever_asks_for_ranges_gets_all_of_it_once() {
    let folder = page();
    let server = start(folder.path()).await;
    let many: Vec<String> = (0..1_000).map(|from| format!("{from}-")).collect();
    for ranges in ["0-", "0-0,1-1", "-1", "5-2", "99999999999999999999-", &many.join(",")] {
        let range = format!("bytes={ranges}");
        let headers = [("range", range.as_str())];
        let path = "GET /page-0123456789abcdef_bg.wasm";
        let answer = raw::request(server.address, path, &headers, "").await;
        assert_eq!((answer.status(), answer.body(), answer.count()), (200, "wasm", 1));
    }
}
