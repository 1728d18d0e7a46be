//! 立即登录: challenge, signature, certificate, binding.
//!
//! Never believes the page: the signature over this session's own challenge is verified here, and so is everything about the certificate.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::super::rest::{broken, expired, posted, refused, reply};
use super::super::session::Session;
use super::super::signer::Signed;
use super::super::{Portals, User, ca_mutual};
use super::captcha::picture;
use crate::pki::Identity;
use crate::training::instance::Site;

/// `GET /captcha.svg`: a new picture for this visitor.
pub(super) async fn captcha(State(portals): State<Arc<Portals>>, headers: HeaderMap) -> Response {
    let Ok(session) = portals.sessions.of(&headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let svg = picture(&portals.sign_on.captcha(&session.id));
    let picture = ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-store")], svg).into_response();
    ca_mutual::with_cookie(picture, &session)
}

/// A post that carries nothing but its token, or the characters of the captcha.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    captcha: String,
}

/// `POST /rest/loginAction/captcha`: whether the characters are right. Asked before the PIN is used: a misread picture costs no try.
pub(super) async fn check_captcha(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let Some(session) = posted(&portals, Site::CaAuth, &headers, &asked.csrf) else { return expired() };
    if portals.sign_on.check_captcha(&session.id, &asked.captcha) {
        return reply("0000", "successful", serde_json::Value::Null);
    }
    refused("9207", "验证码错误，请重新输入")
}

/// `POST /rest/loginAction/challenge`: what the lock has to sign, in base64.
pub(super) async fn challenge(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let Some(session) = posted(&portals, Site::CaAuth, &headers, &asked.csrf) else { return expired() };
    match portals.sign_on.challenge(&session.id, &Site::CaAuth.origin(portals.port)) {
        Ok(message) => reply("0000", "successful", serde_json::json!({"challenge": STANDARD.encode(message)})),
        Err(fault) => broken(&fault),
    }
}

/// `POST /rest/loginAction/leave`: 退出.
pub(super) async fn leave(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let Some(session) = posted(&portals, Site::CaAuth, &headers, &asked.csrf) else { return expired() };
    portals.sessions.log_in(&session.id, None);
    portals.sessions.keep(&session.id, None);
    reply("0000", "successful", serde_json::Value::Null)
}

/// `POST /rest/loginAction/login`.
pub(super) async fn login(State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Signed>) -> Response {
    let Some(session) = posted(&portals, Site::CaAuth, &headers, &asked.csrf) else { return expired() };
    portals.sessions.log_in(&session.id, None);
    portals.sessions.keep(&session.id, None);
    let message = portals.sign_on.take_challenge(&session.id);
    let solved = portals.sign_on.take_captcha(&session.id);
    let switches = portals.store().switches().clone();
    if switches.captcha && !solved {
        return refused("9207", "请先完成图形验证码");
    }
    let Some(message) = message else { return refused("9203", "登录请求已失效，请重新点击立即登录") };
    let identity = match asked.by(&message, &portals.ca_der) {
        Ok(identity) => identity,
        Err((code, words)) => return refused(code, words),
    };
    enter(&portals, &session, identity, switches.stop_words)
}

/// Logs in whoever signed, if the certificate is valid and bound. The holder of an expired one is shown it and gets no further.
fn enter(portals: &Portals, session: &Session, identity: Identity, risk: bool) -> Response {
    let now = jiff::Timestamp::now();
    if now < identity.not_before {
        return refused("9208", "证书尚未生效");
    }
    if now > identity.not_after {
        portals.sessions.keep(&session.id, Some(identity));
        return reply("0000", "successful", serde_json::Value::Null);
    }
    let subject = {
        let store = portals.store();
        let subject = store.subject(&identity.holder, identity.organisation.as_deref(), &identity.sha256);
        if store.binding(&identity.sha256).is_none() {
            return match store.binding_of(&subject) {
                Some(bound) => reply(
                    "9205",
                    "证书已更新，请重新办理绑定或联系CA机构",
                    serde_json::json!({"bound": bound.serial, "current": identity.serial}),
                ),
                None => refused("9204", "该证书未绑定，请先到 CA 互认系统办理绑定"),
            };
        }
        subject
    };
    if risk {
        return refused("9206", "风险提示：检测到异常操作，本次登录已被拦截，请稍后再试");
    }
    portals.sessions.keep(&session.id, Some(identity.clone()));
    portals.sessions.log_in(&session.id, Some(User { subject, certificate: identity }));
    reply("0000", "successful", serde_json::Value::Null)
}
