//! Who somebody is, over HTTP: cookies, tokens, passwords, and how hard they are to guess.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::crash::Server;
use crate::raw::{self, Answer};
use crate::support::{PASSWORD, Person, TestServer, sign_in_at};
use backend::chat::password::Cost;
use backend::clock::Clock;
use shared::api::{
    ChangePassword, CheckInvitation, EndOtherSessions, EndSession, GetMe, ListSessions, Login,
    LoginRequest, Logout, Me, Method, Nothing, PasswordChange, Register, RegisterRequest, Secret,
};
use shared::command::ClientCommand;
use shared::error::{ErrorCode, Problem};
use shared::room::RoomKind;
use shared::time::Timestamp;
use shared::user::SiteRole;
use std::net::SocketAddr;

const JSON: (&str, &str) = ("content-type", "application/json");

fn problem(answer: &Answer) -> Problem {
    serde_json::from_str(answer.body()).unwrap()
}

/// `name=value` of the cookie that came.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

async fn register(address: SocketAddr, nick: &str, further: &[(&str, &str)]) -> Answer {
    let body = format!(r#"{{"nick":"{nick}","password":"{PASSWORD}"}}"#);
    let headers = [&[JSON], further].concat();
    raw::request(address, "POST /api/v1/register", &headers, &body).await
}

async fn me(address: SocketAddr, headers: &[(&str, &str)]) -> Answer {
    raw::request(address, "GET /api/v1/me", headers, "").await
}

async fn try_password(person: &Person, password: &str) -> Result<(), ErrorCode> {
    let request =
        LoginRequest { nick: person.user.nick.clone(), password: password.to_owned(), token: true };
    let answer = person.api.call::<Login>((), Nothing {}, &request).await;
    answer.map(|_| ()).map_err(|problem| problem.code)
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites_and_the_body_holds_no_token() {
    let server = TestServer::start().await;
    let answer = register(server.address, "anna", &[]).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let set = answer.header("set-cookie").unwrap();
    let (cookie, flags) = set.split_once("; ").unwrap();
    assert!(cookie.starts_with("hubbub_session=") && cookie.len() > 50, "{cookie}");
    assert_eq!(flags, "Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax");
    assert!(!answer.body().contains("token"), "{}", answer.body());

    let signed_in = me(server.address, &[("cookie", cookie)]).await;
    let signed_in: Me = serde_json::from_str(signed_in.body()).unwrap();
    assert_eq!(
        (signed_in.user.nick.as_str(), signed_in.user.role),
        ("anna", SiteRole::Administrator)
    );
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_host_and_encryption() {
    let server = TestServer::builder()
        .config(|config| config.http.public_url = "https://chat.test".parse().ok())
        .start()
        .await;
    let answer = register(server.address, "anna", &[]).await;
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-hubbub_session="), "{set}");
    assert!(
        set.ends_with("; Secure") && set.contains("Path=/;") && !set.contains("Domain"),
        "{set}"
    );
    assert!(answer.header("strict-transport-security").is_some());

    let cookie = cookie(&answer);
    assert_eq!(me(server.address, &[("cookie", &cookie)]).await.status(), 200);
    let plain = cookie.replace("__Host-", "");
    assert_eq!(me(server.address, &[("cookie", &plain)]).await.status(), 401);
}

#[tokio::test]
async fn programs_get_a_token_when_they_ask_for_one() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    assert!(anna.api.token.is_some());
    let me = anna.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(me.user.id, anna.id());
}

#[tokio::test]
async fn no_session_a_wrong_one_and_an_ended_one_are_told_alike() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let token = anna.api.token.clone().unwrap();
    anna.api.call::<Logout>((), Nothing {}, &Nothing {}).await.unwrap();
    let ended = format!("Bearer {token}");
    let tampered = format!("Bearer {}x", &token[1..]);
    let mut answers = vec![me(server.address, &[]).await];
    for authorization in [ended.as_str(), tampered.as_str(), "Bearer ", "Bearer é"] {
        answers.push(me(server.address, &[("authorization", authorization)]).await);
    }
    answers.push(me(server.address, &[("cookie", "hubbub_session=x")]).await);
    for answer in answers {
        assert_eq!(answer.status(), 401);
        assert_eq!(problem(&answer).code, ErrorCode::Unauthorized);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
}

#[tokio::test]
async fn a_token_in_the_address_signs_nobody_in() {
    let server = TestServer::start().await;
    let token = server.person("anna").await.api.token.unwrap();
    for name in ["token", "access_token", "session", "hubbub_session", "authorization"] {
        let line = format!("GET /api/v1/me?{name}={token}");
        assert_eq!(raw::request(server.address, &line, &[], "").await.status(), 401, "{name}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let server = TestServer::start().await;
    let cookie = cookie(&register(server.address, "anna", &[]).await);
    let origin = server.url("");
    let headers = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
    let answer = raw::request(server.address, "POST /api/v1/logout", &headers, "").await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(me(server.address, &headers).await.status(), 401);
}

#[tokio::test]
async fn a_new_sign_in_is_a_new_session() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let again = server.log_in("anna").await;
    assert_ne!(anna.api.token, again.api.token);
    let sessions = again.api.call::<ListSessions>((), Nothing {}, &Nothing {}).await.unwrap();
    assert_eq!(sessions.sessions.len(), 2);
    assert_eq!(sessions.sessions.iter().filter(|session| session.current).count(), 1);
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all_but_this() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let (second, third) = (server.log_in("anna").await, server.log_in("anna").await);
    let alive =
        async |person: &Person| person.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.is_ok();
    let sessions = second.api.call::<ListSessions>((), Nothing {}, &Nothing {}).await.unwrap();
    let current = sessions.sessions.iter().find(|session| session.current).unwrap().id;
    anna.api.call::<EndSession>((current,), Nothing {}, &Nothing {}).await.unwrap();
    assert!(!alive(&second).await && alive(&third).await);

    anna.api.call::<EndOtherSessions>((), Nothing {}, &Nothing {}).await.unwrap();
    assert!(!alive(&third).await && alive(&anna).await);
}

#[tokio::test]
async fn somebody_elses_session_cannot_be_ended() {
    let server = TestServer::start().await;
    let (anna, berta) = (server.person("anna").await, server.person("berta").await);
    let sessions = berta.api.call::<ListSessions>((), Nothing {}, &Nothing {}).await.unwrap();
    let session = sessions.sessions[0].id;
    let refused = anna.api.call::<EndSession>((session,), Nothing {}, &Nothing {}).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let other = server.log_in("anna").await;
    let change = |current: &str| PasswordChange {
        current: current.to_owned(),
        new: "a better horse battery".to_owned(),
    };
    let wrong = anna.api.call::<ChangePassword>((), Nothing {}, &change("not this one")).await;
    assert_eq!(wrong.unwrap_err().code, ErrorCode::WrongCredentials);
    anna.api.call::<ChangePassword>((), Nothing {}, &change(PASSWORD)).await.unwrap();
    assert!(other.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.is_err());
    assert!(anna.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.is_ok());
    assert_eq!(try_password(&anna, PASSWORD).await, Err(ErrorCode::WrongCredentials));
    assert_eq!(try_password(&anna, "a better horse battery").await, Ok(()));
}

#[tokio::test]
async fn an_unknown_nick_and_a_wrong_password_are_told_alike() {
    let server = TestServer::start().await;
    server.person("anna").await;
    let sign_in = async |nick: &str| {
        let body = format!(r#"{{"nick":"{nick}","password":"not this one"}}"#);
        let answer = raw::request(server.address, "POST /api/v1/login", &[JSON], &body).await;
        answer.0.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n")
    };
    let known = sign_in("anna").await;
    assert!(known.starts_with("HTTP/1.1 401"), "{known}");
    assert_eq!(known, sign_in("nobody").await);
}

#[tokio::test]
async fn whether_a_nick_is_known_makes_no_difference_to_what_is_hashed() {
    let folder = tempfile::tempdir().unwrap();
    // A process of its own: in this one others hash as well.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(folder.path(), address).await;
    let anna = sign_in_at(address, "anna").await;
    let hashed = async || {
        let text = anna.api.send(Method::Get, "/metrics", &Nothing {}).await.text().await.unwrap();
        let name = "hubbub_password_hashes_total ";
        let count = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        count.parse::<u32>().unwrap()
    };
    let sign_in = async |nick: &str, password: &str| {
        let before = hashed().await;
        let request =
            LoginRequest { nick: nick.to_owned(), password: password.to_owned(), token: true };
        let answer = anna.api.call::<Login>((), Nothing {}, &request).await;
        (answer.is_ok(), hashed().await - before)
    };
    // Nobody first, so that nothing has been made ready for them.
    assert_eq!(sign_in("nobody", "not this one").await, (false, 1));
    assert_eq!(sign_in("anna", "not this one").await, (false, 1));
    assert_eq!(sign_in("nobody", PASSWORD).await, (false, 1));
    assert_eq!(sign_in("no nick at all", PASSWORD).await, (false, 1));
    assert_eq!(sign_in("anna", PASSWORD).await, (true, 1));
    let bob = sign_in_at(address, "bob").await;
    anna.command(ClientCommand::DisablePerson { user: bob.id() }).await.unwrap();
    assert_eq!(sign_in("bob", PASSWORD).await, (false, 1));
    server.kill().await;
}

#[tokio::test]
async fn an_address_that_sprays_passwords_is_refused_for_a_while() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    let mut wrong = 0;
    let refused = loop {
        let request = LoginRequest {
            nick: format!("person{wrong}"),
            password: "password1".to_owned(),
            token: true,
        };
        let response = anna.api.send(Method::Post, "/api/v1/login", &request).await;
        if response.status() == 429 {
            break response;
        }
        assert_eq!(response.status(), 401);
        wrong += 1;
    };
    assert!((30..=40).contains(&wrong), "{wrong}");
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let Problem { code: ErrorCode::RateLimited { retry_after_ms }, .. } =
        refused.json().await.unwrap()
    else {
        panic!("another code")
    };
    assert_eq!(seconds, retry_after_ms.div_ceil(1_000));
    assert!(retry_after_ms <= 4_000, "{retry_after_ms}");
}

#[tokio::test]
async fn an_account_answers_later_the_more_is_guessed_but_is_never_locked() {
    let server = TestServer::start().await;
    let anna = server.person("anna").await;
    for _ in 0..8 {
        assert_eq!(try_password(&anna, "not this one").await, Err(ErrorCode::WrongCredentials));
    }
    let begun = std::time::Instant::now();
    assert_eq!(try_password(&anna, PASSWORD).await, Ok(()));
    assert!(begun.elapsed().as_millis() >= 1_000, "{:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    assert_eq!(try_password(&anna, PASSWORD).await, Ok(()));
    assert!(begun.elapsed().as_millis() < 1_000, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn thirty_registrations_a_minute_and_address_are_let_through() {
    let server = TestServer::start().await;
    let mut made = 0;
    let refused = loop {
        let answer = register(server.address, &format!("person{made}"), &[]).await;
        if answer.status() != 200 {
            break answer;
        }
        made += 1;
    };
    assert!((30..=45).contains(&made), "{made}");
    assert_eq!(refused.status(), 429);
    assert!(refused.header("retry-after").is_some());
    assert!(matches!(problem(&refused).code, ErrorCode::RateLimited { retry_after_ms: 1..=2_000 }));
}

#[tokio::test]
async fn behind_a_proxy_people_are_limited_each_for_themselves() {
    let server = TestServer::builder()
        .config(|config| config.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()])
        .start()
        .await;
    for number in 0..40 {
        let from = format!("203.0.113.{number}");
        let answer =
            register(server.address, &format!("person{number}"), &[("x-forwarded-for", &from)])
                .await;
        assert_eq!(answer.status(), 200, "{number}: {answer:?}");
    }
}

#[tokio::test]
async fn a_session_says_where_it_comes_from_and_a_stranger_cannot_forge_that() {
    let server = TestServer::start().await;
    let forged = [("x-forwarded-for", "192.0.2.1"), ("user-agent", "Browser/1")];
    let cookie = cookie(&register(server.address, "anna", &forged).await);
    let answer =
        raw::request(server.address, "GET /api/v1/sessions", &[("cookie", &cookie)], "").await;
    let sessions: shared::api::Sessions = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(sessions.sessions[0].address, "127.0.0.1");
    assert_eq!(sessions.sessions[0].agent, "Browser/1");
}

#[tokio::test]
async fn a_made_up_invitation_is_refused() {
    let server = TestServer::start().await;
    let secret = Secret { secret: "made up".to_owned() };
    let refused = server.anonymous().call::<CheckInvitation>((), Nothing {}, &secret).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::LinkInvalid);
}

#[tokio::test]
async fn nobody_makes_themselves_administrator() {
    let server = TestServer::start().await;
    server.person("anna").await;
    let body = format!(r#"{{"nick":"berta","password":"{PASSWORD}","role":"administrator"}}"#);
    let answer = raw::request(server.address, "POST /api/v1/register", &[JSON], &body).await;
    let signed_in: shared::api::SignedIn = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(signed_in.user.role, SiteRole::Member);
    let headers = [JSON, ("cookie", &cookie(&answer)), ("origin", &server.url(""))];
    let patch = r#"{"role":"administrator","settings":{}}"#;
    let answer = raw::request(server.address, "PATCH /api/v1/me", &headers, patch).await;
    let me: Me = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(me.user.role, SiteRole::Member);
}

#[tokio::test]
async fn of_two_registrations_of_a_nick_at_once_exactly_one_wins() {
    let server = TestServer::start().await;
    server.person("first").await;
    let request = RegisterRequest {
        nick: "anna".to_owned(),
        password: PASSWORD.to_owned(),
        ..RegisterRequest::default()
    };
    let api = server.anonymous();
    let ask = || api.call::<Register>((), Nothing {}, &request);
    let (one, two) = tokio::join!(ask(), ask());
    let lost: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert_eq!(lost.len(), 1);
    assert_eq!((lost[0].status, &lost[0].code), (409, &ErrorCode::NickTaken));
}

const DAY: i64 = 24 * 3_600_000;

#[tokio::test]
async fn a_session_that_is_not_used_for_two_weeks_has_ended() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let anna = server.person("anna").await;
    let is_signed_in = async || anna.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.is_ok();
    clock.advance(13 * DAY);
    assert!(is_signed_in().await);
    clock.advance(13 * DAY);
    assert!(is_signed_in().await, "it was used thirteen days ago");
    clock.advance(14 * DAY + 1);
    assert!(!is_signed_in().await);
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_much_it_is_used() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let anna = server.person("anna").await;
    let is_signed_in = async || anna.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.is_ok();
    for _ in 0..8 {
        clock.advance(11 * DAY);
        assert!(is_signed_in().await);
    }
    clock.advance(2 * DAY + 1);
    assert!(!is_signed_in().await);
    server.log_in("anna").await;
}

#[tokio::test]
async fn a_hundred_sign_ins_at_once_do_not_hold_up_talk() {
    let server =
        TestServer::builder().limits(|limits| limits.password_cost = Cost::Full).start().await;
    let anna = server.person("anna").await;
    let room = anna.create_room("Garden", RoomKind::Open).await;
    let (mut live, _) = anna.connect().await;
    live.say(room, "before").await.unwrap();
    let signing_in: Vec<_> = (0..100)
        .map(|number| {
            let api = server.anonymous();
            let request = LoginRequest {
                nick: format!("person{number}"),
                password: "not this one".to_owned(),
                token: true,
            };
            tokio::spawn(async move { api.call::<Login>((), Nothing {}, &request).await.is_err() })
        })
        .collect();
    // Debug builds hash slowly: it goes on for longer than this takes.
    let mut slowest = std::time::Duration::ZERO;
    for number in 0..20 {
        let begun = std::time::Instant::now();
        live.say(room, &number.to_string()).await.unwrap();
        slowest = slowest.max(begun.elapsed());
    }
    assert!(signing_in.iter().any(|one| !one.is_finished()), "too fast to tell");
    // On the event loop they would hold it up for tens of seconds.
    assert!(slowest.as_millis() < 3_000, "{slowest:?}");
    signing_in.iter().for_each(tokio::task::JoinHandle::abort);
}
