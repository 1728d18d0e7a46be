//! The portals of the guide, rebuilt for practice: the bureau's site and the CA 互认系统, each on an origin of its own.
//!
//! Never trusts the browser: whatever a page asks for is checked again here, and nothing irreversible happens without a CSRF token.
//! Every page says that it is fictitious.

mod application;
mod articles;
mod assets;
mod bind;
pub(crate) mod ca_auth;
pub(crate) mod ca_mutual;
pub(crate) mod hohhot;
pub(crate) mod member;
mod pages;
pub(crate) mod registry;
mod rest;
mod session;
mod signer;
mod third_party;
mod ticket;
mod trouble;
mod unbind;

use std::future::Future;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

pub(crate) use assets::asset;
use pages::zone;
pub(crate) use session::{User, cookie};
pub(crate) use trouble::{Cut, FailOnce, Hold, LetGo, Slow};

use super::store::Store;
use crate::base::Fault;

/// How long a half answer may take to leave.
const FLUSH: Duration = Duration::from_millis(200);

/// What all pages share.
pub(crate) struct Portals {
    pub(crate) port: u16,
    agent_ports: [u16; 2],
    ca_der: Vec<u8>,
    store: Mutex<Store>,
    pub(crate) sessions: session::Sessions,
    pub(crate) tickets: ticket::Tickets,
    pub(crate) sign_on: ca_auth::Pending,
    pub(crate) visits: ticket::Visits,
    pub(crate) seals: member::SealWindows,
    trouble: Mutex<trouble::Trouble>,
    libraries: assets::Libraries,
    pages: pages::Pages,
}

impl Portals {
    pub(crate) fn new(
        port: u16,
        agent_ports: [u16; 2],
        ca_der: Vec<u8>,
        store: Store,
        assets_dir: &Path,
    ) -> Result<Portals, Fault> {
        Ok(Portals {
            port,
            agent_ports,
            ca_der,
            store: Mutex::new(store),
            sessions: session::Sessions::default(),
            tickets: ticket::Tickets::default(),
            sign_on: ca_auth::Pending::default(),
            visits: ticket::Visits::default(),
            seals: member::SealWindows::default(),
            trouble: Mutex::default(),
            libraries: assets::Libraries::read(assets_dir)?,
            pages: pages::Pages::compiled()?,
        })
    }

    /// The memory. Never held across an await.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The troubles the trainer ordered.
    pub(crate) fn trouble(&self) -> MutexGuard<'_, trouble::Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs everybody out.
    pub(crate) fn forget_sessions(&self) {
        self.sessions.clear();
    }

    /// A page from its template; a template that fails is the portal's own fault (500).
    pub(crate) fn page(&self, status: StatusCode, name: &str, values: serde_json::Value) -> Response {
        match self.pages.render(name, values) {
            Ok(html) => {
                let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
                (status, headers, html).into_response()
            }
            Err(error) => {
                tracing::error!("page {name}: {error:#}");
                (StatusCode::INTERNAL_SERVER_ERROR, "页面生成失败").into_response()
            }
        }
    }

    /// The page for something that went wrong, in the look of a portal's maintenance page.
    pub(crate) fn error_page(&self, status: StatusCode) -> Response {
        let (title, words) = match status.as_u16() {
            404 => ("您访问的页面不存在", "页面可能已被移动，或者地址输入有误。"),
            403 | 419 | 401 => ("会话已失效", "请返回首页后重新操作。"),
            503 => ("系统维护中", "系统正在进行维护升级，请稍后再办。给您带来不便，敬请谅解。"),
            _ => ("系统繁忙", "服务器暂时无法处理您的请求，请稍后再试。"),
        };
        self.page(status, "error.html", serde_json::json!({"title": title, "words": words, "status": status.as_u16()}))
    }

    /// Lets `answer` through the troubles the trainer ordered for `path`.
    ///
    /// A request that is held goes on although its sender may go away: it has arrived.
    pub(crate) async fn troubled(&self, path: &str, answer: impl Future<Output = Response> + Send + 'static) -> Response {
        let held = self.trouble().stop(path);
        if let Some((gate, after)) = held {
            return self.at_the_gate(gate, after, answer).await;
        }
        let (pause, fail) = self.trouble().take(path);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        match fail {
            None => answer.await,
            Some(FailOnce { status, after, cut: Cut::No, .. }) => {
                if after {
                    // What was asked for happens; only the answer is lost.
                    drop(answer.await);
                }
                self.error_page(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            }
            Some(FailOnce { cut, .. }) => broken(answer.await, cut).await,
        }
    }

    async fn at_the_gate(
        &self,
        gate: tokio::sync::oneshot::Receiver<LetGo>,
        after: bool,
        answer: impl Future<Output = Response> + Send + 'static,
    ) -> Response {
        let task = tokio::spawn(async move {
            // Nobody lets it go any more: the trainer made everybody forget.
            let lost = async || !gate.await.is_ok_and(|how| !how.lost);
            if after {
                let response = answer.await;
                return (!lost().await).then_some(response);
            }
            if lost().await { None } else { Some(answer.await) }
        });
        match task.await {
            Ok(Some(response)) => response,
            _ => self.error_page(StatusCode::BAD_GATEWAY),
        }
    }
}

/// A part of an answer, and then the end of the connection.
async fn broken(answer: Response, cut: Cut) -> Response {
    let (mut parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let part = match cut {
        Cut::Half | Cut::Short => bytes.slice(..bytes.len() / 2),
        _ => Bytes::new(),
    };
    if matches!(cut, Cut::Short) {
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::from(part));
    }
    let broken = futures_util::stream::once(async move {
        // What has been written goes out while the connection waits, and never once it has failed.
        if matches!(cut, Cut::Half) {
            tokio::time::sleep(FLUSH).await;
        }
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Response::from_parts(parts, Body::from_stream(futures_util::stream::once(async { Ok(part) }).chain(broken)))
}
