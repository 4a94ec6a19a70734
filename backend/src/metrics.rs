//! Numbers for Prometheus. Whoever has something to count does so where it happens, by the
//! macros of the `metrics` crate; here they are gathered and written down.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use core::fmt;
use core::time::Duration;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Upper bounds of the times that are counted, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// How often what was counted is added up. Without it, it would pile up until somebody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// All that was counted in this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Begins to gather, once for the process.
    pub fn gather() -> Self {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = HANDLE.get_or_init(|| {
            let builder = PrometheusBuilder::new();
            let times = Matcher::Suffix("_seconds".to_owned());
            let recorder = match builder.set_buckets_for_metric(times, &BUCKETS) {
                Ok(builder) => builder.build_recorder(),
                Err(error) => {
                    tracing::error!(%error, "times are counted without buckets");
                    PrometheusBuilder::new().build_recorder()
                }
            };
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::error!("something else gathers the metrics");
            }
            describe();
            handle
        });
        Self(handle.clone())
    }

    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Adds up now and then, until `shutdown`.
    pub async fn upkeep(self, shutdown: CancellationToken) {
        let mut ticks = interval(UPKEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => self.0.run_upkeep(),
            }
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// A layer that counts requests and how long they took, by route, so that ids make no difference.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "page".to_owned(), |route| route.as_str().to_owned());
    let method = match *request.method() {
        axum::http::Method::GET => "GET",
        axum::http::Method::HEAD => "HEAD",
        axum::http::Method::POST => "POST",
        axum::http::Method::PATCH => "PATCH",
        axum::http::Method::DELETE => "DELETE",
        _ => "other",
    };
    let begun = Instant::now();
    let response = next.run(request).await;
    let took = begun.elapsed();
    let status = response.status();
    metrics::counter!(
        "hubbub_http_requests_total",
        "method" => method, "route" => route.clone(), "status" => status.as_u16().to_string()
    )
    .increment(1);
    metrics::histogram!("hubbub_http_request_seconds", "route" => route.clone())
        .record(took.as_secs_f64());
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = status.as_u16(),
        duration_ms = took.as_secs_f64() * 1_000.0,
        "answered"
    );
    response
}

fn describe() {
    metrics::describe_counter!("hubbub_http_requests_total", "Requests answered.");
    metrics::describe_histogram!("hubbub_http_request_seconds", "Time until the answer.");
    metrics::describe_counter!(
        "hubbub_connections_refused_total",
        "Connections refused before anything was asked."
    );
    metrics::describe_gauge!("hubbub_connections", "Live connections.");
    metrics::describe_counter!(
        "hubbub_password_hashes_total",
        "Passwords hashed, to keep or to check them."
    );
    metrics::describe_counter!(
        "hubbub_connections_slow_total",
        "Live connections closed because they fell behind."
    );
    metrics::describe_counter!(
        "hubbub_connections_silent_total",
        "Live connections closed because nothing came from them."
    );
    metrics::describe_counter!("hubbub_resumes_total", "Live connections begun or resumed.");
    metrics::describe_counter!(
        "hubbub_replayed_events_total",
        "Missed events sent to who came back, from memory or from the store."
    );
    metrics::describe_counter!("hubbub_frames_sent_total", "Frames sent to live connections.");
    metrics::describe_counter!(
        "hubbub_frame_bytes_sent_total",
        "Bytes of those frames, without what carries them."
    );
    metrics::describe_counter!(
        "hubbub_frame_bytes_saved_total",
        "Bytes of them that were not carried, since they were deflated."
    );
}
