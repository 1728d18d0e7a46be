//! 第三方交易平台信息确认: the last page of the sign-on, at the platform that the person enters. 确认登录 redeems the ticket.
//!
//! Never logs in on a GET: a ticket in an address that leaks or is fetched in advance lets nobody in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{Portals, User, rest};
use crate::training::instance::Site;

/// `/sso/…` of the platform `site`.
pub(super) fn router(site: Site) -> Router<Arc<Portals>> {
    let entered = move |state, headers, asked| entry(site, state, headers, asked);
    let confirmed = move |state, headers, form| confirm(site, state, headers, form);
    Router::new().route("/sso/entry", get(entered)).route("/sso/confirm", post(confirmed))
}

#[derive(Debug, Deserialize)]
struct Entry {
    ticket: String,
}

/// What the platform calls itself, and the name of its colours.
fn looks(site: Site) -> (&'static str, &'static str) {
    match site {
        Site::Member => ("呼和浩特市公共资源交易平台（新版）", "member"),
        _ => ("自治区公共资源交易主体信息库", "registry"),
    }
}

/// Shows whom the ticket would let in, and leaves it as good as it was.
async fn entry(site: Site, State(portals): State<Arc<Portals>>, headers: HeaderMap, Query(asked): Query<Entry>) -> Response {
    let Ok(session) = portals.sessions.of(&headers) else {
        return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let Some(User { certificate, .. }) = portals.tickets.holder(site, &asked.ticket) else {
        return portals.error_page(StatusCode::FORBIDDEN);
    };
    let (platform, look) = looks(site);
    let values = serde_json::json!({
        "csrf": session.csrf, "ticket": asked.ticket, "platform": platform, "look": look, "holder": certificate.holder,
        "organisation": certificate.organisation, "serial": certificate.serial, "auth": Site::CaAuth.origin(portals.port),
    });
    super::ca_mutual::with_cookie(portals.page(StatusCode::OK, "sso/confirm.html", values), &session)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Confirm {
    #[serde(rename = "_common_hidden_viewdata")]
    csrf: String,
    ticket: String,
}

async fn confirm(site: Site, State(portals): State<Arc<Portals>>, headers: HeaderMap, Form(asked): Form<Confirm>) -> Response {
    let Some(session) = rest::posted(&portals, site, &headers, &asked.csrf) else {
        return portals.error_page(StatusCode::FORBIDDEN);
    };
    match portals.tickets.redeem(site, &asked.ticket) {
        Some(user) => {
            // The first login by this way activates the applicant at the 会员端.
            if site == Site::Member
                && let Err(fault) = portals.store().activate(&user.subject)
            {
                tracing::error!("{fault}");
                return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
            }
            portals.sessions.log_in(&session.id, Some(user));
            Redirect::to("/").into_response()
        }
        None => portals.error_page(StatusCode::FORBIDDEN),
    }
}
