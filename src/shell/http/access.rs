//! Who may ask of customers: whoever bears the token, and, where there is none, this machine. Shell.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Shared, problem};
use crate::config::Token;

/// A token as it is compared: hashes, whose comparison takes the same time wherever they differ.
#[derive(Debug, Clone)]
pub(super) struct Guard(Option<blake3::Hash>);

impl Guard {
    pub(super) fn new(token: Option<&Token>) -> Self {
        Self(token.map(|token| blake3::hash(token.reveal().as_bytes())))
    }
}

/// Lets a request for `/v1` through, or says what it lacks.
pub(super) async fn admitted(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let Guard(Some(token)) = &shared.guard else {
        if peer.ip().to_canonical().is_loopback() && names_loopback(request.headers()) {
            return next.run(request).await;
        }
        let detail = "without a token (http.token_file) customers are told of on loopback only, under the name localhost \
                      or its address";
        return problem(StatusCode::FORBIDDEN, detail, &[]);
    };
    let borne = bearer(request.headers()).map(|borne| blake3::hash(borne.as_bytes()));
    if borne.is_some_and(|borne| borne == *token) {
        return next.run(request).await;
    }
    let mut refused =
        problem(StatusCode::UNAUTHORIZED, "needs `Authorization: Bearer TOKEN` with the right token", &[]);
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"homeqos\""));
    refused
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// A page in a browser of this machine may have had its own name resolved to loopback; the name it asks for tells.
fn names_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
