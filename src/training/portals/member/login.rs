//! The portal's own entrance: lock, CA锁密码, 登录.
//!
//! Never lets in a certificate that is not bound in the CA 互认系统, nor an applicant who has not come from there once.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::super::rest::{broken, expired, posted, refused, reply};
use super::super::signer::Signed;
use super::super::{Portals, User};
use crate::training::instance::Site;

/// A post that carries nothing but its token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
}

/// `POST /rest/memberLoginAction/challenge`: what the lock has to sign, in base64.
pub(super) async fn challenge(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let Some(session) = posted(&portals, Site::Member, &headers, &asked.csrf) else { return expired() };
    match portals.sign_on.challenge(&session.id, &Site::Member.origin(portals.port)) {
        Ok(message) => reply("0000", "successful", serde_json::json!({"challenge": STANDARD.encode(message)})),
        Err(fault) => broken(&fault),
    }
}

/// `POST /rest/memberLoginAction/login`.
pub(super) async fn login(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Signed>) -> Response {
    let Some(session) = posted(&portals, Site::Member, &headers, &asked.csrf) else { return expired() };
    portals.sessions.log_in(&session.id, None);
    let Some(message) = portals.sign_on.take_challenge(&session.id) else {
        return refused("9203", "登录请求已失效，请重新点击登录");
    };
    let certificate = match asked.by(&message, &portals.ca_der) {
        Ok(identity) => identity,
        Err((code, words)) => return refused(code, words),
    };
    let now = jiff::Timestamp::now();
    if now < certificate.not_before || now > certificate.not_after {
        return refused("9208", "证书不在有效期内，请联系CA机构办理延期");
    }
    let subject = {
        let store = portals.store();
        let subject = store.subject(&certificate.holder, certificate.organisation.as_deref(), &certificate.sha256);
        if store.binding(&certificate.sha256).is_none() {
            return refused("9204", "该证书未绑定，请先到 CA 互认系统办理绑定，再通过互认系统登录激活");
        }
        if store.standing(&subject).activated.is_none() {
            return refused("9209", "该账号尚未激活，请先通过互认系统登录激活");
        }
        subject
    };
    portals.sessions.log_in(&session.id, Some(User { subject, certificate }));
    reply("0000", "登录成功", serde_json::Value::Null)
}

/// `POST /rest/memberLoginAction/leave`: 退出.
pub(super) async fn leave(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let Some(session) = posted(&portals, Site::Member, &headers, &asked.csrf) else { return expired() };
    portals.sessions.log_in(&session.id, None);
    reply("0000", "successful", serde_json::Value::Null)
}
