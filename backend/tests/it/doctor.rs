//! What the doctor sees from outside, through what stands in front of a server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::proxies::Nginx;
use crate::support::{TestServer, within};
use backend::config::Config;
use backend::doctor::{Finding, examine};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PASSING: &str = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
    proxy_set_header Connection $http_connection;";

/// What is found at the address, beside what is found at home.
async fn found_at(url: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.http.listen.set_port(0);
    folder.path().clone_into(&mut config.data.folder);
    let home = examine(&config, None).await.len();
    let url = url.parse().unwrap();
    let all = Box::pin(within(examine(&config, Some(&url)))).await;
    all.iter().skip(home).map(Finding::to_string).collect()
}

async fn found(address: SocketAddr) -> Vec<String> {
    found_at(&format!("http://{address}")).await
}

/// Answers whatever is asked with these lines.
async fn always(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_a_proxy_that_passes_everything_on_from_those_that_do_not() {
    let server = TestServer::start().await;
    let well = |text: &str| format!("ok       {text}");
    let through = ["WebSockets get through", "what stays open comes through as it is said"];
    let found_there = found(server.address).await;
    assert_eq!(found_there.len(), 4, "{found_there:?}");
    assert_eq!(
        found_there[0],
        well(&format!("http://{} is answered by this server", server.address))
    );
    assert_eq!(found_there[1], well("the clocks here and there agree"));
    assert_eq!(found_there[2..], through.map(well));
    let passing = Nginx::before(&server, PASSING).await;
    assert_eq!(found(passing.address).await[2..], through.map(well));

    let stripping = Nginx::before(&server, "proxy_http_version 1.1;").await;
    let found_there = found(stripping.address).await;
    assert!(
        found_there[2].starts_with("warning  what stands in front takes the upgrade"),
        "{found_there:?}"
    );
    assert_eq!(found_there[3], well(through[1]));

    let holding = "proxy_http_version 1.0; proxy_buffering on; \
        proxy_ignore_headers X-Accel-Buffering;";
    let holding = Nginx::before(&server, holding).await;
    let found_there = found(holding.address).await;
    assert!(
        found_there[3].starts_with("warning  what stands in front holds back"),
        "{found_there:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_who_else_answers_that_nobody_does_and_that_a_clock_is_wrong() {
    let other =
        always("HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\nWelcome!").await;
    let found_there = found(other).await;
    assert_eq!(found_there.len(), 1);
    assert!(found_there[0].starts_with("problem "), "{found_there:?}");
    assert!(found_there[0].contains("not by this server"), "{found_there:?}");

    let late = always(
        "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-length: 6\r\n\
         connection: close\r\n\r\nalive\n",
    )
    .await;
    let found_there = found(late).await;
    assert!(found_there[1].contains("minutes apart"), "{found_there:?}");
    assert!(found_there[2].contains("answers WebSockets by itself (200 OK)"), "{found_there:?}");

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let found_there = found(nobody).await;
    assert!(found_there[0].contains("cannot be reached"), "{found_there:?}");

    let plain = TestServer::start().await;
    let found_there = found_at(&format!("https://127.0.0.1:{}", plain.address.port())).await;
    assert_eq!(found_there.len(), 1);
    assert!(found_there[0].starts_with("problem "), "{found_there:?}");
}
