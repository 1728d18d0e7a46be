//! `ca-auth.localhost`: 内蒙古自治区 CA 统一认证平台, by which a person with a CA lock enters the other platforms.
//!
//! Never lets anybody in without a signature of this very challenge by a certificate that the training CA issued, that is valid now
//! and that is bound in the CA 互认系统. The PIN goes from the page to the local agent and never comes here.
//!
//! [`login`] takes the signature, [`visit`] shows what stands behind it, [`authorise`] lets a platform in; [`pending`] remembers what each
//! visitor was asked, [`captcha`] draws pictures.

mod authorise;
mod captcha;
mod login;
mod pending;
mod visit;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

pub(crate) use pending::Pending;

use super::Portals;
use crate::training::store::Confirm;

/// Templates: name and text.
pub(super) const PAGES: &[(&str, &str)] = &[
    ("sso/confirm.html", include_str!("../pages/sso/confirm.html")),
    ("auth/base.html", include_str!("pages/base.html")),
    ("auth/login.html", include_str!("pages/login.html")),
    ("auth/certificate.html", include_str!("pages/certificate.html")),
    ("auth/platforms.html", include_str!("pages/platforms.html")),
    ("auth/authorise.html", include_str!("pages/authorise.html")),
    ("auth/entering.html", include_str!("pages/entering.html")),
    ("auth/closed.html", include_str!("pages/closed.html")),
];
/// Styles and scripts: address below `/assets/`, and text.
pub(super) const ASSETS: &[(&str, &str)] = &[
    ("auth.css", include_str!("assets/auth.css")),
    ("auth.js", include_str!("assets/auth.js")),
    ("auth-login.js", include_str!("assets/auth-login.js")),
    ("auth-platform.js", include_str!("assets/auth-platform.js")),
    ("sso.css", include_str!("assets/sso.css")),
];

/// Largest form, in bytes: a certificate and a signature.
const LARGEST_FORM: usize = 64 * 1024;

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    Router::new()
        .route("/", get(visit::login))
        .route("/login", get(visit::login))
        .route("/certificate", get(visit::certificate))
        .route("/platforms", get(visit::platforms))
        .route("/authorise/{platform}", get(visit::authorise))
        .route("/entering/{platform}", get(visit::entering))
        .route("/closed/{what}", get(visit::closed))
        .route("/captcha.svg", get(login::captcha))
        .route("/rest/loginAction/captcha", post(login::check_captcha))
        .route("/rest/loginAction/challenge", post(login::challenge))
        .route("/rest/loginAction/login", post(login::login))
        .route("/rest/loginAction/leave", post(login::leave))
        .route("/rest/platformAction/choose", post(authorise::choose))
        .route("/rest/platformAction/authorise", post(authorise::authorise))
        .route("/assets/{*path}", get(super::asset))
        .fallback(missing)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(portals)
}

/// The trainer's calls for this portal, below `/ca-auth` of the admin interface; the guard stands before them.
pub(crate) fn admin(portals: Arc<Portals>) -> Router {
    Router::new().route("/switch", post(switch)).route("/solve", post(solve)).with_state(portals)
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND)
}

/// Switches to be changed; what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Switched {
    pin_window: Option<bool>,
    captcha: Option<bool>,
    stop_words: Option<bool>,
    confirm: Option<Confirm>,
}

async fn switch(State(portals): State<Arc<Portals>>, Json(asked): Json<Switched>) -> Response {
    let mut store = portals.store();
    let mut switches = store.switches().clone();
    switches.pin_window = asked.pin_window.unwrap_or(switches.pin_window);
    switches.captcha = asked.captcha.unwrap_or(switches.captcha);
    switches.stop_words = asked.stop_words.unwrap_or(switches.stop_words);
    switches.confirm = asked.confirm.unwrap_or(switches.confirm);
    match store.set_switches(switches) {
        Ok(()) => Json(serde_json::json!({"ok": true})).into_response(),
        Err(fault) => super::rest::broken(&fault),
    }
}

/// Solves the captcha that was drawn last, as if its characters had been typed.
async fn solve(State(portals): State<Arc<Portals>>) -> Response {
    let solved = portals.sign_on.solve();
    let status = if solved { StatusCode::OK } else { StatusCode::CONFLICT };
    (status, Json(serde_json::json!({"ok": solved}))).into_response()
}
