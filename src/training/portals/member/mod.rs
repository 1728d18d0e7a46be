//! `member.localhost`: 呼和浩特市公共资源交易平台（新版）会员端.
//!
//! Never lets anybody in whom the CA 互认系统 did not bring here first, never takes a seal without a signature of the lock over that very
//! document, and never takes over what the registry has not verified.
//!
//! [`visit`] shows the pages, [`login`] is the portal's own entrance, [`seal`] sets seals in windows of their own, [`unit`] keeps the synced
//! record, [`hand`] does what a person does in a seal window.

mod hand;
mod login;
mod seal;
mod unit;
mod visit;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

pub(crate) use seal::SealWindows;

use super::Portals;
use crate::base::Fault;
use crate::training::instance::Site;

/// Templates: name and text.
pub(super) const PAGES: &[(&str, &str)] = &[
    ("member/head.html", include_str!("pages/head.html")),
    ("member/login.html", include_str!("pages/login.html")),
    ("member/home.html", include_str!("pages/home.html")),
    ("member/welcome.html", include_str!("pages/welcome.html")),
    ("member/unit.html", include_str!("pages/unit.html")),
    ("member/seal.html", include_str!("pages/seal.html")),
    ("member/closed.html", include_str!("pages/closed.html")),
];
/// Styles and scripts: address below `/assets/`, and text.
pub(super) const ASSETS: &[(&str, &str)] = &[
    ("member.css", include_str!("assets/member.css")),
    ("member.js", include_str!("assets/member.js")),
    ("member-login.js", include_str!("assets/member-login.js")),
    ("member-home.js", include_str!("assets/member-home.js")),
    ("member-unit.js", include_str!("assets/member-unit.js")),
    ("member-seal.js", include_str!("assets/member-seal.js")),
];

/// Largest form, in bytes: a certificate and a signature.
const LARGEST_FORM: usize = 64 * 1024;

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    Router::new()
        .route("/", get(visit::home))
        .route("/login", get(visit::login))
        .route("/welcome", get(visit::welcome))
        .route("/unit", get(visit::unit))
        .route("/closed/{what}", get(visit::closed))
        .route("/seal/window", get(visit::seal_window))
        .route("/rest/memberLoginAction/challenge", post(login::challenge))
        .route("/rest/memberLoginAction/login", post(login::login))
        .route("/rest/memberLoginAction/leave", post(login::leave))
        .route("/rest/sealAction/prepare", post(seal::prepare))
        .route("/rest/sealAction/challenge", post(seal::challenge))
        .route("/rest/sealAction/stamp", post(seal::stamp))
        .route("/rest/sealAction/complete", post(seal::complete))
        .route("/rest/sealAction/state", post(seal::state))
        .route("/rest/unitAction/documents", post(unit::documents))
        .route("/rest/unitAction/sync", post(unit::sync))
        .merge(super::third_party::router(Site::Member))
        .fallback(missing)
        .layer(middleware::from_fn_with_state(portals.clone(), maintained))
        .route("/assets/{*path}", get(super::asset))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(portals)
}

/// The trainer's calls for this portal, below `/member` of the admin interface; the guard stands before them.
pub(crate) fn admin(portals: Arc<Portals>) -> Router {
    Router::new()
        .route("/switch", post(hand::switch))
        .route("/seal/finish", post(hand::finish))
        .route("/seal/open", post(hand::open))
        .route("/seal/elsewhere", post(hand::elsewhere))
        .with_state(portals)
}

/// Lets nobody past a maintenance page.
async fn maintained(State(portals): State<Arc<Portals>>, request: Request, next: Next) -> Response {
    if portals.store().member_switches().maintenance {
        return portals.error_page(StatusCode::SERVICE_UNAVAILABLE);
    }
    next.run(request).await
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND)
}

/// The answer to an order of the trainer.
fn obeyed(done: Result<(), Fault>) -> Response {
    match done {
        Ok(()) => Json(serde_json::json!({"ok": true})).into_response(),
        Err(fault) => super::rest::broken(&fault),
    }
}
