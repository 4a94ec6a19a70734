//! The server. Modules in reading order: how it is set up ([`config`], [`app`]), how the outside
//! reaches it ([`listener`], [`router`], [`http`], [`live`]), what requests mean ([`chat`]), where
//! things are kept ([`store`]) and how they spread ([`bus`], [`hub`]).

pub mod config;
pub mod log;
pub mod app;
pub mod listener;
pub mod router;
pub mod extract;
pub mod security;
pub mod limits;
pub mod assets;
pub mod openapi;
pub mod metrics;
pub mod http;
pub mod live;
pub mod chat;
pub mod search;
pub mod store;
pub mod bus;
pub mod hub;
pub mod clock;
pub mod deflate;
pub mod reading;
pub mod backup;
pub mod doctor;
pub mod command;
pub mod planted;

use app::App;
use clock::Clock;
use config::Config;
use core::num::NonZeroU32;
use core::time::Duration;
use listener::{BindError, Server, tls};
use live::Pace;
use metrics::Metrics;
use router::Web;
use shared::limit;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Commands of a person that are not messages: a page that scrolls, types and reads sends few.
const COMMANDS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(24);
const COMMANDS_AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
/// Searches of a person: one for each few letters typed.
const SEARCHES_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const SEARCHES_AT_ONCE: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// Why the server did not start, or ended without being told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error(transparent)]
    Assets(#[from] assets::AssetsError),
    #[error(transparent)]
    Open(#[from] store::sqlite::OpenError),
    /// Nothing more can be kept; a restart reads what is there.
    #[error("the server has stopped because it can keep nothing more: {0}")]
    Failed(store::StoreError),
}

/// Serves until `shutdown`, then lets everything under way finish.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let limits = chat::Limits {
        messages: chat::Rate {
            per_second: config.limits.message_rate,
            burst: config.limits.message_burst,
        },
        commands: chat::Rate { per_second: COMMANDS_PER_SECOND, burst: COMMANDS_AT_ONCE },
        searches: chat::Rate { per_second: SEARCHES_PER_SECOND, burst: SEARCHES_AT_ONCE },
        password_cost: chat::password::Cost::Full,
        off_after: Duration::from_millis(limit::OFFLINE_MILLIS),
    };
    let app = App::start(config, Clock::system(), limits, Pace::default(), shutdown)?;
    serve(app, listener).await
}

/// Serves an app that has been started, until its `shutdown`.
pub async fn serve(app: Arc<App>, listener: TcpListener) -> Result<(), RunError> {
    let served = serve_until_shutdown(&app, listener).await;
    app.database.close().await;
    served
}

async fn serve_until_shutdown(app: &App, listener: TcpListener) -> Result<(), RunError> {
    let web = Web::new(app)?;
    let tls = app.config.http.tls.as_ref().map(tls::acceptor).transpose()?;
    let server = Server {
        router: web.router(),
        http: Arc::clone(web.http()),
        admission: Arc::clone(web.admission()),
        tls,
    };
    let shutdown = &app.shutdown;
    let measured = match app.config.metrics.listen {
        Some(address) => Some(listener::bind(address)?),
        None => None,
    };
    if let Ok(address) = listener.local_addr() {
        let scheme = if app.config.http.tls.is_some() { "https" } else { "http" };
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            data = %app.config.data.folder.display(),
            "serving on {scheme}://{address}"
        );
    }
    let mut serving = pin!(async {
        let metrics_server = Server { router: web.metrics_router(), tls: None, ..server.clone() };
        let serve_metrics = async {
            if let Some(listener) = measured {
                metrics_server.run(listener, shutdown.clone()).await;
            }
        };
        tokio::join!(
            serve_metrics,
            Metrics::upkeep(web.metrics().clone(), shutdown.clone()),
            server.run(listener, shutdown.clone()),
        );
    });
    tokio::select! {
        () = &mut serving => Ok(()),
        error = app.database.failed() => {
            shutdown.cancel();
            serving.await;
            Err(RunError::Failed(error))
        }
    }
}
