//! A second local agent, of another vendor's kind: what makes drivers fight on real machines (situation 17).
//!
//! Never has a lock: it answers its health call and an empty list, and refuses every web page.

use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::base::Fault;

/// A second agent that listens; dropping it ends it.
pub struct SecondAgent {
    port: u16,
    _listening: DropGuard,
}

impl SecondAgent {
    /// Listens on a free port of 127.0.0.1, as `drivers/agents/training-second.yaml` describes it.
    ///
    /// # Errors
    /// [`crate::base::FaultKind::Io`] when no port is to be had.
    pub async fn start() -> Result<SecondAgent, Fault> {
        let failed = |error: std::io::Error| Fault::io("打开端口", "open", std::path::Path::new("127.0.0.1"), &error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let (stop, router) = (CancellationToken::new(), router(port));
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                _ = axum::serve(listener, router) => {}
            }
        });
        Ok(SecondAgent { port, _listening: stop.drop_guard() })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn router(port: u16) -> Router {
    Router::new().route("/SOF_GetVersion", post(version)).route("/SOF_GetUserList", post(users)).with_state(port)
}

/// A program of this machine; a web page always says that it is one.
fn local(headers: &HeaderMap, port: u16) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    !headers.contains_key(header::ORIGIN) && host == format!("127.0.0.1:{port}")
}

async fn version(State(port): State<u16>, headers: HeaderMap) -> Response {
    answer(local(&headers, port), json!({ "rtn": 0, "version": concat!("training-second-", env!("CARGO_PKG_VERSION")) }))
}

async fn users(State(port): State<u16>, headers: HeaderMap) -> Response {
    answer(local(&headers, port), json!({ "code": "9001", "msg": "未检测到UKEY证书", "data": {} }))
}

fn answer(allowed: bool, json: serde_json::Value) -> Response {
    if allowed { Json(json).into_response() } else { StatusCode::FORBIDDEN.into_response() }
}
