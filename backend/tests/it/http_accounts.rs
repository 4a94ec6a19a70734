//! How people come in, and back in: registration, invitations, reset links, being disabled.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{PASSWORD, Person, TestServer};
use backend::clock::Clock;
use shared::api::{
    CheckInvitation, GetMe, GetSite, ListInvitations, Login, LoginRequest, Nothing, Register,
    RegisterRequest, ResetPassword, ResetRequest, Secret, Setup,
};
use shared::command::{ClientCommand, CommandReply};
use shared::error::{ErrorCode, Problem};
use shared::id::InvitationId;
use shared::site::Registration;
use shared::time::Timestamp;
use shared::user::{SiteRole, User};

const HOUR: i64 = 3_600_000;
const NEW_PASSWORD: &str = "a better horse battery";

async fn register(
    server: &TestServer,
    nick: &str,
    invitation: Option<&str>,
) -> Result<User, ErrorCode> {
    let request = RegisterRequest {
        nick: nick.to_owned(),
        password: PASSWORD.to_owned(),
        invitation: invitation.map(str::to_owned),
        ..RegisterRequest::default()
    };
    let answer = server.anonymous().call::<Register>((), Nothing {}, &request).await;
    answer.map(|signed_in| signed_in.user).map_err(|problem: Problem| problem.code)
}

async fn sign_in(server: &TestServer, nick: &str, password: &str) -> Result<(), ErrorCode> {
    let request =
        LoginRequest { nick: nick.to_owned(), password: password.to_owned(), token: true };
    let answer = server.anonymous().call::<Login>((), Nothing {}, &request).await;
    answer.map(|_| ()).map_err(|problem| problem.code)
}

async fn set_registration(administrator: &Person, registration: Registration) {
    let command =
        ClientCommand::UpdateSite { name: None, registration: Some(registration), receipts: None };
    administrator.command(command).await.unwrap();
}

/// An invitation, and the secret in its link.
async fn invite(
    administrator: &Person,
    expires_at: Timestamp,
    uses: Option<u32>,
) -> (InvitationId, String) {
    match administrator.command(ClientCommand::CreateInvitation { expires_at, uses }).await {
        Ok(CommandReply::InvitationMade { invitation, link }) => {
            (invitation.id, link.0.split_once('#').unwrap().1.to_owned())
        }
        other => panic!("{other:?}"),
    }
}

