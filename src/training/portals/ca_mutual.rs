//! `ca-mutual.localhost`: 内蒙古公共资源交易平台 CA 互认系统.
//!
//! Never pretends that a part works which this training does not have: such an entrance leads to a notice that says so.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::session::Session;
use super::{Portals, bind, unbind};
use crate::training::instance::Site;

/// Largest form, in bytes: a certificate and some fields.
const LARGEST_FORM: usize = 64 * 1024;

/// Entrances that are not part of this training: path and name.
const CLOSED: [(&str, &str); 4] =
    [("legal", "法人绑定"), ("progress", "申请进度查询"), ("downloads", "驱动下载"), ("guide", "CA 互认系统使用指南")];

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sso/entry", get(entry))
        .route("/sso/subject", get(subject))
        .route("/closed/{what}", get(closed))
        .route("/bind/person", get(bind::page))
        .route("/rest/bindAction/readCertificate", post(bind::read_certificate))
        .route("/rest/bindAction/bindStatus", post(bind::bind_status))
        .route("/rest/bindAction/apply", post(bind::apply))
        .route("/rest/bindAction/leave", post(bind::leave))
        .route("/unbind", get(unbind::page))
        .route("/rest/unbindAction/sendCode", post(unbind::send_code))
        .route("/rest/unbindAction/apply", post(unbind::apply))
        .route("/assets/{*path}", get(super::asset))
        .fallback(missing)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(portals)
}

pub(super) fn with_cookie(mut response: Response, session: &Session) -> Response {
    if let Some(cookie) = session.cookie() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Renders a page of this host for its visitor.
pub(super) fn visit(portals: &Portals, headers: &HeaderMap, name: &str, more: serde_json::Value) -> Response {
    let Ok(session) = portals.sessions.of(headers) else {
        return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut values = serde_json::json!({
        "greeting": session.certificate.as_ref().map(|certificate| &certificate.holder),
        "bureau": Site::Hohhot.origin(portals.port), "csrf": session.csrf, "home": false,
    });
    if let (Some(values), serde_json::Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    with_cookie(portals.page(StatusCode::OK, name, values), &session)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    from: String,
    ticket: String,
}

/// Where the bureau's 互认平台 ends up, the last hop of its redirects; and the detection tool's 登陆系统, whose address is good once.
async fn entry(State(portals): State<Arc<Portals>>, Query(asked): Query<Entry>) -> Response {
    if asked.from == "tool" && !portals.visits.redeem(&asked.ticket) {
        return portals.error_page(StatusCode::FORBIDDEN);
    }
    Redirect::to("/").into_response()
}

/// 主体登录: on to the sign-on, in the same window.
async fn subject(State(portals): State<Arc<Portals>>) -> Redirect {
    Redirect::to(&format!("{}/login", Site::CaAuth.origin(portals.port)))
}

async fn home(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    visit(&portals, &headers, "ca/home.html", serde_json::json!({"home": true}))
}

async fn closed(State(portals): State<Arc<Portals>>, headers: HeaderMap, Path(what): Path<String>) -> Response {
    match CLOSED.iter().find(|(path, _)| *path == what) {
        Some((_, name)) => visit(&portals, &headers, "ca/closed.html", serde_json::json!({"name": name})),
        None => portals.error_page(StatusCode::NOT_FOUND),
    }
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND).into_response()
}
