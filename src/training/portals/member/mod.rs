//! `member.localhost`: 呼和浩特市公共资源交易平台（新版）会员端.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Portals;
use crate::training::instance::Site;

/// Templates: name and text.
pub(super) const PAGES: &[(&str, &str)] = &[];
/// Styles and scripts: address below `/assets/`, and text.
pub(super) const ASSETS: &[(&str, &str)] = &[];

pub(crate) fn router(portals: Arc<Portals>) -> Router {
    Router::new()
        .route("/assets/{*path}", get(super::asset))
        .fallback(missing)
        .merge(super::third_party::router(Site::Member))
        .with_state(portals)
}

/// The trainer's calls for this portal, below `/member` of the admin interface; the guard stands before them.
pub(crate) fn admin(portals: Arc<Portals>) -> Router {
    Router::new().with_state(portals)
}

async fn missing(State(portals): State<Arc<Portals>>) -> Response {
    portals.error_page(StatusCode::NOT_FOUND)
}
