//! `ca-auth.localhost`: 内蒙古自治区 CA 统一认证平台.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Portals;

/// Templates: name and text.
pub(super) const PAGES: &[(&str, &str)] = &[("sso/confirm.html", include_str!("../pages/sso/confirm.html"))];
/// Styles and scripts: address below `/assets/`, and text.
pub(super) const ASSETS: &[(&str, &str)] = &[];

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    Router::new().route("/assets/{*path}", get(super::asset)).fallback(missing).with_state(portals)
}

/// The trainer's calls for this portal, below `/ca-auth` of the admin interface; the guard stands before them.
pub(crate) fn admin(portals: Arc<Portals>) -> Router {
    Router::new().with_state(portals)
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND)
}
