//! Every URL, in one table, and the layers around them all.

mod compressed;
mod doors;
mod transports;
mod validator;

use crate::app::App;
use crate::assets::{Assets, AssetsError};
use crate::chat::Chat;
use crate::config::HttpConfig;
use crate::deflate::Compression;
use crate::extract::BodyRead;
use crate::http::error::Error;
use crate::http::{account, command, health, member, message, person, room, search, session, site};
use crate::limits::{Admission, Throttles};
use crate::listener::Peer;
use crate::live::Live;
use crate::metrics::{Metrics, measure};
use crate::openapi;
use crate::security::{self, Policy};
use axum::Router;
use axum::body::HttpBody as _;
use axum::extract::{FromRef, Request, State};
use axum::handler::Handler;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method as HttpMethod, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use futures_util::FutureExt;
use shared::api::{self, Endpoint, Method};
use shared::error::ErrorCode;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// From a request's head to its answer: longer than the body may take and passwords wait.
const ANSWER: Duration = Duration::from_secs(30);

/// What the handlers are given.
#[derive(Clone, Debug)]
pub struct Web {
    chat: Arc<Chat>,
    live: Live,
    http: Arc<HttpConfig>,
    admission: Arc<Admission>,
    throttles: Arc<Throttles>,
    assets: Arc<Assets>,
    metrics: Metrics,
}

macro_rules! parts {
    ($($field:ident: $part:ty),* $(,)?) => {$(
        impl FromRef<Web> for $part {
            fn from_ref(web: &Web) -> Self {
                web.$field.clone()
            }
        }
    )*};
}

parts! {
    chat: Arc<Chat>,
    live: Live,
    admission: Arc<Admission>,
    throttles: Arc<Throttles>,
    assets: Arc<Assets>,
    metrics: Metrics,
}

impl Web {
    pub fn new(app: &App) -> Result<Self, AssetsError> {
        let assets = match &app.config.http.assets {
            Some(folder) => Assets::folder(folder)?,
            None => Assets::embedded(),
        };
        Ok(Self {
            chat: Arc::clone(&app.chat),
            live: app.live(),
            http: Arc::new(app.config.http.clone()),
            admission: Admission::new(&app.config.limits),
            throttles: Arc::default(),
            assets: Arc::new(assets),
            metrics: Metrics::gather(),
        })
    }

    pub fn http(&self) -> &Arc<HttpConfig> {
        &self.http
    }

