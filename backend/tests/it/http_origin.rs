//! What pages of other sites can make a browser do here: nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::raw::{self, Answer};
use crate::support::{PASSWORD, TestServer};
use shared::error::{ErrorCode, Problem};
use std::net::SocketAddr;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn cookie(address: SocketAddr) -> String {
    let body = format!(r#"{{"nick":"anna","password":"{PASSWORD}"}}"#);
    let answer = raw::request(address, "POST /api/v1/register", &[JSON], &body).await;
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn code(answer: &Answer) -> ErrorCode {
    serde_json::from_str::<Problem>(answer.body()).unwrap().code
}

fn foreign(own: &str) -> Vec<String> {
    vec![
        "null".to_owned(),
        "https://evil.test".to_owned(),
        format!("{own}.evil.test"),
        format!("{own}1"),
        own.replace("http://", "https://"),
        own.replace("http://", "http://evil"),
        "http://127.0.0.1".to_owned(),
        String::new(),
    ]
}

#[tokio::test]
async fn a_cookie_acts_only_for_the_own_page() {
    let server = TestServer::start().await;
    let cookie = cookie(server.address).await;
    let own = server.url("");
    let create = async |headers: &[(&str, &str)]| {
        let headers = [&[JSON, ("cookie", cookie.as_str())], headers].concat();
        let body = r#"{"name":"Garden","kind":"open"}"#;
        raw::request(server.address, "POST /api/v1/rooms", &headers, body).await
    };
    assert_eq!(create(&[("origin", &own)]).await.status(), 200);
    assert_eq!(create(&[("origin", &own), ("sec-fetch-site", "same-origin")]).await.status(), 200);
    for origin in foreign(&own) {
        let answer = create(&[("origin", &origin)]).await;
        assert_eq!((answer.status(), code(&answer)), (403, ErrorCode::ForeignOrigin), "{origin}");
    }
    assert_eq!(create(&[]).await.status(), 403);
    assert_eq!(create(&[("origin", &own), ("origin", "https://evil.test")]).await.status(), 403);
}

#[tokio::test]
async fn every_method_that_changes_something_asks_for_the_origin() {
    let server = TestServer::start().await;
    let cookie = cookie(server.address).await;
    for line in [
        "POST /api/v1/logout",
        "PATCH /api/v1/me",
        "DELETE /api/v1/sessions",
        "POST /api/v1/commands",
        "PUT /api/v1/me",
    ] {
        let headers = [("cookie", cookie.as_str()), ("origin", "https://evil.test")];
        let answer = raw::request(server.address, line, &headers, "").await;
        assert_eq!(answer.status(), 403, "{line}");
    }
    let reading = [("cookie", cookie.as_str()), ("origin", "https://evil.test")];
    let answer = raw::request(server.address, "GET /api/v1/me", &reading, "").await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in() {
    let server = TestServer::start().await;
    cookie(server.address).await;
    let body = format!(r#"{{"nick":"anna","password":"{PASSWORD}"}}"#);
    for headers in [
        &[("content-type", "text/plain"), ("origin", "https://evil.test")][..],
        &[("content-type", "text/plain"), ("sec-fetch-site", "cross-site")],
        &[JSON, ("origin", "null")],
        &[JSON, ("sec-fetch-site", "same-site")],
    ] {
        let answer = raw::request(server.address, "POST /api/v1/login", headers, &body).await;
        assert_eq!((answer.status(), code(&answer)), (403, ErrorCode::ForeignOrigin));
        assert_eq!(answer.header("set-cookie"), None);
    }
    let plain = [("content-type", "text/plain")];
    let answer = raw::request(server.address, "POST /api/v1/login", &plain, &body).await;
    assert_eq!(answer.status(), 415);
}

#[tokio::test]
async fn programs_need_no_origin() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let bearer = format!("Bearer {}", anna.api.token.unwrap());
    let headers = [JSON, ("authorization", bearer.as_str())];
    let body = r#"{"name":"Garden","kind":"open"}"#;
    let answer = raw::request(server.address, "POST /api/v1/rooms", &headers, body).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let answer = raw::handshake(server.address, &[("authorization", &bearer)]).await;
    assert_eq!(answer.status(), 101, "{answer:?}");
}

#[tokio::test]
async fn no_foreign_page_opens_a_live_connection() {
    let server = TestServer::start().await;
    let cookie = cookie(server.address).await;
    let own = server.url("");
    let cookie = ("cookie", cookie.as_str());
    let answer = raw::handshake(server.address, &[cookie, ("origin", &own)]).await;
    assert_eq!(answer.status(), 101, "{answer:?}");
    for origin in foreign(&own) {
        let answer = raw::handshake(server.address, &[cookie, ("origin", &origin)]).await;
        assert_eq!(answer.status(), 403, "{origin}");
    }
    assert_eq!(raw::handshake(server.address, &[cookie]).await.status(), 403);
}

#[tokio::test]
async fn nobody_opens_a_live_connection_unasked() {
    let server = TestServer::start().await;
    let own = server.url("");
    for headers in [
        &[][..],
        &[("origin", own.as_str())],
        &[("authorization", "Bearer tampered")],
        &[("cookie", "hubbub_session=tampered"), ("origin", &own)],
    ] {
        assert_eq!(raw::handshake(server.address, headers).await.status(), 401, "{headers:?}");
    }
    let anna = server.person("anna").await;
    let token = anna.api.token.unwrap();
    let line = format!("GET /api/v1/ws?token={token}");
    let handshake = [
        ("connection", "Upgrade, close"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    assert_eq!(raw::request(server.address, &line, &handshake, "").await.status(), 401);
    // What is no handshake is told so, whoever it is.
    assert_eq!(raw::request(server.address, &line, &[], "").await.status(), 426);
    let bearer = format!("Bearer {token}");
    let plain = [("authorization", bearer.as_str())];
    let answer = raw::request(server.address, "GET /api/v1/ws", &plain, "").await;
    assert_eq!(answer.status(), 426);
}

#[tokio::test]
async fn the_public_address_is_the_only_origin_where_it_is_set() {
    let server = TestServer::builder()
        .config(|config| config.http.public_url = "http://chat.test:81".parse().ok())
        .start()
        .await;
    let cookie = cookie(server.address).await;
    let logout = async |origin: &str| {
        let headers = [("cookie", cookie.as_str()), ("origin", origin)];
        raw::request(server.address, "POST /api/v1/logout", &headers, "").await.status()
    };
    assert_eq!(logout(&server.url("")).await, 403);
    assert_eq!(logout("http://chat.test").await, 403);
    assert_eq!(logout("http://chat.test:81").await, 200);
}

#[tokio::test]
async fn only_a_trusted_proxy_says_how_the_server_is_called() {
    for (trusted, expected) in [(vec![], 403), (vec!["127.0.0.1".parse().unwrap()], 200)] {
        let server = TestServer::builder()
            .config(|config| config.http.trusted_proxies = trusted)
            .start()
            .await;
        let token = server.person("anna").await.api.token.unwrap();
        let cookie = format!("hubbub_session={token}; __Host-hubbub_session={token}");
        let headers = [
            ("cookie", cookie.as_str()),
            ("origin", "https://chat.test"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "chat.test"),
        ];
        let answer = raw::request(server.address, "POST /api/v1/logout", &headers, "").await;
        assert_eq!(answer.status(), expected);
    }
}

#[tokio::test]
async fn every_answer_says_how_it_may_be_used() {
    let server = TestServer::start().await;
    for line in [
        "GET /",
        "GET /rooms/somewhere",
        "GET /missing.js",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        "GET /api/v1/site",
        "GET /api/v1/me",
        "GET /api/v1/nothing",
        "GET /api/v1/openapi.json",
        "PUT /api/v1/me",
        "POST /",
    ] {
        let answer = raw::request(server.address, line, &[], "").await;
        let is = |name: &str, value: &str| assert_eq!(answer.header(name), Some(value), "{line}");
        is("x-content-type-options", "nosniff");
        is("referrer-policy", "no-referrer");
        is("cross-origin-opener-policy", "same-origin");
        is("cross-origin-resource-policy", "same-origin");
        let permissions = answer.header("permissions-policy").unwrap();
        assert!(
            permissions.starts_with("camera=(self), microphone=(self), display-capture=(self)")
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
        assert!(policy.ends_with(
            "style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; \
             connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        ));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert_eq!(answer.header("strict-transport-security"), None, "{line}");
        assert!(answer.header("cache-control").is_some(), "{line}");
    }
}

#[tokio::test]
async fn what_the_api_answers_is_kept_by_nobody() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    for path in ["/api/v1/me", "/api/v1/rooms", "/api/v1/users", "/api/v1/sessions"] {
        let response = anna.api.send(shared::api::Method::Get, path, &()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn no_other_origin_may_read_answers() {
    let server = TestServer::start().await;
    for origin in ["https://evil.test", "null"] {
        for line in ["GET /api/v1/site", "OPTIONS /api/v1/rooms"] {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
            ];
            let answer = raw::request(server.address, line, &headers, "").await;
            assert!(!answer.head().to_lowercase().contains("access-control"), "{answer:?}");
        }
    }
}
