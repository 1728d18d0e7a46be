//! 第三方交易平台信息确认: the last page of the sign-on, at the platform that the person enters. 确认登录 redeems the ticket.
//!
//! Never logs in on a GET: a ticket in an address that leaks or is fetched in advance lets nobody in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::Portals;
use crate::training::instance::Site;

/// `/sso/…` of the platform `site`.
pub(super) fn router(site: Site) -> Router<Arc<Portals>> {
    let confirmed = move |state, headers, form| confirm(site, state, headers, form);
    Router::new().route("/sso/entry", get(entry)).route("/sso/confirm", post(confirmed))
}

#[derive(Debug, Deserialize)]
struct Entry {
    ticket: String,
}

async fn entry(State(portals): State<Arc<Portals>>, headers: HeaderMap, Query(asked): Query<Entry>) -> Response {
    let Ok(session) = portals.sessions.of(&headers) else {
        return portals.error_page(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let values = serde_json::json!({"csrf": session.csrf, "ticket": asked.ticket});
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
    let own = site.origin(portals.port);
    let foreign = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() != own.as_bytes());
    let Some(session) = portals.sessions.posted(&headers, &asked.csrf).filter(|_| !foreign) else {
        return portals.error_page(StatusCode::FORBIDDEN);
    };
    match portals.tickets.redeem(site, &asked.ticket) {
        Some(user) => {
            portals.sessions.log_in(&session.id, Some(user));
            Redirect::to("/").into_response()
        }
        None => portals.error_page(StatusCode::FORBIDDEN),
    }
}
