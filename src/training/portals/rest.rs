//! Answers of the portals' own calls (`/rest/…Action/…`), in one shape: `{"code", "msg", "data"}`.
//!
//! Never answers a post that another site's page sent on the visitor's behalf.

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::session::Session;
use super::{Portals, zone};
use crate::base::Fault;
use crate::pki::Identity;
use crate::training::instance::Site;

/// A call that came to an end, well (`0000`) or not.
pub(super) fn reply(code: &str, msg: &str, data: serde_json::Value) -> Response {
    Json(serde_json::json!({"code": code, "msg": msg, "data": data})).into_response()
}

/// The portal says no.
pub(super) fn refused(code: &str, msg: &str) -> Response {
    reply(code, msg, serde_json::Value::Null)
}

/// The session is not the one that the page was made for.
pub(super) fn expired() -> Response {
    (StatusCode::FORBIDDEN, refused("4003", "会话已失效，请刷新页面后重试")).into_response()
}

/// The portal itself failed.
pub(super) fn broken(fault: &Fault) -> Response {
    tracing::error!("{fault}");
    (StatusCode::INTERNAL_SERVER_ERROR, refused("9999", "系统繁忙，请稍后再试")).into_response()
}

/// The visitor's session, if the post carries its token and comes from a page of `site` itself.
pub(super) fn posted(portals: &Portals, site: Site, headers: &HeaderMap, csrf: &str) -> Option<Session> {
    let own = site.origin(portals.port);
    let foreign = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() != own.as_bytes());
    portals.sessions.posted(headers, csrf).filter(|_| !foreign)
}

/// What pages show of a certificate.
pub(super) fn shown(identity: &Identity) -> serde_json::Value {
    let issuer = identity.issuer.split(',').find_map(|part| part.trim().strip_prefix("CN=")).unwrap_or(&identity.issuer);
    let date = |at: jiff::Timestamp| at.to_zoned(zone()).strftime("%Y-%m-%d").to_string();
    serde_json::json!({
        "holder": identity.holder, "serial": identity.serial, "issuer": issuer, "organisation": identity.organisation,
        "validity": format!("{} 至 {}", date(identity.not_before), date(identity.not_after)),
    })
}