    pub fn admission(&self) -> &Arc<Admission> {
        &self.admission
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Everything that is served on the server's own address.
    pub fn router(&self) -> Router {
        let policy = Policy::new(Arc::clone(&self.http), &self.assets.script_hashes());
        let whole = endpoints()
            .router
            .layer(from_fn_with_state(self.live.tasks.clone(), to_its_end))
            .route(api::POLL, get(doors::poll).post(doors::poll_from))
            .route(api::OPENAPI, get(description));
        let whole = match self.http.compression {
            Compression::On => whole.layer(compressed::layer()),
            Compression::Off => whole,
        };
        whole
            .route(api::WEBSOCKET, get(doors::websocket))
            .route(api::EVENTS, get(doors::events).post(doors::events_from))
            .route(api::STREAM, get(doors::stream).post(doors::stream_from))
            .route(transports::PAGE, get(transports::page))
            .route(security::FRAME, get(transports::frame))
            .route("/healthz", get(health::alive))
            .route(health::STREAM, get(health::stream))
            .route("/readyz", get(health::ready))
            .route("/metrics", get(health::metrics))
            .method_not_allowed_fallback(no_such_method)
            .fallback(page)
            .layer(from_fn(in_time))
            .layer(from_fn(validator::validate))
            .layer(from_fn(security::own_pages_only))
            .layer(from_fn(last_if_unread))
            .layer(from_fn(security::no_store))
            .layer(from_fn(measure))
            .layer(from_fn_with_state(policy, security::guard))
            .with_state(self.clone())
    }

    /// What is served on the metrics' own address.
    pub fn metrics_router(&self) -> Router {
        Router::new().route("/metrics", get(health::open_metrics)).with_state(self.clone())
    }
}

/// The endpoints of [`api`] and who answers them.
fn endpoints() -> Table {
    Table::default()
        .on(api::GetSite, site::get)
        .on(api::Register, account::register)
        .on(api::Login, account::login)
        .on(api::Logout, account::logout)
        .on(api::CheckInvitation, account::check_invitation)
        .on(api::ResetPassword, account::reset_password)
        .on(api::GetMe, person::me)
        .on(api::PatchMe, person::patch_me)
        .on(api::ChangePassword, account::change_password)
        .on(api::ListSessions, session::list)
        .on(api::EndOtherSessions, session::end_others)
        .on(api::EndSession, session::end)
        .on(api::ListUsers, person::list)
        .on(api::AskReadings, person::readings)
        .on(api::ListRooms, room::list)
        .on(api::CreateRoom, room::create)
        .on(api::GetRoom, room::get)
        .on(api::PatchRoom, room::patch)
        .on(api::ArchiveRoom, room::archive)
        .on(api::JoinRoom, room::join)
        .on(api::LeaveRoom, room::leave)
        .on(api::ListMembers, member::list)
        .on(api::AddMember, member::add)
        .on(api::PatchMember, member::patch)
        .on(api::RemoveMember, member::remove)
        .on(api::OpenDirect, room::open_direct)
        .on(api::ListMessages, message::list)
        .on(api::PostMessage, message::post)
        .on(api::GetMessage, message::get)
        .on(api::EditMessage, message::edit)
        .on(api::DeleteMessage, message::delete)
        .on(api::ListEdits, message::edits)
        .on(api::GetHistory, message::history)
        .on(api::ListPins, message::pins)
        .on(api::ListSeen, room::seen)
        .on(api::ListLatest, room::latest)
        .on(api::ListMentions, message::mentions)
        .on(api::ListSaved, message::saved)
        .on(api::GetThread, message::thread)
        .on(api::ListThreads, message::threads)
        .on(api::GetLog, message::log)
        .on(api::FindMoment, search::moment)
        .on(api::Search, search::find)
        .on(api::PostCommand, command::post)
        .on(api::ListInvitations, site::invitations)
}

/// The method and path of everything under `/api/`, as it is routed.
pub fn routes() -> Vec<(Method, &'static str)> {
    let mut routes = endpoints().routes;
    routes.extend_from_slice(api::DOORS);
    routes.push((Method::Get, api::OPENAPI));
    routes
}

#[derive(Debug, Default)]
struct Table {
    router: Router<Web>,
    routes: Vec<(Method, &'static str)>,
}

impl Table {
    fn on<E, H, T>(mut self, _: E, handler: H) -> Self
    where
        E: Endpoint,
        H: Handler<T, Web>,
        T: 'static,
    {
        let method = match E::METHOD {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Patch => MethodFilter::PATCH,
            Method::Delete => MethodFilter::DELETE,
        };
        self.routes.push((E::METHOD, E::ROUTE));
        self.router = self.router.route(E::ROUTE, on(method, handler));
        self
    }
}

async fn description() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi::document())
}

async fn no_such_method() -> Error {
    ErrorCode::MethodNotAllowed.into()
}

/// Whatever is not in the table: an address of the page, unless it is the API's.
async fn page(
    State(assets): State<Arc<Assets>>,
    method: HttpMethod,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if security::is_api(uri.path()) {
        return Error::from(ErrorCode::NotFound).into_response();
    }
    if !matches!(method, HttpMethod::GET | HttpMethod::HEAD) {
        return Error::from(ErrorCode::MethodNotAllowed).into_response();
    }
    assets.answer(uri.path(), &headers)
}

/// A layer: what was asked whole is carried out, whether or not somebody waits for the answer. Whoever
/// leaves has not taken it back.
async fn to_its_end(
    State(tasks): State<TaskTracker>,
    peer: Peer,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let answer = tasks.spawn(async move {
        let answer = tokio::time::timeout(ANSWER, next.run(request)).await;
        // With it the server waits for this before it ends.
        drop(peer);
        answer.unwrap_or_else(|_| Error::from(ErrorCode::Unavailable).into_response())
    });
    // What it was has been logged where it happened.
    answer.await.unwrap_or_else(|_| Error::from(ErrorCode::Internal).into_response())
}

/// A layer: an answer that leaves something of its request's body unread is the last one of its
/// connection and says so. Otherwise a client whose body comes later than its head would find out
/// with its next request, which fails.
async fn last_if_unread(mut request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let read = BodyRead::default();
    request.extensions_mut().insert(read.clone());
    let mut response = next.run(request).await;
    if !read.is_done() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A layer: no request waits forever, and a defect in one is answered like any other error.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(Ok(response)) => response,
        // What it was has been logged where it happened.
        Ok(Err(_)) => Error::from(ErrorCode::Internal).into_response(),
        Err(_) => {
            tracing::error!("a request was not answered in time");
            Error::from(ErrorCode::Unavailable).into_response()
        }
    }
}
