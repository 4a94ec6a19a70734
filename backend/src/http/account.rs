//! Registering, signing in and out, passwords.

use crate::chat::account::{Login, SESSION_ABSOLUTE_MILLIS};
use crate::chat::{self, Caller, Chat, nick};
use crate::extract::{Answer, Body, Client, Reply};
use crate::http::error::Error;
use crate::limits::{Attempt, Throttles, holder};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use shared::api::{
    ChangePassword, CheckInvitation, Endpoint, Login as LoginEndpoint, Logout, Nothing, Register,
    ResetPassword, SignedIn,
};
use shared::error::ErrorCode;
use std::sync::Arc;
use std::time::Instant;

/// An answer that comes with a cookie.
type WithCookie<E> =
    Result<(AppendHeaders<[(axum::http::HeaderName, HeaderValue); 1]>, Reply<E>), Error>;

pub async fn register(
    State(chat): State<Arc<Chat>>,
    State(throttles): State<Arc<Throttles>>,
    client: Client,
    Body(request): Body<Register>,
) -> WithCookie<Register> {
    throttles.registrations.take(&holder(client.address))?;
    let tell = TellToken::when(request.token);
    let login = chat.register(request, client.sign_in_origin()).await?;
    signed_in(&client, login, tell)
}

pub async fn login(
    State(chat): State<Arc<Chat>>,
    State(throttles): State<Arc<Throttles>>,
    client: Client,
    Body(request): Body<LoginEndpoint>,
) -> WithCookie<LoginEndpoint> {
    let account = nick::key(&request.nick);
    let attempt = begin(&throttles, &account, &client)?;
    tokio::time::sleep(attempt.delay).await;
    let tell = TellToken::when(request.token);
    match chat.login(request, client.sign_in_origin()).await {
        Ok(login) => {
            attempt.succeeded();
            signed_in(&client, login, tell)
        }
        Err(error) => {
            if matches!(error, chat::Error::Refused(ErrorCode::WrongCredentials)) {
                attempt.failed(Instant::now());
                tracing::warn!(client.address = %client.address, "sign-in failed");
            }
            Err(error.into())
        }
    }
}

pub async fn logout(
    State(chat): State<Arc<Chat>>,
    client: Client,
    caller: Caller,
) -> Result<impl IntoResponse, Error> {
    chat.logout(&caller).await?;
    let forget = cookie(&client, "", 0)?;
    Ok((AppendHeaders([(SET_COOKIE, forget)]), Reply::<Logout>(Nothing {})))
}

pub async fn check_invitation(
    State(chat): State<Arc<Chat>>,
    Body(request): Body<CheckInvitation>,
) -> Answer<CheckInvitation> {
    chat.check_invitation(&request.secret).await?;
    Ok(Reply(Nothing {}))
}

pub async fn reset_password(
    State(chat): State<Arc<Chat>>,
    State(throttles): State<Arc<Throttles>>,
    client: Client,
    Body(request): Body<ResetPassword>,
) -> WithCookie<ResetPassword> {
    throttles.registrations.take(&holder(client.address))?;
    let login = chat.reset_password(request, client.sign_in_origin()).await?;
    signed_in(&client, login, TellToken::No)
}

pub async fn change_password(
    State(chat): State<Arc<Chat>>,
    State(throttles): State<Arc<Throttles>>,
    client: Client,
    caller: Caller,
    Body(request): Body<ChangePassword>,
) -> Answer<ChangePassword> {
    // Whoever sits at somebody else's screen guesses no faster than at the sign-in.
    let account = nick::key(&caller.user.nick);
    let attempt = begin(&throttles, &account, &client)?;
    tokio::time::sleep(attempt.delay).await;
    match chat.change_password(&caller, request).await {
        Err(error @ chat::Error::Refused(ErrorCode::WrongCredentials)) => {
            attempt.failed(Instant::now());
            Err(error.into())
        }
        Ok(()) => {
            attempt.succeeded();
            Ok(Reply(Nothing {}))
        }
        Err(error) => Err(error.into()),
    }
}

/// Refusals are logged too, so that whoever goes on can be kept out altogether.
fn begin(throttles: &Throttles, account: &str, client: &Client) -> Result<Attempt, Error> {
    throttles.logins.begin(account, client.address, Instant::now()).map_err(|wait| {
        tracing::warn!(client.address = %client.address, "sign-in refused: too many failed");
        wait.into()
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TellToken {
    Yes,
    No,
}

impl TellToken {
    const fn when(asked: bool) -> Self {
        if asked { Self::Yes } else { Self::No }
    }
}

fn signed_in<E: Endpoint<Reply = SignedIn>>(
    client: &Client,
    login: Login,
    tell: TellToken,
) -> WithCookie<E> {
    let cookie = cookie(client, &login.token, SESSION_ABSOLUTE_MILLIS / 1_000)?;
    let token = (tell == TellToken::Yes).then_some(login.token);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Reply(SignedIn { user: login.user, token })))
}

/// The session's cookie. Without `Domain`, so that it goes to this host alone.
fn cookie(client: &Client, token: &str, max_age: i64) -> Result<HeaderValue, Error> {
    let name = client.cookie_name();
    let secure = if client.secure { "; Secure" } else { "" };
    let cookie =
        format!("{name}={token}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie)
        .map_err(|error| chat::Error::Internal(format!("writing a cookie: {error}")).into())
}
