//! Calls of [`shared::api`] over `fetch`.

use crate::clock;
use crate::locales::Catalogue;
use futures_util::future::{Either, select};
use gloo_net::http::{Method as HttpMethod, Request, RequestBuilder};
use gloo_timers::future::TimeoutFuture;
use js_sys::Reflect;
use shared::api::{CommandQuery, Endpoint, Method, Nothing, PostCommand};
use shared::command::{ClientCommand, CommandReply};
use shared::error::{ErrorCode, Problem};
use shared::json;
use std::pin::{Pin, pin};
use web_sys::RequestInit;

/// How long an answer may take.
const ANSWER_MILLIS: u32 = 20_000;

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server did not answer, or something on the way answered in its place. Whether it acted
    /// is unknown.
    NoAnswer,
    Refused(ErrorCode),
}

impl Failure {
    /// What happened and what can be done, as a sentence.
    pub fn sentence(&self, texts: &Catalogue) -> String {
        match self {
            Self::NoAnswer => texts.error.no_answer.to_owned(),
            Self::Refused(code) => texts.refusal(code),
        }
    }
}

impl From<Failure> for ErrorCode {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoAnswer => Self::Unavailable,
            Failure::Refused(code) => code,
        }
    }
}

/// Calls an endpoint.
pub async fn call<E: Endpoint>(
    path: &E::Path,
    query: &E::Query,
    request: &E::Request,
) -> Result<E::Reply, Failure> {
    let body = match E::METHOD {
        Method::Get | Method::Delete => None,
        Method::Post | Method::Patch => {
            Some(serde_json::to_string(request).map_err(|_| Failure::NoAnswer)?)
        }
    };
    let answer = exchange(E::METHOD, E::url(path, query), body).await?;
    // An answer of another shape comes from a server newer or older than this page.
    json::read(&answer).map_err(|_| Failure::Refused(ErrorCode::BadFrame))
}

/// Calls an endpoint that has no path parts and no query.
pub async fn post<E>(request: &E::Request) -> Result<E::Reply, Failure>
where
    E: Endpoint<Path = (), Query = Nothing>,
{
    call::<E>(&(), &Nothing {}, request).await
}

/// Asks for something as a live connection does, without one.
pub async fn command(command: &ClientCommand) -> Result<CommandReply, Failure> {
    call::<PostCommand>(&(), &CommandQuery::default(), command).await
}

/// Calls an endpoint that takes nothing at all.
pub async fn get<E>() -> Result<E::Reply, Failure>
where
    E: Endpoint<Path = (), Query = Nothing, Request = Nothing>,
{
    call::<E>(&(), &Nothing {}, &Nothing {}).await
}

/// All of a call that is the same for every endpoint, so that it is compiled once.
fn exchange(
    method: Method,
    url: String,
    body: Option<String>,
) -> Pin<Box<dyn Future<Output = Result<String, Failure>>>> {
    Box::pin(async move {
        let controller = web_sys::AbortController::new().map_err(|_| Failure::NoAnswer)?;
        let builder = RequestBuilder::new(&url)
            .method(match method {
                Method::Get => HttpMethod::GET,
                Method::Post => HttpMethod::POST,
                Method::Patch => HttpMethod::PATCH,
                Method::Delete => HttpMethod::DELETE,
            })
            .abort_signal(Some(&controller.signal()));
        let request = match body {
            None => builder.build(),
            Some(body) => builder.header("Content-Type", "application/json").body(body),
        }
        .map_err(|_| Failure::NoAnswer)?;
        let request = if method == Method::Patch { outlasting(request) } else { request };

        let answer = async {
            let response = request.send().await.map_err(|_| Failure::NoAnswer)?;
            if let Some(date) = response.headers().get("date") {
                clock::heard(&date);
            }
            let text = response.text().await.map_err(|_| Failure::NoAnswer)?;
            if response.ok() { Ok(text) } else { Err(refusal(&text)) }
        };
        match select(pin!(answer), pin!(TimeoutFuture::new(ANSWER_MILLIS))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                controller.abort();
                Err(Failure::NoAnswer)
            }
        }
    })
}

/// A choice is made when it is made, also if the page is left before the server has answered. Only for
/// what is small: browsers let no more than 64 KiB go on by itself.
fn outlasting(request: Request) -> Request {
    let request = web_sys::Request::from(request);
    let init = RequestInit::new();
    // Where that is unknown, it goes as it is.
    let _ = Reflect::set(&init, &"keepalive".into(), &true.into());
    web_sys::Request::new_with_request_and_init(&request, &init).unwrap_or(request).into()
}

fn refusal(text: &str) -> Failure {
    match json::read::<Problem>(text) {
        Ok(problem) => Failure::Refused(problem.code),
        // A proxy that finds no server answers in its own words.
        Err(_) => Failure::NoAnswer,
    }
}