async fn reset_link(administrator: &Person, user: &Person) -> String {
    match administrator.command(ClientCommand::CreateResetLink { user: user.id() }).await {
        Ok(CommandReply::ResetLink { link, .. }) => link.0.split_once('#').unwrap().1.to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn reset(server: &TestServer, secret: &str) -> Result<User, ErrorCode> {
    let request = ResetRequest { secret: secret.to_owned(), password: NEW_PASSWORD.to_owned() };
    let answer = server.anonymous().call::<ResetPassword>((), Nothing {}, &request).await;
    answer.map(|signed_in| signed_in.user).map_err(|problem| problem.code)
}

async fn is_signed_in(person: &Person) -> bool {
    person.api.call::<GetMe>((), Nothing {}, &Nothing {}).await.is_ok()
}

#[tokio::test]
async fn the_first_one_names_the_place_and_later_ones_do_not() {
    let server = TestServer::start().await;
    let api = server.anonymous();
    let site = async || api.call::<GetSite>((), Nothing {}, &Nothing {}).await.unwrap().site;
    assert!(site().await.first_run);
    for (nick, name) in [("anna", "Allotment"), ("berta", "Mine now")] {
        let request = RegisterRequest {
            nick: nick.to_owned(),
            password: PASSWORD.to_owned(),
            setup: Some(Setup { site_name: Some(name.to_owned()), ..Setup::default() }),
            ..RegisterRequest::default()
        };
        api.call::<Register>((), Nothing {}, &request).await.unwrap();
        let site = site().await;
        assert_eq!((site.name.as_str(), site.first_run), ("Allotment", false));
        assert_eq!(site.announcements, None, "strangers learn of no room");
    }
}

#[tokio::test]
async fn of_two_first_ones_at_once_one_is_administrator() {
    let server = TestServer::start().await;
    let (one, two) =
        tokio::join!(register(&server, "anna", None), register(&server, "berta", None));
    let mut roles = [one.unwrap().role, two.unwrap().role];
    roles.sort_by_key(|role| *role == SiteRole::Administrator);
    assert_eq!(roles, [SiteRole::Member, SiteRole::Administrator]);
}

#[tokio::test]
async fn where_registration_is_closed_nobody_comes_in() {
    let server = TestServer::start().await;
    let boss = server.person("boss").await;
    let expires_at = server.app.clock.now().plus_millis(HOUR);
    let (_, secret) = invite(&boss, expires_at, None).await;
    set_registration(&boss, Registration::Closed).await;
    assert_eq!(register(&server, "anna", None).await, Err(ErrorCode::RegistrationClosed));
    assert_eq!(register(&server, "anna", Some(&secret)).await, Err(ErrorCode::RegistrationClosed));
    set_registration(&boss, Registration::Open).await;
    assert!(register(&server, "anna", None).await.is_ok());
}

#[tokio::test]
async fn an_invitation_lets_as_many_in_as_it_says() {
    let server = TestServer::start().await;
    let boss = server.person("boss").await;
    set_registration(&boss, Registration::Invitation).await;
    assert_eq!(register(&server, "anna", None).await, Err(ErrorCode::RegistrationClosed));
    let expires_at = server.app.clock.now().plus_millis(HOUR);
    let (id, secret) = invite(&boss, expires_at, Some(1)).await;
    let (one, two) = tokio::join!(
        register(&server, "anna", Some(&secret)),
        register(&server, "berta", Some(&secret))
    );
    let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    let list = boss.api.call::<ListInvitations>((), Nothing {}, &Nothing {}).await.unwrap();
    let listed = list.invitations.iter().find(|invitation| invitation.id == id).unwrap();
    assert_eq!((listed.used, listed.uses_left), (1, Some(0)));
}

#[tokio::test]
async fn an_invitation_ends_with_its_time_or_when_it_is_revoked() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let boss = server.person("boss").await;
    set_registration(&boss, Registration::Invitation).await;
    let expires_at = clock.now().plus_millis(HOUR);
    let (_, short) = invite(&boss, expires_at, None).await;
    let (id, revoked) = invite(&boss, expires_at.plus_millis(HOUR), None).await;
    let holds = async |secret: &str| {
        let secret = Secret { secret: secret.to_owned() };
        server.anonymous().call::<CheckInvitation>((), Nothing {}, &secret).await.is_ok()
    };
    assert!(holds(&short).await && holds(&revoked).await);
    clock.advance(HOUR + 1);
    assert!(!holds(&short).await && holds(&revoked).await);
    boss.command(ClientCommand::RevokeInvitation { invitation: id }).await.unwrap();
    assert!(!holds(&revoked).await);
    for secret in [&short, &revoked] {
        assert!(register(&server, "anna", Some(secret)).await.is_err());
    }
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_every_session() {
    let server = TestServer::start().await;
    let (boss, anna) = (server.person("boss").await, server.person("anna").await);
    let earlier = reset_link(&boss, &anna).await;
    let secret = reset_link(&boss, &anna).await;
    assert_eq!(reset(&server, &earlier).await, Err(ErrorCode::LinkInvalid));
    assert!(is_signed_in(&anna).await);
    assert_eq!(reset(&server, &secret).await.unwrap().id, anna.id());
    assert!(!is_signed_in(&anna).await);
    assert_eq!(reset(&server, &secret).await, Err(ErrorCode::LinkInvalid));
    assert_eq!(sign_in(&server, "anna", PASSWORD).await, Err(ErrorCode::WrongCredentials));
    assert_eq!(sign_in(&server, "anna", NEW_PASSWORD).await, Ok(()));
}

#[tokio::test]
async fn a_reset_link_ends_with_its_time() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = TestServer::builder().clock(clock.clone()).start().await;
    let (boss, anna) = (server.person("boss").await, server.person("anna").await);
    let secret = reset_link(&boss, &anna).await;
    clock.advance(24 * HOUR + 1);
    assert_eq!(reset(&server, &secret).await, Err(ErrorCode::LinkInvalid));
    assert_eq!(sign_in(&server, "anna", PASSWORD).await, Ok(()));
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_and_told_nothing() {
    let server = TestServer::start().await;
    let (boss, anna) = (server.person("boss").await, server.person("anna").await);
    boss.command(ClientCommand::DisablePerson { user: anna.id() }).await.unwrap();
    assert!(!is_signed_in(&anna).await);
    assert_eq!(sign_in(&server, "anna", PASSWORD).await, Err(ErrorCode::WrongCredentials));
    boss.command(ClientCommand::EnablePerson { user: anna.id() }).await.unwrap();
    assert_eq!(sign_in(&server, "anna", PASSWORD).await, Ok(()));
}
