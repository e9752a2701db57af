//! `/livez`, `/readyz` and `/metrics`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use parking_lot::Mutex;
use tokio::net::TcpListener;

use crate::base::metrics::Metrics;

/// What the process still waits for.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<BTreeSet<String>>>);

impl Waiting {
    /// Waits for this.
    pub fn begin(&self, what: impl Into<String>) {
        self.0.lock().insert(what.into());
    }

    /// Waits for this no more.
    pub fn end(&self, what: &str) {
        self.0.lock().remove(what);
    }

    fn list(&self) -> Vec<String> {
        self.0.lock().iter().cloned().collect()
    }
}

#[derive(Clone)]
struct Served {
    waiting: Waiting,
    metrics: Arc<Metrics>,
    before_metrics: Arc<dyn Fn() + Send + Sync>,
}

/// Serves probes and metrics for as long as the process lives. `before_metrics` brings gauges up to date.
pub async fn serve(
    listener: TcpListener,
    waiting: Waiting,
    metrics: Arc<Metrics>,
    before_metrics: Arc<dyn Fn() + Send + Sync>,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics_text))
        .with_state(Served { waiting, metrics, before_metrics });
    axum::serve(listener, router).await
}

async fn ready(State(served): State<Served>) -> impl IntoResponse {
    let waiting = served.waiting.list();
    if waiting.is_empty() {
        return (StatusCode::OK, "ok\n".into());
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("waiting for: {}\n", waiting.join(", ")))
}

async fn metrics_text(State(served): State<Served>) -> impl IntoResponse {
    (served.before_metrics)();
    match served.metrics.text() {
        Ok(text) => Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readyz_names_what_is_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/readyz", listener.local_addr().unwrap());
        let waiting = Waiting::default();
        tokio::spawn(serve(listener, waiting.clone(), Metrics::new(), Arc::new(|| {})));
        let ask = async || {
            let answer = reqwest::get(&url).await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        waiting.begin("CRD interconnects.interconnect-operator.io");
        assert_eq!(ask().await, (503, "waiting for: CRD interconnects.interconnect-operator.io\n".into()));
        waiting.end("CRD interconnects.interconnect-operator.io");
        assert_eq!(ask().await, (200, "ok\n".into()));
    }
}
