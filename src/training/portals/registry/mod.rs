//! `registry.localhost`: 自治区公共资源交易主体信息库, where a company keeps its data and hands them in for verification.
//!
//! Never shows anything to somebody who did not come by the sign-on, and never takes a submission that lacks something.
//!
//! [`visit`] shows the pages, [`form`] takes what was filled in and the submission, [`upload`] the 电子件; [`fields`], [`files`] and
//! [`regions`] say what the forms ask for.

mod fields;
mod files;
mod form;
mod regions;
mod upload;
mod visit;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::session::{Session, User};
use super::{Portals, rest};
use crate::training::instance::Site;
use crate::training::store::{RegistrySwitches, Verdict};

/// Templates: name and text.
pub(super) const PAGES: &[(&str, &str)] = &[
    ("registry/main.html", include_str!("pages/main.html")),
    ("registry/frame.html", include_str!("pages/frame.html")),
    ("registry/overview.html", include_str!("pages/overview.html")),
    ("registry/edit.html", include_str!("pages/edit.html")),
    ("registry/field.html", include_str!("pages/field.html")),
    ("registry/files.html", include_str!("pages/files.html")),
    ("registry/preview.html", include_str!("pages/preview.html")),
    ("registry/result.html", include_str!("pages/result.html")),
    ("registry/closed.html", include_str!("pages/closed.html")),
    ("registry/expired.html", include_str!("pages/expired.html")),
];
/// Styles and scripts: address below `/assets/`, and text.
pub(super) const ASSETS: &[(&str, &str)] = &[
    ("registry.css", include_str!("assets/registry.css")),
    ("registry.js", include_str!("assets/registry.js")),
    ("registry-main.js", include_str!("assets/registry-main.js")),
    ("registry-edit.js", include_str!("assets/registry-edit.js")),
    ("registry-grid.js", include_str!("assets/registry-grid.js")),
    ("registry-files.js", include_str!("assets/registry-files.js")),
];

/// Largest form, in bytes.
const LARGEST_FORM: usize = 256 * 1024;

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    let files = Router::new()
        .route("/rest/fileAction/upload", post(upload::upload))
        .layer(DefaultBodyLimit::max(usize::try_from(files::LARGEST).unwrap_or(usize::MAX).saturating_mul(2)));
    Router::new()
        .route("/", get(visit::main))
        .route("/page/overview", get(visit::overview))
        .route("/page/edit", get(visit::edit))
        .route("/page/files", get(visit::files))
        .route("/page/preview", get(visit::preview))
        .route("/page/result", get(visit::result))
        .route("/page/closed/{what}", get(visit::closed))
        .route("/rest/regionAction/below", get(visit::regions))
        .route("/rest/registryAction/save", post(form::save))
        .route("/rest/registryAction/check", post(form::check))
        .route("/rest/registryAction/submit", post(form::submit))
        .route("/rest/registryAction/closeNotice", post(form::close_notice))
        .route("/rest/registryAction/leave", post(form::leave))
        .route("/rest/fileAction/remove", post(upload::remove))
        .fallback(missing)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .merge(files)
        .merge(super::third_party::router(Site::Registry))
        .layer(middleware::from_fn_with_state(portals.clone(), maintenance))
        .route("/assets/{*path}", get(super::asset))
        .with_state(portals)
}

/// The trainer's calls for this portal, below `/registry` of the admin interface; the guard stands before them.
pub(crate) fn admin(portals: Arc<Portals>) -> Router {
    Router::new().route("/switch", post(switch)).route("/verdict", post(verdict)).with_state(portals)
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND)
}

async fn maintenance(State(portals): State<Arc<Portals>>, request: Request, next: Next) -> Response {
    if portals.store().registry_switches().maintenance {
        return portals.error_page(StatusCode::SERVICE_UNAVAILABLE);
    }
    next.run(request).await
}

/// Who asks, if somebody is logged in and the post is this page's own; else the answer that says why not.
fn entrant(portals: &Portals, headers: &HeaderMap, csrf: &str) -> Result<(Session, User), Box<Response>> {
    let session = rest::posted(portals, Site::Registry, headers, csrf).ok_or_else(|| Box::new(logged_out()))?;
    let user = session.user.clone().ok_or_else(|| Box::new(logged_out()))?;
    Ok((session, user))
}

/// The login has ended.
fn logged_out() -> Response {
    (StatusCode::UNAUTHORIZED, rest::refused("4001", "登录已超时，请重新登录")).into_response()
}

/// Switches to be changed; what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Switched {
    verify_millis: Option<u64>,
    verdict: Option<Verdict>,
    reasons: Option<Vec<String>>,
    maintenance: Option<bool>,
    notice: Option<bool>,
    activated_by_other: Option<bool>,
    renamed: Option<bool>,
    stuck_upload: Option<bool>,
    expire_in_form: Option<bool>,
}

async fn switch(State(portals): State<Arc<Portals>>, Json(asked): Json<Switched>) -> Response {
    let mut store = portals.store();
    let now = store.registry_switches().clone();
    let switches = RegistrySwitches {
        verify_millis: asked.verify_millis.unwrap_or(now.verify_millis),
        verdict: asked.verdict.unwrap_or(now.verdict),
        reasons: asked.reasons.unwrap_or(now.reasons),
        maintenance: asked.maintenance.unwrap_or(now.maintenance),
        notice: asked.notice.unwrap_or(now.notice),
        activated_by_other: asked.activated_by_other.unwrap_or(now.activated_by_other),
        renamed: asked.renamed.unwrap_or(now.renamed),
        stuck_upload: asked.stuck_upload.unwrap_or(now.stuck_upload),
        expire_in_form: asked.expire_in_form.unwrap_or(now.expire_in_form),
    };
    match store.set_registry_switches(switches) {
        Ok(()) => Json(serde_json::json!({"ok": true})).into_response(),
        Err(fault) => rest::broken(&fault),
    }
}

/// Decides what is pending.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Decided {
    verdict: Option<Verdict>,
    reasons: Option<Vec<String>>,
}

async fn verdict(State(portals): State<Arc<Portals>>, Json(asked): Json<Decided>) -> Response {
    match portals.store().decide_entries(asked.verdict, asked.reasons) {
        Ok(decided) => Json(serde_json::json!({"ok": true, "decided": decided})).into_response(),
        Err(fault) => rest::broken(&fault),
    }
}
