//! HTTP: `/metrics`, `/livez`, `/readyz`, and `/v1/customers` on the lane's owner. Shell.
//!
//! The server asks; it owns nothing. What it needs of the lanes is the trait [`Lanes`], which the lane registry
//! implements: a customer's view is a message to the worker that owns him, answered between two epochs. `/v1` tells of
//! customers, so it is for those who bear the token, or, without one, for this machine only; what Prometheus and an
//! orchestrator read may be served anywhere. `POST /v1/customers/lookup` keeps ids out of the logs of URLs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::clock;
use super::metrics::Metrics;
use crate::config::HttpAccess;
use crate::limits;

mod access;
mod connections;

use access::{Guard, admitted};

/// What became of a question to the owner of a customer.
#[derive(Debug)]
pub enum Ask {
    /// His lane (its number) is not this instance's.
    Elsewhere { lane: u16 },
    /// His lane is here, and is being restored.
    Restoring { lane: u16 },
    /// The worker's queue of questions is full.
    Busy,
    /// The worker answers between two epochs; `None`: there is no such customer. A dropped sender means that the lane went.
    Sent(oneshot::Receiver<Option<Value>>),
}

/// One lane as `/readyz` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LaneStatus {
    /// `customer` or `area`.
    pub stage: &'static str,
    pub lane: u16,
    /// A word of [`super::metrics::LaneState`].
    pub state: &'static str,
    /// Whether the lane is at work.
    pub ready: bool,
}

/// What the server asks of the instance.
pub trait Lanes: Send + Sync + 'static {
    /// The lanes assigned to this instance.
    fn statuses(&self) -> Vec<LaneStatus>;
    /// Whether offers may leave (`offers.enabled`).
    fn offers_enabled(&self) -> bool;
    /// Whether every worker has joined the group.
    fn joined(&self) -> bool;
    /// Whether no worker has ended.
    fn alive(&self) -> bool;
    /// Asks the owner of `customer` for his view.
    fn ask(&self, customer: &str) -> Ask;
}

/// What handlers share.
struct Shared {
    metrics: Arc<Metrics>,
    lanes: Arc<dyn Lanes>,
    guard: Guard,
}

/// A server that is bound and not yet serving.
pub struct Server {
    listener: std::net::TcpListener,
    addr: SocketAddr,
    guard: Guard,
    tls: Option<tokio_rustls::TlsAcceptor>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Server {
    /// Reads the certificate and takes the port.
    ///
    /// # Errors
    /// With a sentence that says what to do, when a file is none of a certificate or its key, the port is taken or the
    /// address is not this machine's.
    pub fn bind(listen: SocketAddr, access: &HttpAccess) -> Result<Self, String> {
        let guard = Guard::new(access.token.as_ref());
        let tls = access.tls.as_ref().map(connections::acceptor).transpose()?;
        let bound = std::net::TcpListener::bind(listen).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let addr = listener.local_addr()?;
            Ok(Self { listener, addr, guard, tls })
        });
        bound.map_err(|error| {
            let what = match error.kind() {
                std::io::ErrorKind::AddrInUse => "is taken by another process".to_owned(),
                _ => format!("cannot be listened on ({error})"),
            };
            format!(
                "`http.listen` = \"{listen}\" {what}; choose another one (`--set http.listen=127.0.0.1:0` takes a free \
                 port), or leave HTTP out with `--set http.listen=`"
            )
        })
    }

    /// The address, with the port that was found for port 0.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `stop` completes. Run it on a tokio runtime.
    pub async fn serve(
        self,
        metrics: Arc<Metrics>,
        lanes: Arc<dyn Lanes>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let app = router(Arc::new(Shared { metrics, lanes, guard: self.guard }));
        let listener = TcpListener::from_std(self.listener)?;
        tracing::info!(addr = %self.addr, tls = self.tls.is_some(), "HTTP is served");
        connections::serve(listener, self.tls, app, stop).await
    }
}

fn router(shared: Arc<Shared>) -> Router {
    let customers = Router::new()
        .route("/v1/customers/{id}", get(customer))
        .route(LOOKUP, post(lookup))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), admitted));
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .merge(customers)
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "there is no such page", &[]) })
        .layer(middleware::from_fn(bounded))
        .with_state(shared)
}

/// The one page that takes a body.
const LOOKUP: &str = "/v1/customers/lookup";

/// Only one request has a body, a small one whose length is told, and none may take long.
async fn bounded(request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let most = if request.uri().path() == LOOKUP { limits::HTTP_BODY_BYTES_MAX } else { 0 };
    if length.is_some_and(|n| n > most) || request.headers().contains_key(header::TRANSFER_ENCODING) {
        let detail =
            if most > 0 { "the body is too long, or does not tell its length" } else { "no body is taken here" };
        return problem(StatusCode::PAYLOAD_TOO_LARGE, detail, &[]);
    }
    match tokio::time::timeout(Duration::from_millis(limits::HTTP_REQUEST_MS_MAX), next.run(request)).await {
        Ok(response) => response,
        Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long", &[]),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let text = shared.metrics.render(clock::wall());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn livez(State(shared): State<Arc<Shared>>) -> Response {
    if shared.lanes.alive() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        problem(StatusCode::SERVICE_UNAVAILABLE, "a worker has ended; the log says why", &[])
    }
}

async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    let lanes = shared.lanes.statuses();
    let ready = shared.lanes.joined() && shared.lanes.alive() && lanes.iter().all(|lane| lane.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": ready, "offers_enabled": shared.lanes.offers_enabled(), "lanes": lanes });
    (status, axum::Json(body)).into_response()
}

async fn customer(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    view(&shared, &id).await
}

/// Whom is asked for, as the body names him.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    customer_id: String,
}

async fn lookup(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Lookup>(&body) {
        Ok(asked) => view(&shared, &asked.customer_id).await,
        Err(_) => problem(StatusCode::BAD_REQUEST, "the body must be {\"customer_id\": \"…\"}", &[]),
    }
}

async fn view(shared: &Shared, id: &str) -> Response {
    if id.is_empty() || id.len() > limits::ID_BYTES_MAX {
        return problem(StatusCode::BAD_REQUEST, "a customer's id has 1 to 128 bytes", &[]);
    }
    match shared.lanes.ask(id) {
        Ask::Elsewhere { lane } => {
            let detail = "the customer's lane belongs to another instance, whose address is not known here";
            problem(StatusCode::NOT_FOUND, detail, &[("lane", json!(lane)), ("owner", json!("unknown"))])
        }
        Ask::Restoring { lane } => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "the customer's lane is being restored", &[("lane", json!(lane))])
        }
        Ask::Busy => problem(StatusCode::SERVICE_UNAVAILABLE, "the worker is busy; ask again", &[]),
        Ask::Sent(answer) => match answer.await {
            Ok(Some(view)) => axum::Json(view).into_response(),
            Ok(None) => problem(StatusCode::NOT_FOUND, "there is no such customer", &[]),
            Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "the customer's lane has just moved; ask again", &[]),
        },
    }
}

/// RFC 9457.
fn problem(status: StatusCode, detail: &str, more: &[(&str, Value)]) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
    });
    for (name, value) in more {
        body[*name] = value.clone();
    }
    let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests;
